"""what all arms of a sham pair show, a pair's place in the rotation, the level of its factor, and sets of up to four"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

ARMS = ('control', 'treatment', 'treatment-2', 'treatment-3')
SHAM = sa.Enum(*ARMS, name='sham', native_enum=False, create_constraint=True, length=24)
LEVEL = sa.Enum(
    'female', 'male', 'ample', 'tight', name='factorlevel', native_enum=False, create_constraint=True, length=24
)


def upgrade() -> None:
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shown', sa.String(24), nullable=True))
        batch_op.add_column(sa.Column('place', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('level', LEVEL, nullable=True))
        batch_op.add_column(sa.Column('turns', sa.JSON(), nullable=True))
        batch_op.drop_constraint(op.f('ck_pair_arm'), type_='check')
        batch_op.create_check_constraint(op.f('ck_pair_arm'), sa.column('first').in_(ARMS))

    op.execute("UPDATE pair SET shown = 'control' WHERE sham")
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.drop_column('sham')

    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sham', SHAM, nullable=True))

    op.execute("UPDATE pair SET sham = shown")
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.drop_column('shown')

    with op.batch_alter_table('inquiry', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_inquiry_arm'), type_='check')
        batch_op.create_check_constraint(op.f('ck_inquiry_arm'), sa.column('arm').in_(ARMS))
        batch_op.drop_constraint(op.f('ck_inquiry_order'), type_='check')
        batch_op.create_check_constraint(op.f('ck_inquiry_order'), '"order" BETWEEN 1 AND 4')
