"""where letters to an office go is encrypted, and letters know it by a fingerprint

As in 0028 all of it is one transaction, and as in 0029 what was plain becomes a fingerprint in the same column, which gets
another name. Each table of letters is written once, whatever the number of addresses.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from orchestrator.vault import Vault, key_of, seal

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

LETTERS = ('inquiry', 'decline', 'request_letter')
WHERE = (*((table, 'recipient') for table in LETTERS), ('enrolment_scope', 'value'), ('advertiser', 'email'),
         ('advertiser', 'form_index'))
SAID = (*((table, ('last_error', 'remote_ref')) for table in LETTERS), ('attempt', ('detail', 'response')),
        ('channel_fault', ('message',)))
ADDRESS = re.compile(
    r"[^\s<>()\[\]\"',;:=@]{1,64}(?:@|%40|&#64;|&commat;)[a-z0-9\[](?:[a-z0-9.\-:]{0,252}[a-z0-9\]])?", re.IGNORECASE
)
BATCH = 200


def upgrade() -> None:
    op.add_column('advertiser', sa.Column('email_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('advertiser', sa.Column('domain', sa.String(length=255), server_default='', nullable=False))
    op.add_column('advertiser', sa.Column('form_index', sa.Text(), nullable=True))
    op.add_column('invitation', sa.Column('email_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('draft', sa.Column('participants_sealed', sa.LargeBinary(), nullable=True))
    _offices()
    _invitations()
    _drafts()
    _fingerprints()
    for table in LETTERS:
        op.execute(f'ALTER TABLE {table} RENAME COLUMN recipient TO address_index')
    op.execute('ALTER TABLE advertiser RENAME COLUMN email TO email_index')
    op.drop_column('draft', 'participants')
    for table, names in SAID:
        _hide(table, names)


def _offices() -> None:
    for rows, some in _batches('advertiser', 'email', 'email_sealed', 'domain'):
        filled = [row for row in some if row.email]
        for row, own in zip(filled, _vault().make(len(filled)), strict=True):
            told = {'email_sealed': seal(own, f'advertiser.email_sealed:{row.id}', row.email.encode()),
                    'domain': row.email.rpartition('@')[2].lower()}
            op.get_bind().execute(sa.update(rows).where(rows.c.id == row.id).values(told))


def _invitations() -> None:
    """Of what was offered and agreed the address goes to a column of its own; it was the same in both."""
    for rows, some in _batches('invitation', 'terms', 'agreed', 'contact_sealed', 'email_sealed', json=('terms', 'agreed')):
        keys = _vault().find([key_of(row.contact_sealed) for row in some if row.contact_sealed])
        for row in some:
            told: dict[str, Any] = {name: {key: said for key, said in value.items() if key != 'email'}
                                    for name in ('terms', 'agreed') if (value := getattr(row, name))}
            if email := (row.terms or {}).get('email'):
                own = row.contact_sealed and keys.get(key_of(row.contact_sealed)) or _vault().make(1)[0]
                told['email_sealed'] = seal(own, f'invitation.email_sealed:{row.id}', email.encode())
            if told:
                op.get_bind().execute(sa.update(rows).where(rows.c.id == row.id).values(told))


def _drafts() -> None:
    for rows, some in _batches('draft', 'participants', 'participants_sealed'):
        filled = [row for row in some if row.participants is not None]
        for row, own in zip(filled, _vault().make(len(filled)), strict=True):
            sealed = seal(own, f'draft.participants_sealed:{row.id}', row.participants.encode())
            op.get_bind().execute(sa.update(rows).where(rows.c.id == row.id).values(participants_sealed=sealed))


def _fingerprints() -> None:
    """Put in the place of every address its fingerprint, by one statement a table."""
    bind = op.get_bind()
    op.execute('UPDATE advertiser SET form_index = form_url')
    addresses = {address for table, column in WHERE for address in bind.scalars(sa.text(
        f'SELECT DISTINCT {column} FROM {table} {_only(table)}')) if address}
    op.execute('CREATE TEMPORARY TABLE known_address (address TEXT PRIMARY KEY, fingerprint TEXT NOT NULL)')
    known = sa.table('known_address', sa.column('address'), sa.column('fingerprint'))
    if addresses:
        bind.execute(sa.insert(known), [{'address': each, 'fingerprint': _index(each)} for each in sorted(addresses)])
    op.execute('ANALYZE known_address')
    for table, column in WHERE:
        op.execute(f'UPDATE {table} SET {column} = known_address.fingerprint FROM known_address '
                   f'{_only(table) or "WHERE true"} AND known_address.address = {table}.{column}')
    op.execute('DROP TABLE known_address')


def _only(table: str) -> str:
    return "WHERE kind = 'address'" if table == 'enrolment_scope' else ''


def _index(address: str) -> str:
    return urlsafe_b64encode(_vault().exact(f'letters:{address}')[:15]).decode()


def _hide(table: str, names: tuple[str, ...]) -> None:
    """Take the addresses out of what servers said, which may be those that a letter went to."""
    for rows, some in _batches(table, *names):
        for row in some:
            told = {name: ADDRESS.sub('<adres>', value[:20_000]) for name in names if (value := getattr(row, name))}
            if any(told[name] != getattr(row, name) for name in told):
                op.get_bind().execute(sa.update(rows).where(rows.c.id == row.id).values(told))


def _batches(table: str, *names: str, json: tuple[str, ...] = ()) -> Iterator[tuple[sa.TableClause, Any]]:
    columns = [sa.column(name, sa.JSON() if name in json else sa.types.NullType()) for name in ('id', *names)]
    rows, last = sa.table(table, *columns), 0
    asked = sa.select(*columns).order_by(rows.c.id).limit(BATCH)
    while some := op.get_bind().execute(asked.where(rows.c.id > last)).all():
        yield rows, some
        last = some[-1].id


def _vault() -> Vault:
    vault = context.config.attributes['vault']
    assert isinstance(vault, Vault)  # noqa: S101 - the entry sets it
    return vault
