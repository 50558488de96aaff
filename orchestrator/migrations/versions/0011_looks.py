"""looks at a round before it is closed: who opened which, and what was seen"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('look',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('planned', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.String(length=120), nullable=False),
    sa.Column('pairs', sa.JSON(), nullable=False),
    sa.Column('c11', sa.Integer(), nullable=False),
    sa.Column('c10', sa.Integer(), nullable=False),
    sa.Column('c01', sa.Integer(), nullable=False),
    sa.Column('c00', sa.Integer(), nullable=False),
    sa.Column('boundary', sa.Integer(), nullable=True),
    sa.Column('allowed', sa.Double(), nullable=False),
    sa.Column('spent', sa.Double(), nullable=False),
    sa.Column('p', sa.Double(), nullable=False),
    sa.Column('log_e', sa.Double(), nullable=False),
    sa.Column('always_p', sa.Double(), nullable=False),
    sa.Column('stops', sa.Boolean(), nullable=False),
    sa.CheckConstraint('number >= 1', name=op.f('ck_look_number')),
    sa.CheckConstraint('c11 >= 0 AND c10 >= 0 AND c01 >= 0 AND c00 >= 0', name=op.f('ck_look_counts')),
    sa.CheckConstraint('c11 + c10 + c01 + c00 >= planned', name=op.f('ck_look_reached')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_look_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_look')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_look_round_id_number'))
    )
