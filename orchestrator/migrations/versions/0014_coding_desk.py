"""doubts of coders, phrases hidden by hand, answers entered by hand, and the ledger by subject"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('doubt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('coder', sa.String(length=120), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('doubted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['reply_id'], ['reply.id'], name=op.f('fk_doubt_reply_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_doubt')),
    sa.UniqueConstraint('reply_id', 'coder', name=op.f('uq_doubt_reply_id_coder'))
    )
    op.create_table('hand_mask',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('phrase', sa.String(length=200), nullable=False),
    sa.Column('masked_by', sa.String(length=120), nullable=False),
    sa.Column('masked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['reply_id'], ['reply.id'], name=op.f('fk_hand_mask_reply_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_mask')),
    sa.UniqueConstraint('reply_id', 'phrase', name=op.f('uq_hand_mask_reply_id_phrase'))
    )
    # Added in place: a table that is made anew would lose its triggers (orchestrator.tallies).
    op.add_column('reply', sa.Column('road', sa.String(length=16), nullable=True))
    op.add_column('reply', sa.Column('entered_by', sa.String(length=120), nullable=True))
    uncoded = sa.text('label IS NULL')
    op.create_index('ix_reply_uncoded', 'reply', ['inquiry_id'], sqlite_where=uncoded, postgresql_where=uncoded)
    op.create_index('ix_event_subject', 'event', ['subject'])
