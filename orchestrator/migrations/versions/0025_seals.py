"""the seal of a release: its manifest, what opens it, and the report of each advertiser as it was frozen"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Versions from before this stay without a seal: what they would bind can no longer be known.
    with op.batch_alter_table('outcome_release', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seal', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('manifest', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('opening', sa.JSON(), nullable=True))

    op.create_table('release_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=False),
    sa.Column('advertiser_id', sa.Integer(), nullable=False),
    sa.Column('salt', sa.String(length=64), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['advertiser_id'], ['advertiser.id'], name=op.f('fk_release_report_advertiser_id')),
    sa.ForeignKeyConstraint(['release_id'], ['outcome_release.id'], name=op.f('fk_release_report_release_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_release_report')),
    sa.UniqueConstraint('release_id', 'advertiser_id', name=op.f('uq_release_report_release_id_advertiser_id'))
    )
    op.create_index(op.f('ix_release_report_advertiser_id'), 'release_report', ['advertiser_id'])
