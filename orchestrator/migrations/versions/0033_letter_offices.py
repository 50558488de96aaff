"""a letter knows its office, so that what an office got lately is found without going through its listings

A program of before goes on storing letters without it, until the triggers are made that fill it in
(orchestrator.letter_offices); what it stored in between is filled then.
"""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('inquiry', sa.Column('advertiser_id', sa.Integer(), nullable=True))
    op.execute('UPDATE inquiry SET advertiser_id = (SELECT listing.advertiser_id FROM pair '
               'JOIN listing ON listing.id = pair.listing_id WHERE pair.id = inquiry.pair_id)')
    for name, moment, which in (
        ('ix_inquiry_office_went', 'sent_at', "state IN ('sending','sent','uncertain') AND advertiser_id IS NOT NULL"),
        ('ix_inquiry_office_next', 'planned_at', "\"order\" > 1 AND state IN ('planned','claimed') AND advertiser_id IS NOT NULL"),
    ):
        op.create_index(name, 'inquiry', ['advertiser_id', moment],
                        sqlite_where=sa.text(which), postgresql_where=sa.text(which))
