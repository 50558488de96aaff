"""The right to erasure of an office that does not take part (any more).

What it wrote and said, who signed for it and where it was written to is destroyed, with the keys, so that no backup
holds it either. What the results need stays: its tests and labels, under its key, of which every version that went out
speaks too. The ledger keeps the proof and a reason of one word, so that nobody's data gets in there again.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from orchestrator import own_access, retention, stray_mail
from orchestrator.intake import Channel
from orchestrator.invitations import OPEN
from orchestrator.models import (
    Advertiser,
    AgreedAction,
    Attempt,
    Contact,
    Enrolment,
    EnrolmentScope,
    InboundMail,
    Inquiry,
    Invitation,
    Listing,
    Pair,
    Reply,
    Round,
    ToolkitUse,
)
from orchestrator.request_models import OwnerRequest, RequestLetter, RequestRound
from orchestrator.retention import Found, Part
from orchestrator.rounds import lookup
from orchestrator.scope import ScopeKind
from orchestrator.states import ROUND_ENDED, ErasureReason, MailState
from profiles.errors import Refused

ERASED = "advertiser.erased"
NAME = "(gewist)"


def erase(session: Session, key: str, reason: ErasureReason, actor: str, now: datetime, wall: datetime) -> int | None:
    """Erase an office; return how many keys were destroyed, None for one that was erased before.

    Raises `Refused` for an unknown office, while it takes part or is invited, while a round with it goes on, and while
    a mail of it was not read yet.
    """
    office = lookup.advertiser(session, key)
    _require_out(session, office, now)
    found: Found = [*retention.find(session, _parts(office)), (InboundMail, _strays(session, office))]
    if office.name == NAME and not any(rows for _, rows in found):
        return None
    keys = retention.destroy(session, ERASED, f"advertiser:{office.id}", found, actor, now, reason=reason.value)
    own_access.revoke(session, key, actor, now, wall)
    _empty(session, office)
    return keys


def _require_out(session: Session, office: Advertiser, now: datetime) -> None:
    mine = select(Enrolment.withdrawn_at).where(Enrolment.advertiser_id == office.id, Enrolment.valid_until >= now)
    if any(withdrawn is None or withdrawn > now for withdrawn in session.scalars(mine)):
        message, remedy = f"'{office.key}' doet mee.", "Trek eerst de toestemming in: praktijktest withdraw."
        raise Refused("takes-part", message, remedy)
    if session.scalar(select(Invitation.id).where(Invitation.key == office.key, Invitation.state.in_(OPEN))):
        raise Refused("invited", f"Voor '{office.key}' is een uitnodiging open.", "Trek die eerst in.")
    if going := going_on(session, office):
        message = f"Ronde '{going}' met '{office.key}' is nog niet afgesloten."
        raise Refused("round-open", message, "Wacht tot zij is afgesloten, en doe het dan opnieuw.")


def going_on(session: Session, office: Advertiser) -> str | None:
    """Return the name of a round with an office that has not ended; None when there is none."""
    return session.scalars(_rounds_of(office)).first() or session.scalars(_requests_of(office)).first()


def _strays(session: Session, office: Advertiser) -> list[int]:
    """The mails of an office that answer none of our letters; raise `Refused` when one has yet to be read."""
    found = list(stray_mail.of_office(session, office))
    if any(mail.state is MailState.STORED for mail in found):
        message = f"Er is post van '{office.key}' binnengekomen die nog niet is gelezen."
        raise Refused("mail-unread", message, "Wacht tot de postbus is gelezen, en doe het dan opnieuw.")
    return [mail.id for mail in found]


def _rounds_of(office: Advertiser) -> Select[str]:
    rows = select(Round.name).join(Pair, Pair.round_id == Round.id).join(Listing, Pair.listing_id == Listing.id)
    return rows.where(Listing.advertiser_id == office.id, Round.state.not_in(ROUND_ENDED))


def _requests_of(office: Advertiser) -> Select[str]:
    rows = select(RequestRound.name).join(OwnerRequest, OwnerRequest.round_id == RequestRound.id)
    return rows.where(OwnerRequest.advertiser_id == office.id, RequestRound.state.not_in(ROUND_ENDED))


def _parts(office: Advertiser) -> Iterator[Part]:
    yield from retention.parts_of(_pairs(office))
    yield Part(OwnerRequest, select(OwnerRequest.id).where(OwnerRequest.advertiser_id == office.id))
    yield Part(Invitation, select(Invitation.id).where(Invitation.key == office.key))
    yield Part(Contact, select(Contact.advertiser_id).where(Contact.advertiser_id == office.id))
    yield Part(Advertiser, select(Advertiser.id).where(Advertiser.id == office.id))


def _pairs(office: Advertiser) -> Select[int]:
    return select(Pair.id).join(Listing).where(Listing.advertiser_id == office.id)


def _empty(session: Session, office: Advertiser) -> None:
    """Take away what stands in clear of who it was and where it was written to."""
    office.name, office.form, office.form_url, office.form_index = NAME, None, None, None
    office.email_index = office.domain = ""
    office.channel = Channel.SMTP
    letters = select(Inquiry.id).where(Inquiry.pair_id.in_(_pairs(office)))
    sent = select(Inquiry.message_id).where(Inquiry.id.in_(letters))
    told = {"address_index": "", "last_error": None, "remote_ref": None}
    requests = select(OwnerRequest.id).where(OwnerRequest.advertiser_id == office.id)
    consents = select(Enrolment.id).where(Enrolment.advertiser_id == office.id)
    scope = EnrolmentScope.enrolment_id.in_(consents), EnrolmentScope.kind == ScopeKind.ADDRESS
    for step in (
        update(Reply).where(Reply.inquiry_id.in_(letters)).values(message_id=None),
        update(Inquiry).where(Inquiry.id.in_(letters)).values(told),
        update(RequestLetter).where(RequestLetter.request_id.in_(requests)).values(told),
        update(Attempt).where(Attempt.message_id.in_(sent)).values(detail=None, response=None),
        update(ToolkitUse).where(ToolkitUse.advertiser_id == office.id).values(url=""),
        update(AgreedAction).where(AgreedAction.advertiser_id == office.id).values(note=None),
        delete(EnrolmentScope).where(*scope),
    ):
        session.execute(step.execution_options(synchronize_session=False))
    for row in session.scalars(select(Invitation).where(Invitation.key == office.key)):
        row.name, row.text, row.contact_index = NAME, "", ""
        row.terms = row.terms | {"form_url": None}
        row.agreed = row.agreed and row.agreed | {"form_url": None}
    session.flush()
    session.expire_all()
