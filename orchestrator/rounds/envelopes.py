"""What is handed to a channel: one letter of any kind, with all that sending it once needs, and nothing of the arm."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.forms import Form, described
from orchestrator.intake import Channel
from orchestrator.models import Decline, Inquiry, RequestLetter
from orchestrator.people import profile_of
from orchestrator.rounds.permission import AnyLetter, Kind


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


def envelope(letter: AnyLetter, claim: Claim, now: datetime) -> Envelope:
    """Put a letter of any kind in its envelope, dated ``now``."""
    if isinstance(letter, RequestLetter):
        return _of_owner(letter, claim, now)
    inquiry = letter if isinstance(letter, Inquiry) else letter.inquiry
    listing = inquiry.pair.listing
    return Envelope(
        claim=claim,
        channel=letter.channel,
        recipient=letter.recipient,
        sender_name=inquiry.sender_name,
        given_name=profile_of(inquiry).name.first,
        sender_address=inquiry.reply_address,
        subject=letter.subject,
        body=letter.body,
        message_id=letter.message_id,
        reference=listing.reference or f"{listing.street}, {listing.city}",
        in_reply_to=letter.in_reply_to if isinstance(letter, Decline) else None,
        date=now,
        form=described(listing.advertiser.form, letter.recipient) if letter.channel is Channel.WEBFORM else None,
    )


def _of_owner(letter: RequestLetter, claim: Claim, now: datetime) -> Envelope:
    return Envelope(
        claim=claim,
        channel=letter.channel,
        recipient=letter.recipient,
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
