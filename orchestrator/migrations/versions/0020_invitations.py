"""invitations, and what a signed consent covers"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
STATES = ('offered', 'signed', 'enrolled', 'declined', 'revoked')
OPEN = sa.text("state IN ('offered', 'signed')")


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.add_column('enrolment', sa.Column('scoped', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        'enrolment_scope',
        sa.Column('enrolment_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('kind', words('scopekind', 'ground', 'channel', 'address', 'listing'), nullable=False),
        sa.Column('value', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_enrolment_scope_enrolment_id')),
        sa.PrimaryKeyConstraint('enrolment_id', 'kind', 'value', name=op.f('pk_enrolment_scope')),
    )
    op.create_table(
        'invitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(80), nullable=False),
        sa.Column('name', sa.String(200), nullable=False),
        sa.Column('kind', words('advertiserkind', 'broker', 'private_landlord'), nullable=False),
        sa.Column('contact', sa.String(254), nullable=False),
        sa.Column('state', words('invitationstate', *STATES), nullable=False),
        sa.Column('terms', sa.JSON(), nullable=False),
        sa.Column('agreed', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('version', sa.String(80), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('signed_text', sa.Text(), nullable=True),
        sa.Column('digest', sa.String(64), nullable=True),
        sa.Column('token_hash', sa.String(64), nullable=False),
        sa.Column('expires_at', WHEN, nullable=False),
        sa.Column('invited_by', sa.String(120), nullable=False),
        sa.Column('invited_at', WHEN, nullable=False),
        sa.Column('opened_at', WHEN, nullable=True),
        sa.Column('signer', sa.String(120), nullable=True),
        sa.Column('signer_function', sa.String(120), nullable=True),
        sa.Column('signed_at', WHEN, nullable=True),
        sa.Column('countersigned_by', sa.String(120), nullable=True),
        sa.Column('countersigned_at', WHEN, nullable=True),
        sa.Column('ended_by', sa.String(120), nullable=True),
        sa.Column('ended_at', WHEN, nullable=True),
        sa.Column('enrolment_id', sa.Integer(), nullable=True),
        sa.CheckConstraint('countersigned_by IS NULL OR lower(countersigned_by) <> lower(invited_by)',
                           name=op.f('ck_invitation_four_eyes')),
        sa.CheckConstraint("(state = 'enrolled') = (enrolment_id IS NOT NULL)", name=op.f('ck_invitation_enrolled')),
        sa.CheckConstraint('(signed_text IS NULL) = (digest IS NULL)', name=op.f('ck_invitation_signed')),
        sa.CheckConstraint("state NOT IN ('signed', 'enrolled') OR signed_text IS NOT NULL",
                           name=op.f('ck_invitation_signed_first')),
        sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_invitation_enrolment_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
        sa.UniqueConstraint('enrolment_id', name=op.f('uq_invitation_enrolment_id')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash')),
    )
    op.create_index(op.f('ix_invitation_key'), 'invitation', ['key'])
    op.create_index('ix_invitation_open', 'invitation', ['key'], unique=True,
                    postgresql_where=OPEN, sqlite_where=OPEN)
