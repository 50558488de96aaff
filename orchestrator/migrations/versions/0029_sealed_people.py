"""who signs and who is written to is encrypted too, and found by a fingerprint of its address

As in 0028 all of it is one transaction. What is plain of an address becomes its fingerprint in the same column, which
gets another name: so its being unique stays, and no table that others refer to is made anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from orchestrator.vault import Vault, seal

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

SEALED = {
    'invitation': ('id', ('contact', 'signed_text', 'signer', 'signer_function')),
    'contact': ('advertiser_id', ('email',)),
    'person': ('id', ('email', 'totp_secret')),
    'web_session': ('id', ('totp_secret',)),
    'hand_mask': ('id', ('phrase',)),
}
FOUND = {'invitation': 'contact', 'contact': 'email', 'person': 'email'}
BATCH = 200


def upgrade() -> None:
    for table, (key, names) in SEALED.items():
        for name in names:
            op.add_column(table, sa.Column(f'{name}_sealed', sa.LargeBinary(), nullable=True))
        _seal(table, key, names)
        if found := FOUND.get(table):
            op.execute(f'ALTER TABLE {table} RENAME COLUMN {found} TO {found}_index')
    with op.batch_alter_table('invitation') as batch:
        batch.drop_constraint(op.f('ck_invitation_signed'), type_='check')
        batch.drop_constraint(op.f('ck_invitation_signed_first'), type_='check')
    with op.batch_alter_table('invitation') as batch:
        batch.create_check_constraint(op.f('ck_invitation_signed_first'),
                                      "state NOT IN ('signed', 'enrolled') OR digest IS NOT NULL")
    with op.batch_alter_table('hand_mask') as batch:
        batch.drop_constraint(op.f('uq_hand_mask_reply_id_phrase'), type_='unique')
    op.create_index(op.f('ix_hand_mask_reply_id'), 'hand_mask', ['reply_id'])
    for table, (_, names) in SEALED.items():
        for name in names:
            if FOUND.get(table) != name:
                op.drop_column(table, name)


def _seal(table: str, key: str, names: tuple[str, ...]) -> None:
    connection, last, vault = op.get_bind(), 0, _vault()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(each) for each in (key, *names, *(f'{name}_sealed' for name in names))
    ]
    rows = sa.table(table, *columns)
    number = rows.c[key]
    while some := connection.execute(sa.select(*columns).where(number > last).order_by(number).limit(BATCH)).all():
        filled = [row for row in some if any(getattr(row, name) is not None for name in names)]
        for row, own in zip(filled, vault.make(len(filled)), strict=True):
            told: dict[str, Any] = {}
            for name in names:
                if (value := getattr(row, name)) is not None:
                    told[f'{name}_sealed'] = seal(own, f'{table}.{name}_sealed:{row[0]}', value.encode())
            if found := FOUND.get(table):
                told[found] = vault.fingerprint(getattr(row, found)).hex()
            connection.execute(sa.update(rows).where(number == row[0]).values(told))
        last = some[-1][0]


def _vault() -> Vault:
    vault = context.config.attributes['vault']
    assert isinstance(vault, Vault)  # noqa: S101 - the entry sets it
    return vault
