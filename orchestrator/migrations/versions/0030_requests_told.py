"""the outcome of a request test is released as that of a round"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outcome_release') as table:
        table.alter_column('round_id', existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column('request_round_id', sa.Integer(), nullable=True))
        table.create_foreign_key(op.f('fk_outcome_release_request_round_id'), 'request_round',
                                 ['request_round_id'], ['id'])
        table.create_unique_constraint(op.f('uq_outcome_release_request_round_id_number'),
                                       ['request_round_id', 'number'])
        table.create_check_constraint(op.f('ck_outcome_release_of_one_round'),
                                      '(round_id IS NULL) <> (request_round_id IS NULL)')
