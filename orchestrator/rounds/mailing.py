"""The request test by mail: its letters, the answer that ends it, and what becomes of an office that never answered."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator import ledger, request_hours
from orchestrator.chance import generator
from orchestrator.intake import Channel
from orchestrator.models import Advertiser, InboundMail, OwnerRequest, RequestLetter, RequestRound
from orchestrator.request_models import LetterStep, RequestState
from orchestrator.rounds.settling import settle
from orchestrator.states import ON_THE_WIRE, LetterState, MailState, RoundState
from profiles import owner_letters
from profiles.owner_requests import NOT_REACHED

BY_MAIL = "-"
"""Stands where a tester does: no person has so short a name."""

THANKS_AFTER = (1.0, 3.0)
"""Hours after the answer between which its thanks are planned; they go when offices are open."""

THANKS_WITHIN = timedelta(days=4)
LONGEST_ANSWER = 20_000
OFFICE, OWNER = "[kantoor]", "[eigenaar]"


@dataclass(frozen=True)
class Answered:
    """What a mail says of a request: its text without names of staff, and whether it only came back undelivered."""

    text: str
    message_id: str | None
    bounced: bool = False


def write(round_: RequestRound, request: OwnerRequest, office: Advertiser, domain: str) -> None:
    """Write the one letter that asks this office, at a moment drawn from the seed, for the day it was given."""
    owners = owner_letters.load()
    rng = generator(round_.seed, "owner", office.key)
    owner = owners.owners[int(rng.integers(len(owners.owners)))]
    token = _token(round_, office)
    letter = owners.request(round_.text, owner)
    request.letters.append(
        RequestLetter(
            step=LetterStep.REQUEST,
            state=LetterState.PLANNED,
            channel=Channel.SMTP,
            address_index=office.email_index,
            domain=office.domain,
            message_id=f"<{token}@{domain}>",
            reply_address=f"{owner_letters.mailbox(owner)}.{token[:8]}@{domain}",
            sender_name=owner,
            subject=letter.subject,
            body=letter.body,
            planned_at=request_hours.drawn(request.planned_on, rng),
            not_after=request_hours.closing(round_.last_day),
        )
    )


def answer(session: Session, letter: RequestLetter, mail: InboundMail, told: Answered, now: datetime) -> bool:
    """planned → made by the first answer, or not reached by a mail that came back; return whether it was taken.

    It settles an uncertain letter as sent. A later answer, and one after the round was closed, changes nothing.
    """
    mail.state = MailState.MATCHED
    settle(session, letter, "inbox", now, f"mail:{mail.id}")
    request = session.get_one(OwnerRequest, letter.request_id, with_for_update=True)
    if request.state is not RequestState.PLANNED or request.round.state is not RoundState.RUNNING:
        mail.state = MailState.IGNORED
        ledger.append(session, now, "inbox", "mail.ignored", f"mail:{mail.id}", {"reason": "request-over"})
        return False
    if told.bounced:
        request.state, request.code = RequestState.NOT_REACHED, NOT_REACHED
    else:
        note = _blind(session, request, letter, told.text)
        request.state, request.made_at, request.note = RequestState.MADE, letter.sent_at or mail.received_at, note
        _thank(request, letter, told, now)
    request.tries += 1
    ledger.append(session, now, "inbox", f"request.{request.state.value.replace('_', '-')}", f"request:{request.id}")
    return True


def arrived(session: Session, letter: RequestLetter, mail: InboundMail, now: datetime) -> None:
    """Note what an automatic answer proves: that the letter is there. It is no answer, so the request stays open."""
    settle(session, letter, "inbox", now, f"mail:{mail.id}")


def withdrawn(session: Session, advertiser_id: int) -> int:
    """Cancel what an office that withdrew was still to be asked, its thanks as well; return how much that stopped.

    A request of which the letter went, or may have gone, stays open for its answer.
    """
    own = select(OwnerRequest.id).where(OwnerRequest.advertiser_id == advertiser_id)
    waits = RequestLetter.state.in_((LetterState.PLANNED, LetterState.CLAIMED))
    letters = update(RequestLetter).where(RequestLetter.request_id.in_(own), waits)
    stopped = session.scalars(letters.values(state=LetterState.CANCELLED).returning(RequestLetter.id)).all()
    gone = select(RequestLetter.request_id).where(RequestLetter.state.in_(ON_THE_WIRE))
    open_ = (OwnerRequest.advertiser_id == advertiser_id, OwnerRequest.state == RequestState.PLANNED)
    calls = update(OwnerRequest).where(*open_, OwnerRequest.id.not_in(gone)).values(state=RequestState.CANCELLED)
    called = session.scalars(calls.returning(OwnerRequest.tester)).all()
    return len(stopped) + sum(tester != BY_MAIL for tester in called)


def end(round_: RequestRound) -> None:
    """Close what no answer came to: not reached when its letter went or may have gone, else cancelled with it."""
    for request in round_.requests:
        asked = [each for each in request.letters if each.step is LetterStep.REQUEST]
        if request.state is not RequestState.PLANNED:
            continue
        if any(each.state in ON_THE_WIRE for each in asked):
            request.state, request.code = RequestState.NOT_REACHED, NOT_REACHED
        else:
            request.state = RequestState.CANCELLED
        for each in asked:
            if each.state is LetterState.PLANNED:
                each.state = LetterState.CANCELLED


def _thank(request: OwnerRequest, letter: RequestLetter, told: Answered, now: datetime) -> None:
    """Plan the one word that ends it; nothing of the answer decides what it says."""
    text = owner_letters.load().thanks(request.round.text, letter.sender_name)
    rng = generator(request.round.seed, "thanks", letter.message_id)
    local, _, domain = letter.message_id.strip("<>").partition("@")
    planned = now + timedelta(hours=float(rng.uniform(*THANKS_AFTER)))
    request.letters.append(
        RequestLetter(
            step=LetterStep.THANKS,
            state=LetterState.PLANNED,
            channel=Channel.SMTP,
            address_index=letter.address_index,
            domain=letter.domain,
            message_id=f"<{local}.a@{domain}>",
            reply_address=letter.reply_address,
            sender_name=letter.sender_name,
            in_reply_to=told.message_id or letter.message_id,
            subject=text.subject,
            body=text.body,
            planned_at=planned,
            not_after=planned + THANKS_WITHIN,
        )
    )


def _blind(session: Session, request: OwnerRequest, letter: RequestLetter, text: str) -> str:
    """Return an answer without the names of its office and of the owner: a coder must not know whose it is."""
    office = session.get_one(Advertiser, request.advertiser_id).name
    hidden = [(office, OFFICE), (letter.sender_name, OWNER)]
    hidden += [(part, OWNER) for part in letter.sender_name.split()]
    for name, instead in hidden:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", instead, text, flags=re.IGNORECASE)
    return text.strip()[:LONGEST_ANSWER] or "(leeg bericht)"


def _token(round_: RequestRound, office: Advertiser) -> str:
    """Return 26 letters and digits that belong to one request and can be re-created from its round."""
    hashed = hashlib.sha256("\x1f".join((round_.name, str(round_.seed), office.key, "owner")).encode()).digest()
    return base64.b32encode(hashed).decode().lower()[:26]
