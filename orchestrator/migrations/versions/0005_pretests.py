"""pretests of names: what is asked, who judges, and what they thought"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pretest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('seed', sa.BigInteger(), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('per_rater', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.String(length=120), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=120), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pretest')),
    sa.UniqueConstraint('key', name=op.f('uq_pretest_key'))
    )
    op.create_table('rater',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pretest_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=40), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attentive', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['pretest_id'], ['pretest.id'], name=op.f('fk_rater_pretest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rater')),
    sa.UniqueConstraint('pretest_id', 'number', name=op.f('uq_rater_pretest_id_number')),
    sa.UniqueConstraint('token', name=op.f('uq_rater_token'))
    )
    op.create_table('rating',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rater_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('name', sa.Integer(), nullable=False),
    sa.Column('background', sa.String(length=80), nullable=False),
    sa.Column('class_heard', sa.Integer(), nullable=False),
    sa.Column('religiosity', sa.Integer(), nullable=False),
    sa.Column('rated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('class_heard BETWEEN 1 AND 5', name=op.f('ck_rating_class_heard')),
    sa.CheckConstraint('religiosity BETWEEN 1 AND 5', name=op.f('ck_rating_religiosity')),
    sa.ForeignKeyConstraint(['rater_id'], ['rater.id'], name=op.f('fk_rating_rater_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating')),
    sa.UniqueConstraint('rater_id', 'place', name=op.f('uq_rating_rater_id_place'))
    )
