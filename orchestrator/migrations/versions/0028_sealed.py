"""what people write and say is encrypted, each record under a key of its own

Everything in here is one transaction: an upgrade that is interrupted is begun again from the start. Keys that it made by
then stay behind in the store and harm nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from orchestrator.vault import Vault, seal

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

SEALED = {
    'inbound_mail': ('id', ('raw',)),
    'reply': ('id', ('subject', 'text')),
    'doubt': ('id', ('note',)),
    'context_note': ('id', ('text',)),
    'owner_request': ('id', ('note',)),
}
BATCH = 200


def upgrade() -> None:
    with op.batch_alter_table('owner_request') as batch:
        # What was answered is destroyed when its time has come; that it was answered is not.
        batch.drop_constraint(op.f('ck_owner_request_note'), type_='check')
    for table, (key, names) in SEALED.items():
        for name in names:
            op.add_column(table, sa.Column(f'{name}_sealed', sa.LargeBinary(), nullable=True))
        _seal(table, key, names)
        for name in names:
            # In place: a table that is made anew would lose its triggers (orchestrator.tallies).
            op.drop_column(table, name)


def _seal(table: str, key: str, names: tuple[str, ...]) -> None:
    connection, last = op.get_bind(), 0
    columns: list[sa.ColumnClause[Any]] = [sa.column(each) for each in (key, *names, *(f'{name}_sealed' for name in names))]
    rows = sa.table(table, *columns)
    number = rows.c[key]
    while some := connection.execute(sa.select(*columns).where(number > last).order_by(number).limit(BATCH)).all():
        keys = _vault().make(len(some))
        for row, own in zip(some, keys, strict=True):
            told = {}
            for name in names:
                value = getattr(row, name)
                if value is not None:
                    plain = value.encode() if isinstance(value, str) else bytes(value)
                    told[f'{name}_sealed'] = seal(own, f'{table}.{name}_sealed:{row[0]}', plain)
            if told:
                connection.execute(sa.update(rows).where(number == row[0]).values(told))
        last = some[-1][0]


def _vault() -> Vault:
    vault = context.config.attributes['vault']
    assert isinstance(vault, Vault)  # noqa: S101 - the entry sets it
    return vault
