"""what offices agreed to do after a round, and the register of talks, trainings and re-tests"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

ROLES = ('designer', 'approver', 'sender', 'coder', 'analyst', 'municipality', 'broker', 'administrator')
KINDS = ('training-offered', 'training-held', 'talk-held', 'retest-asked', 'retest-planned')
WHEN = sa.DateTime(timezone=True)


def words(*of: str, name: str) -> sa.Enum:
    return sa.Enum(*of, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        'agreed_action',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('advertiser_id', sa.Integer(), nullable=False),
        sa.Column('action', sa.String(60), nullable=False),
        sa.Column('part', sa.String(40), nullable=False),
        sa.Column('due', sa.Date(), nullable=False),
        sa.Column('proposed_at', WHEN, nullable=False),
        sa.Column('agreed_by', sa.String(120), nullable=True),
        sa.Column('agreed_role', words(*ROLES, name='role'), nullable=True),
        sa.Column('agreed_at', WHEN, nullable=True),
        sa.Column('done_on', sa.Date(), nullable=True),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('withdrawn_at', WHEN, nullable=True),
        sa.CheckConstraint('(agreed_at IS NULL) = (agreed_by IS NULL)', name=op.f('ck_agreed_action_agreed')),
        sa.CheckConstraint('(agreed_at IS NULL) = (agreed_role IS NULL)', name=op.f('ck_agreed_action_agreed_role')),
        sa.CheckConstraint('done_on IS NULL OR agreed_at IS NOT NULL', name=op.f('ck_agreed_action_done_is_agreed')),
        sa.CheckConstraint('done_on IS NULL OR withdrawn_at IS NULL', name=op.f('ck_agreed_action_done_or_withdrawn')),
        sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_agreed_action_advertiser_id')),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_agreed_action_round_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_agreed_action')),
        sa.UniqueConstraint('round_id', 'advertiser_id', 'action',
                            name=op.f('uq_agreed_action_round_id_advertiser_id_action')),
    )
    op.create_index(op.f('ix_agreed_action_advertiser_id'), 'agreed_action', ['advertiser_id'])
    op.create_table(
        'follow_up',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('advertiser_id', sa.Integer(), nullable=False),
        sa.Column('kind', words(*KINDS, name='followupkind'), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('told_by', sa.String(120), nullable=False),
        sa.Column('told_at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_follow_up_advertiser_id')),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_follow_up_round_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up')),
        sa.UniqueConstraint('round_id', 'advertiser_id', 'kind', 'day',
                            name=op.f('uq_follow_up_round_id_advertiser_id_kind_day')),
    )
    op.create_index(op.f('ix_follow_up_advertiser_id'), 'follow_up', ['advertiser_id'])
