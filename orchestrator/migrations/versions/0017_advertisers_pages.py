"""links and sessions of an advertiser, where its links go, and what it says of a test"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
ONE_OWNER = "(person_id IS NULL) <> (advertiser_id IS NULL)"


def upgrade() -> None:
    for table in ('sign_in_link', 'web_session'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column('person_id', existing_type=sa.Integer(), nullable=True)
            batch_op.add_column(sa.Column('advertiser_id', sa.Integer(), nullable=True))
            batch_op.create_index(batch_op.f(f'ix_{table}_advertiser_id'), ['advertiser_id'])
            batch_op.create_foreign_key(
                batch_op.f(f'fk_{table}_advertiser_id'), 'advertiser', ['advertiser_id'], ['id']
            )
            batch_op.create_check_constraint(batch_op.f(f'ck_{table}_one_owner'), ONE_OWNER)
    op.create_table(
        'contact',
        sa.Column('advertiser_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('email', sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_contact_advertiser_id')),
        sa.PrimaryKeyConstraint('advertiser_id', name=op.f('pk_contact')),
        sa.UniqueConstraint('email', name=op.f('uq_contact_email')),
    )
    op.create_table(
        'context_note',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('pair_id', sa.Integer(), nullable=False),
        sa.Column('choice', sa.String(24), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('written_at', WHEN, nullable=False),
        sa.Column('accepted', sa.Boolean(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('decided_by', sa.String(120), nullable=True),
        sa.Column('decided_at', WHEN, nullable=True),
        sa.CheckConstraint('(accepted IS NULL) = (decided_by IS NULL)', name=op.f('ck_context_note_decided')),
        sa.ForeignKeyConstraint(['pair_id'], ['pair.id'], name=op.f('fk_context_note_pair_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_context_note')),
        sa.UniqueConstraint('pair_id', name=op.f('uq_context_note_pair_id')),
    )
