"""what participants say they use of the toolkit"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('toolkit_use',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('advertiser_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_by', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_toolkit_use_advertiser_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_toolkit_use')),
    sa.UniqueConstraint('advertiser_id', 'part', name=op.f('uq_toolkit_use_advertiser_id_part'))
    )
