"""what is asked each few seconds goes by an index: copies that settled nothing yet, and courtesy letters that are due or held

A program of before goes on storing copies that are open; who knows of this settles them at its next look.
"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

INDEXES = (
    ('ix_letter_copy_open', 'letter_copy', ['message_id'], "settled_at IS NULL"),
    ('ix_decline_due', 'decline', ['planned_at', 'id'], "state = 'planned'"),
    ('ix_decline_lease', 'decline', ['lease_until'], "state IN ('claimed','sending')"),
)


def upgrade() -> None:
    op.add_column('letter_copy', sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True))
    for table in ('inquiry', 'decline', 'request_letter'):
        op.execute('UPDATE letter_copy SET settled_at = seen_at WHERE EXISTS '  # noqa: S608 - our own names
                   f"(SELECT 1 FROM {table} WHERE {table}.message_id = letter_copy.message_id AND state = 'sent')")
    for name, table, columns, which in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
