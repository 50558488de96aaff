"""a book of outcomes says up to which pair none is missing, so that each go begins where the one before ended

Of a book of before it says 0: its next go looks through all of its pairs once more.
"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outcome_book', sa.Column('made_to', sa.Integer(), nullable=False, server_default='0'))
