"""indexes for what pages ask of a large installation: the last letter that went, uncertain letters, replies to look at"""

from alembic import op
from sqlalchemy import text

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

DOUBTS = "label = 'ECHTHEIDSVRAAG' OR label IS NULL AND proposal = 'ECHTHEIDSVRAAG'"


def upgrade() -> None:
    op.create_index('ix_inquiry_sent_at', 'inquiry', ['sent_at'])
    for table in ('inquiry', 'decline'):
        where = text("state = 'uncertain'")
        op.create_index(
            f'ix_{table}_uncertain', table, ['planned_at'], sqlite_where=where, postgresql_where=where
        )
    doubts = text(DOUBTS)
    op.create_index('ix_reply_doubt', 'reply', ['inquiry_id'], sqlite_where=doubts, postgresql_where=doubts)
