"""the releases of a round's outcome: a frozen document, who drafted, signed, read and released it"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

STATES = ('draft', 'signed', 'read', 'released', 'replaced', 'lapsed')


def upgrade() -> None:
    op.create_table('outcome_release',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum(*STATES, name='releasestate', native_enum=False, create_constraint=True, length=24),
              nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('drafted_by', sa.String(length=120), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signed_by', sa.String(length=120), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_by', sa.String(length=120), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('released_by', sa.String(length=120), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('number >= 1', name=op.f('ck_outcome_release_number')),
    sa.CheckConstraint('number = 1 OR reason IS NOT NULL', name=op.f('ck_outcome_release_reason')),
    sa.CheckConstraint('signed_by IS NULL OR signed_by <> drafted_by',
                       name=op.f('ck_outcome_release_signed_by_another')),
    sa.CheckConstraint('released_by IS NULL OR released_by <> signed_by',
                       name=op.f('ck_outcome_release_released_by_another')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_outcome_release_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outcome_release')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_outcome_release_round_id_number'))
    )
    op.create_index(op.f('ix_outcome_release_round_id'), 'outcome_release', ['round_id'])
