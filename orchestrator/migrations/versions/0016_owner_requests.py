"""request tests: what an owner asks a broker once, what was answered and how that was coded"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('request_round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('script', sa.String(length=80), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('text', sa.JSON(), nullable=False),
    sa.Column('purpose', sa.Enum('learning', 'monitoring', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('seed', sa.BigInteger(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'planned', 'approved', 'running', 'paused', 'collecting', 'closed', 'released', 'aborted', name='roundstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('planned_by', sa.String(length=120), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_by', sa.String(length=120), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('approved_by IS NULL OR lower(approved_by) <> lower(planned_by)', name=op.f('ck_request_round_four_eyes')),
    sa.CheckConstraint('first_day <= last_day', name=op.f('ck_request_round_period')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_round')),
    sa.UniqueConstraint('name', name=op.f('uq_request_round_name'))
    )
    op.create_table('owner_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('advertiser_id', sa.Integer(), nullable=False),
    sa.Column('tester', sa.String(length=120), nullable=False),
    sa.Column('planned_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'made', 'not_reached', 'cancelled', name='requeststate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('code', sa.String(length=40), nullable=True),
    sa.CheckConstraint("(state = 'made') = (note IS NOT NULL)", name=op.f('ck_owner_request_note')),
    sa.CheckConstraint("code IS NULL OR state IN ('made', 'not_reached')", name=op.f('ck_owner_request_coded')),
    sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_owner_request_advertiser_id')),
    sa.ForeignKeyConstraint(['round_id'], ['request_round.id'], name=op.f('fk_owner_request_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_owner_request')),
    sa.UniqueConstraint('round_id', 'advertiser_id', name=op.f('uq_owner_request_round_id_advertiser_id'))
    )
    op.create_index(op.f('ix_owner_request_advertiser_id'), 'owner_request', ['advertiser_id'], unique=False)
    op.create_table('request_coding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('coder', sa.String(length=120), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('coded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['owner_request.id'], name=op.f('fk_request_coding_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_coding')),
    sa.UniqueConstraint('request_id', 'coder', name=op.f('uq_request_coding_request_id_coder'))
    )
