"""Courtesy: an invitation is given back promptly, once, and alike for both arms."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.chance import generator
from orchestrator.design import from_canonical
from orchestrator.intake import Channel
from orchestrator.listings import dwelling_of
from orchestrator.models import Decline, Inquiry
from orchestrator.people import profile_of
from orchestrator.states import LetterState
from profiles import letters

AFTER_HOURS = (1.0, 3.0)
"""An invitation is declined between so many hours after it came."""

WITHIN = timedelta(days=3)
"""After this a held viewing is no longer given back by machine: a person is told."""


def plan_decline(session: Session, inquiry: Inquiry, answered: str | None, now: datetime) -> None:
    """Plan the letter that gives a viewing back; nothing happens when the inquiry already has one.

    It goes by mail to the enrolled address, also when the invitation came from elsewhere: no letter leaves the scope
    of the consent. ``answered`` is the id of the invitation, if that came by mail.
    """
    if inquiry.decline is not None:
        return
    listing = inquiry.pair.listing
    rng = generator(from_canonical(inquiry.pair.round.design).seed, "decline", listing.key, inquiry.arm.value)
    profile = profile_of(inquiry)
    variant = str(rng.choice(letters.declines(profile.language, couple=profile.partner is not None)))
    letter = letters.decline(variant, profile, dwelling_of(inquiry.pair))
    planned = now + timedelta(hours=float(rng.uniform(*AFTER_HOURS)))
    local, _, domain = inquiry.message_id.strip("<>").partition("@")
    inquiry.decline = Decline(
        inquiry_id=inquiry.id,
        state=LetterState.PLANNED,
        channel=Channel.SMTP,
        address_index=listing.advertiser.email_index,
        domain=listing.advertiser.domain,
        message_id=f"<{local}.a@{domain}>",
        in_reply_to=answered or inquiry.message_id,
        subject=letter.subject,
        body=letter.body,
        planned_at=planned,
        not_after=planned + WITHIN,
    )
    ledger.append(session, now, "courtesy", "decline.planned", f"inquiry:{inquiry.id}")
