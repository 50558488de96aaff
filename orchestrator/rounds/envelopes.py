"""What is handed to a channel: one letter of any kind, with all that sending it once needs, and nothing of the arm."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Label, Row, Select, Text, case, null, select
from sqlalchemy.orm import Session

from orchestrator.addresses import index_of
from orchestrator.forms import Form, described
from orchestrator.intake import Channel
from orchestrator.logs import about
from orchestrator.models import Advertiser, Decline, Inquiry, Listing, OwnerRequest, Pair, RequestLetter
from orchestrator.people import given_name
from orchestrator.rounds.permission import Kind
from orchestrator.sealing import opened
from orchestrator.settings import PREFIX
from orchestrator.several import among, ask, by_row
from orchestrator.states import LetterState

log = logging.getLogger(__name__)

_NOT_ITS_ADDRESS = (
    "Brief %s gaat niet uit: zij is niet geschreven voor dit adres, of dit proces heeft andere sleutels dan wie haar "
    f"plande. Geef elk proces dezelfde {PREFIX}KEYS_URL en dezelfde hoofdsleutel."
)


@dataclass(frozen=True)
class Claim:
    """One letter that this worker may try to send, under this fence: of which round, and to whom.

    Neither ever changes of a letter, so that the gate need not look for what it locks.
    """

    kind: Kind
    id: int
    fence: int
    round_id: int
    advertiser_id: int


@dataclass(frozen=True)
class Envelope:
    """All a channel needs to send one letter once; nothing in it tells the arm.

    ``form`` is there for a letter by web form. ``reference`` is never empty.
    """

    claim: Claim
    channel: Channel
    recipient: str
    sender_name: str
    given_name: str
    sender_address: str
    subject: str
    body: str
    message_id: str
    reference: str
    in_reply_to: str | None
    date: datetime
    form: Form | None = None


def envelopes(session: Session, kind: Kind, claims: Sequence[Claim], now: datetime) -> dict[Claim, Envelope]:
    """Put letters of one kind in their envelopes, dated ``now``; without those that are no longer claimed so.

    Without those too that were written for another address: no statement lets such a letter go, but what is sealed
    cannot be compared in a statement, so it is done here as well.
    """
    rows = ask(session, _letters(kind), named(claims)).all()
    mailed = {row.office: row.email_sealed for row in rows if row.channel is Channel.SMTP and row.email_sealed}
    emails = opened(session, Advertiser, Advertiser.email, mailed)
    known, found = {claim.id: claim for claim in claims}, {}
    for row in rows:
        address = emails.get(row.office) if row.channel is Channel.SMTP else row.form_url
        if address and index_of(session, address) == row.address_index:
            found[known[row.id]] = _envelope(row, address, known[row.id], now)
        else:
            log.error(_NOT_ITS_ADDRESS, row.id, extra=about("letter", **{kind.__tablename__: row.id}))
    return found


def named(claims: Sequence[Claim]) -> dict[str, list[int]]:
    """Return what `under_fence` is asked with."""
    return {"letters": [claim.id for claim in claims], "fences": [claim.fence for claim in claims]}


def under_fence(kind: Kind) -> list[ColumnElement[bool]]:
    """Return the conditions that a letter is one of those that are named, each under the fence that is told of it."""
    return [among(kind.id, "letters"), kind.fence == by_row(kind.id, "letters", "fences", Integer())]


@cache
def _letters(kind: Kind) -> Select[*tuple[Any, ...]]:
    """Select of claimed letters what an envelope asks of them, of their pairs and of the offices they go to."""
    own = (kind.id, kind.channel, kind.address_index, kind.subject, kind.body, kind.message_id)
    rows: Select[*tuple[Any, ...]] = select(*own).select_from(kind)
    rows = _of_owner(rows) if kind is RequestLetter else _of_pair(rows, kind)
    office = (Advertiser.id.label("office"), Advertiser.email_sealed, Advertiser.form_url, Advertiser.form)
    return rows.add_columns(*office).where(*under_fence(kind), kind.state == LetterState.CLAIMED)


def _of_owner(rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    own = (RequestLetter.sender_name, RequestLetter.reply_address, RequestLetter.in_reply_to)
    rows = rows.add_columns(*own, _no_words("given_name"), RequestLetter.subject.label("reference"))
    rows = rows.join(OwnerRequest, OwnerRequest.id == RequestLetter.request_id)
    return rows.join(Advertiser, Advertiser.id == OwnerRequest.advertiser_id)


def _of_pair(rows: Select[*tuple[Any, ...]], kind: Kind) -> Select[*tuple[Any, ...]]:
    thread = Decline.in_reply_to if kind is Decline else _no_words("in_reply_to")
    told = (Inquiry.sender_name, Inquiry.reply_address, thread, given_name.label("given_name"))
    rows = rows.add_columns(*told, _reference().label("reference"))
    rows = rows.join(Inquiry, Inquiry.id == Decline.inquiry_id) if kind is Decline else rows
    rows = rows.join(Pair, Pair.id == Inquiry.pair_id).join(Listing, Listing.id == Pair.listing_id)
    return rows.join(Advertiser, Advertiser.id == Listing.advertiser_id)


def _no_words(name: str) -> Label[str]:
    return null().cast(Text()).label(name)


def _reference() -> ColumnElement[str]:
    """Return by what an office knows a dwelling: its own words, or where it is."""
    return case((Listing.reference != "", Listing.reference), else_=Listing.street + ", " + Listing.city)


def _envelope(row: Row[*tuple[Any, ...]], address: str, claim: Claim, now: datetime) -> Envelope:
    return Envelope(
        claim=claim,
        channel=row.channel,
        recipient=address,
        sender_name=row.sender_name,
        given_name=row.given_name or row.sender_name.partition(" ")[0],
        sender_address=row.reply_address,
        subject=row.subject,
        body=row.body,
        message_id=row.message_id,
        reference=row.reference,
        in_reply_to=row.in_reply_to,
        date=now,
        form=described(row.form, address) if row.channel is Channel.WEBFORM else None,
    )
