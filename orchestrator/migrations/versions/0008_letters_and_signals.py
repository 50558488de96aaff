"""what the letters of a round were made of, the listing as it was then, and which dwellings a wheelchair can reach"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.add_column(sa.Column('texts', sa.JSON(), nullable=True))

    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('listed', sa.JSON(), nullable=True))

    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('accessible', sa.Boolean(), nullable=True))
