"""the second factor, its recovery codes, who asked for a link, and which browser a session is of"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = "0025"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('totp_secret', sa.String(255), nullable=True))
        batch_op.add_column(sa.Column('totp_step', sa.Integer(), nullable=True))
    with op.batch_alter_table('sign_in_link', schema=None) as batch_op:
        batch_op.add_column(sa.Column('asker', sa.String(64), nullable=True))
        batch_op.add_column(sa.Column('mailed_at', WHEN, nullable=True))
        batch_op.create_index(batch_op.f('ix_sign_in_link_asker'), ['asker'])
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('browser', sa.String(60), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('factor_at', WHEN, nullable=True))
        batch_op.add_column(sa.Column('misses', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('totp_secret', sa.String(255), nullable=True))
    op.create_table(
        'recovery_code',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('hash', sa.String(64), nullable=False),
        sa.Column('used_at', WHEN, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_recovery_code_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
        sa.UniqueConstraint('hash', name=op.f('uq_recovery_code_hash')),
    )
    op.create_index(op.f('ix_recovery_code_person_id'), 'recovery_code', ['person_id'])

