"""All that is held about one advertiser, for the advertiser itself; of rounds only what it may know by now."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import burden, enrolment, erasure, followup, invitations, own_views, stray_mail
from orchestrator.models import Advertiser, Contact, Enrolment, Invitation, Round, ToolkitUse
from orchestrator.own_views import OwnPair
from orchestrator.rounds import lookup, releasing


@dataclass(frozen=True)
class Consent:
    """One consent as it was given; ``most`` None is no cap of its own."""

    purpose: str
    first: datetime
    until: datetime
    most: int | None
    withdrawn: datetime | None

    def holds(self, now: datetime) -> bool:
        """Say whether letters may go by this consent now or later."""
        return self.until >= now and (self.withdrawn is None or self.withdrawn > now)


def consents(session: Session, key: str) -> tuple[Consent, ...]:
    """List the consents of an advertiser, the newest first."""
    rows = select(Enrolment).join(Advertiser, Enrolment.advertiser_id == Advertiser.id).where(Advertiser.key == key)
    return tuple(
        Consent(row.purpose.value, row.valid_from, row.valid_until, row.max_pairs, row.withdrawn_at)
        for row in session.scalars(rows.order_by(Enrolment.valid_from.desc()))
    )


def held(session: Session, key: str) -> dict[str, Any]:
    """Return everything that is held about an advertiser, as plain values; raise `Refused` for an unknown one."""
    advertiser = lookup.advertiser(session, key)
    contact = session.get(Contact, advertiser.id)
    uses = session.scalars(select(ToolkitUse).where(ToolkitUse.advertiser_id == advertiser.id)).all()
    return {
        "advertiser": {
            "key": advertiser.key,
            "name": advertiser.name,
            "kind": advertiser.kind.value,
            "letters_to": advertiser.address,
            "channel": advertiser.channel.value,
            "links_to": contact.email if contact else None,
        },
        "consents": [asdict(each) for each in consents(session, key)],
        "invitations": [_invitation(each) for each in invitations.of_advertiser(session, key)],
        "days_off": sorted(enrolment.days_off(session, advertiser.id)),
        "toolkit": [{"part": each.part, "url": each.url, "since": each.since} for each in uses],
        "rounds": [_round(session, key, each.name) for each in own_views.rounds(session, key)],
        "mail_that_answers_no_letter": _strays(session, advertiser),
    }


def _strays(session: Session, advertiser: Advertiser) -> list[dict[str, Any]]:
    """Mail of the office that could not be placed; while a round with it goes on none, for that would tell of it."""
    if erasure.going_on(session, advertiser) is not None:
        return []
    found = stray_mail.of_office(session, advertiser)
    return [{"received": each.received_at, "mail": each.raw.decode("utf-8", "replace")} for each in found]


def _invitation(row: Invitation) -> dict[str, Any]:
    """An invitation with what was signed, word for word, and by whom on both sides."""
    agreed = invitations.agreed(row)
    return {
        "offered": {
            "terms": invitations.offered(row).record(),
            "text": row.text,
            "text_version": row.version,
            "moment": row.invited_at,
        },
        "link_to": row.contact,
        "state": row.state.value,
        "opened": row.opened_at,
        "signed": {
            "by": row.signer,
            "function": row.signer_function,
            "moment": row.signed_at,
            "terms": agreed.record() if agreed else None,
            "text": row.signed_text,
            "sha256": row.digest,
        },
        "countersigned": {"by": row.countersigned_by, "moment": row.countersigned_at},
        "ended": row.ended_at,
    }


def _round(session: Session, key: str, name: str) -> dict[str, Any]:
    round_ = own_views.require_round(session, key, name)
    asked = next(each for each in burden.of_round(session, name) if each.advertiser == key)
    return {
        "round": name,
        "closed": round_.closed_at,
        "load": {
            "letters": asked.letters,
            "answers": asked.answers,
            "minutes_assumed": asked.minutes,
            "viewings": asked.viewings,
            "viewings_given_back": asked.given_back,
        },
        "tests": [_test(each) for each in own_views.pairs(session, key, round_)],
        "released": _released(session, key, round_),
        **_after(session, key, name),
    }


def _released(session: Session, key: str, round_: Round) -> list[dict[str, Any]]:
    """The own report as it was frozen with each version that went out."""
    gone_out = [each for each in releasing.versions(session, round_) if each.released_at is not None]
    found = ((each, releasing.reports(session, each, key).get(key)) for each in gone_out)
    return [
        {"version": version.number, "seal": version.seal, "report": json.loads(report.content)}
        for version, report in found
        if report
    ]


def _after(session: Session, key: str, name: str) -> dict[str, Any]:
    """What was agreed after a round, and what the register says."""
    found = followup.of_office(session, key, name)
    return {
        "actions": [
            {
                "action": each.action,
                "due": each.due,
                "proposed": each.proposed_at,
                "agreed": each.agreed_at,
                "done": each.done_on,
                "note": each.note,
                "withdrawn": each.withdrawn_at,
            }
            for each in found.actions
        ],
        "follow_up": [{"kind": each.kind.value, "day": each.day} for each in found.entries],
    }


def _test(pair: OwnPair) -> dict[str, Any]:
    told = {"dwelling": f"{pair.street}, {pair.city}", "first_week_from": pair.first, "last_week_until": pair.last}
    if (note := pair.note) is None:
        return {**told, "note": None}
    said = {"choice": note.choice, "text": note.text, "written": note.written_at}
    return {**told, "note": {**said, "accepted": note.accepted, "reason": note.reason}}
