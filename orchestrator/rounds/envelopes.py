"""What is handed to a channel: one letter of any kind, with all that sending it once needs, and nothing of the arm."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.addresses import index_of
from orchestrator.forms import Form, described
from orchestrator.intake import Channel
from orchestrator.logs import about
from orchestrator.models import Advertiser, Decline, Inquiry, OwnerRequest, RequestLetter
from orchestrator.people import profile_of
from orchestrator.rounds.permission import AnyLetter, Kind
from orchestrator.sealing import open_all
from orchestrator.settings import PREFIX

log = logging.getLogger(__name__)

_NOT_ITS_ADDRESS = (
    "Brief %s gaat niet uit: zij is niet geschreven voor dit adres, of dit proces heeft andere sleutels dan wie haar "
    f"plande. Geef elk proces dezelfde {PREFIX}KEYS_URL en dezelfde hoofdsleutel."
)


@dataclass(frozen=True)
class Claim:
    """One letter that this worker may try to send, under this fence."""

    kind: Kind
    id: int
    fence: int


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


def envelopes(session: Session, letters: Mapping[Claim, AnyLetter], now: datetime) -> dict[Claim, Envelope]:
    """Put letters in their envelopes, dated ``now``; without those that were written for another address.

    No statement lets such a letter go. But what is sealed cannot be compared in a statement, so it is done here too.
    """
    offices = _offices(session, list(letters.values()))
    open_all(session, {office for letter, office in offices.items() if letter.channel is Channel.SMTP})
    found = {}
    for claim, letter in letters.items():
        office = offices[letter]
        address = office.email if letter.channel is Channel.SMTP else office.form_url
        if not address or index_of(session, address) != letter.address_index:
            said = about("letter", **{claim.kind.__tablename__: claim.id})
            log.error(_NOT_ITS_ADDRESS, claim.id, extra=said)
        elif isinstance(letter, RequestLetter):
            found[claim] = _of_owner(letter, address, claim, now)
        else:
            found[claim] = _of_pair(letter, address, claim, now)
    return found


def _offices(session: Session, letters: Sequence[AnyLetter]) -> dict[AnyLetter, Advertiser]:
    asks = {letter.request_id: letter for letter in letters if isinstance(letter, RequestLetter)}
    rows = select(OwnerRequest.id, Advertiser).join(Advertiser, Advertiser.id == OwnerRequest.advertiser_id)
    found = dict(session.execute(rows.where(OwnerRequest.id.in_(asks))).all()) if asks else {}
    return {
        each: found[each.request_id] if isinstance(each, RequestLetter) else _inquiry_of(each).pair.listing.advertiser
        for each in letters
    }


def _inquiry_of(letter: Inquiry | Decline) -> Inquiry:
    return letter if isinstance(letter, Inquiry) else letter.inquiry


def _of_pair(letter: Inquiry | Decline, address: str, claim: Claim, now: datetime) -> Envelope:
    inquiry = _inquiry_of(letter)
    listing = inquiry.pair.listing
    return Envelope(
        claim=claim,
        channel=letter.channel,
        recipient=address,
        sender_name=inquiry.sender_name,
        given_name=profile_of(inquiry).name.first,
        sender_address=inquiry.reply_address,
        subject=letter.subject,
        body=letter.body,
        message_id=letter.message_id,
        reference=listing.reference or f"{listing.street}, {listing.city}",
        in_reply_to=letter.in_reply_to if isinstance(letter, Decline) else None,
        date=now,
        form=described(listing.advertiser.form, address) if letter.channel is Channel.WEBFORM else None,
    )


def _of_owner(letter: RequestLetter, address: str, claim: Claim, now: datetime) -> Envelope:
    return Envelope(
        claim=claim,
        channel=letter.channel,
        recipient=address,
        sender_name=letter.sender_name,
        given_name=letter.sender_name.partition(" ")[0],
        sender_address=letter.reply_address,
        subject=letter.subject,
        body=letter.body,
        message_id=letter.message_id,
        reference=letter.subject,
        in_reply_to=letter.in_reply_to,
        date=now,
    )
