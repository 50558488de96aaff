"""requests by mail: the domain of a round, and the letters of its owners"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0021'
branch_labels = None
depends_on = None

STATES = ('planned', 'claimed', 'sending', 'sent', 'failed', 'uncertain', 'expired', 'cancelled')


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.add_column('request_round', sa.Column('domain', sa.String(length=255), nullable=True))
    op.add_column('request_round', sa.Column('live', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('request_letter',
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('step', words('letterstep', 'request', 'thanks'), nullable=False),
    sa.Column('sender_name', sa.String(length=120), nullable=False),
    sa.Column('reply_address', sa.String(length=254), nullable=False),
    sa.Column('in_reply_to', sa.Text(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('state', words('letterstate', *STATES), nullable=False),
    sa.Column('channel', words('channel', 'smtp', 'webform'), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_after', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('worker', sa.String(length=120), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remote_ref', sa.Text(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['request_id'], ['owner_request.id'], name=op.f('fk_request_letter_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_letter')),
    sa.UniqueConstraint('message_id', name=op.f('uq_request_letter_message_id')),
    sa.UniqueConstraint('reply_address', 'step', name=op.f('uq_request_letter_reply_address_step')),
    sa.UniqueConstraint('request_id', 'step', name=op.f('uq_request_letter_request_id_step'))
    )

