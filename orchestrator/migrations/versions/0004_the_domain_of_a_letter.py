"""the domain a letter goes to, for the rate of each domain"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

LETTERS = ('inquiry', 'decline')


def upgrade() -> None:
    for name in LETTERS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column('domain', sa.String(length=255), nullable=True))
        _fill(name)
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column('domain', existing_type=sa.String(length=255), nullable=False)


def _fill(name: str) -> None:
    letters = sa.table(name, sa.column('recipient', sa.Text), sa.column('domain', sa.String))
    connection = op.get_bind()
    for (recipient,) in connection.execute(sa.select(letters.c.recipient).distinct()).all():
        whose = letters.c.recipient == recipient
        connection.execute(sa.update(letters).where(whose).values(domain=_domain(recipient)))


def _domain(recipient: str) -> str:
    host = urlsplit(recipient).netloc if '://' in recipient else recipient.rpartition('@')[2]
    return host.lower()[:255]
