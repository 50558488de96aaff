"""when each queue was last worked on, and when a fault last showed itself"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('heartbeat',
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('worker', sa.String(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('queue', name=op.f('pk_heartbeat'))
    )
    with op.batch_alter_table('channel_fault', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True))

    op.execute('UPDATE channel_fault SET seen_at = coalesce(cleared_at, since)')
    with op.batch_alter_table('channel_fault', schema=None) as batch_op:
        batch_op.alter_column('seen_at', existing_type=sa.DateTime(timezone=True), nullable=False)
