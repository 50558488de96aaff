"""which mail is kept for longer than any study asks for is found by an index of the mail that is still there"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

KEPT = sa.text('raw_sealed IS NOT NULL')


def upgrade() -> None:
    op.create_index('ix_inbound_mail_kept', 'inbound_mail', ['received_at'], sqlite_where=KEPT, postgresql_where=KEPT)
