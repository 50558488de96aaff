"""outcomes of a closed round, kept beside its rows (orchestrator.pair_outcomes)"""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def _of_round(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f(f'fk_{table}_round_id'), ondelete='CASCADE'),
    ]


def upgrade() -> None:
    op.create_table('outcome_book',
    *_of_round('outcome_book'),
    sa.Column('rules', sa.String(length=64), nullable=False),
    sa.Column('counted', sa.Boolean(), nullable=False),
    sa.Column('awaits', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_outcome_book'))
    )
    op.create_table('outcome_change',
    sa.Column('id', sa.Integer(), nullable=False),
    *_of_round('outcome_change'),
    sa.Column('pair_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outcome_change'))
    )
    op.create_index('ix_outcome_change_round_id', 'outcome_change', ['round_id'])
    op.create_table('pair_outcome',
    sa.Column('pair_id', sa.Integer(), autoincrement=False, nullable=False),
    *_of_round('pair_outcome'),
    sa.Column('advertiser_id', sa.Integer(), nullable=False),
    sa.Column('district', sa.String(length=100), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('sham', sa.Boolean(), nullable=False),
    sa.Column('cell', sa.Integer(), nullable=True),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('invitations', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('pair_id', name=op.f('pk_pair_outcome'))
    )
    op.create_index('ix_pair_outcome_counted', 'pair_outcome', ['round_id', 'advertiser_id', 'district', 'sham', 'cell', 'code', 'sent', 'invitations'])
    op.create_table('outcome_count',
    *_of_round('outcome_count'),
    sa.Column('advertiser_id', sa.Integer(), nullable=False),
    sa.Column('district', sa.String(length=100), nullable=False),
    sa.Column('sham', sa.Boolean(), nullable=False),
    sa.Column('first', sa.String(length=16), nullable=True),
    *(sa.Column(name, sa.Integer(), nullable=False)
      for name in ('pairs', 'c11', 'c10', 'c01', 'c00', 'sent', 'invitations')),
    sa.PrimaryKeyConstraint('round_id', 'advertiser_id', 'district', 'sham', name=op.f('pk_outcome_count'))
    )
