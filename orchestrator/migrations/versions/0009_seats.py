"""what both arms of a sham pair show, the place of a pair in the rotation, and the level of the factor of its design"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

SHAM = sa.Enum('control', 'treatment', name='sham', native_enum=False, create_constraint=True, length=24)
LEVEL = sa.Enum(
    'female', 'male', 'ample', 'tight', name='factorlevel', native_enum=False, create_constraint=True, length=24
)


def upgrade() -> None:
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shown', sa.String(24), nullable=True))
        batch_op.add_column(sa.Column('place', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('level', LEVEL, nullable=True))

    op.execute("UPDATE pair SET shown = 'control' WHERE sham")
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.drop_column('sham')

    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sham', SHAM, nullable=True))

    op.execute("UPDATE pair SET sham = shown")
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.drop_column('shown')
