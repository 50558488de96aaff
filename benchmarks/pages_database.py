"""A large installation to measure pages on: many rounds as the record keeps them, stored in bulk and counted."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from orchestrator import tallies
from orchestrator.addresses import index_of
from orchestrator.bulk import Row, insert_all, survey
from orchestrator.db import Database, Session
from orchestrator.design import Design, canonical, digest, read_design
from orchestrator.enrolment import ZONE
from orchestrator.intake import AdvertiserKind, Channel
from orchestrator.models import Advertiser, Decline, Enrolment, Inquiry, Listing, Pair, Reply, Round, Study
from orchestrator.sealing import sealed_rows
from orchestrator.states import CodedBy, LetterState, PairState, RoundState
from profiles.pairs import BOTH, Arm

EXAMPLE = Path(__file__).parents[1] / "examples" / "amersfoort-2026" / "round.yaml"
FIRST, LAST = date(2026, 9, 7), date(2026, 10, 9)
NOW = datetime(2026, 9, 23, 10, 0, tzinfo=UTC)
"""Half way the running round, on a working day."""

DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
WORKDAYS = [day for day in DAYS if day.weekday() < 5]
BODY = "Beste verhuurder,\n\nGraag kom ik de woning aan de {street} bekijken. Kan dat?\n\n" + "Met groet.\n" * 12
PAIRS_PER_ADVERTISER = 25
ANSWERED, INVITED = 0.6, 0.5
UNCODED_PER = 100
_STUDY = (
    "name", "commissioner", "legal_basis", "ethics_reference", "dpia_reference", "purpose", "retention_months",
)  # fmt: skip
FINAL = ("UITNODIGING", "AL_VERHUURD")


@dataclass(frozen=True)
class Wave:
    """One round: its name and state, and how many days its calendar lies from that of the running one."""

    name: str
    state: RoundState
    shift: timedelta

    @property
    def ended(self) -> bool:
        return self.state is RoundState.CLOSED


CLOSED = Wave("dicht", RoundState.CLOSED, timedelta(weeks=-12))


def waves() -> list[Wave]:
    """Seven rounds that were closed in turn, one that collects, one that runs, one that waits for its start."""
    closed = [Wave(f"dicht-{number}", RoundState.CLOSED, timedelta(weeks=-6 * (9 - number))) for number in range(1, 8)]
    return [
        *closed,
        Wave("verzamelt", RoundState.COLLECTING, timedelta(weeks=-5)),
        Wave("loopt", RoundState.RUNNING, timedelta()),
        Wave("straks", RoundState.APPROVED, timedelta(weeks=6)),
    ]


def fill(database: Database, inquiries: int, all_waves: Sequence[Wave] = ()) -> None:
    """Fill an empty database with so many inquiries in ten rounds, or in these, and count them."""
    chance, design, all_waves = random.Random(2026), read_design(EXAMPLE), all_waves or waves()  # noqa: S311 - nothing to guess
    pairs = inquiries // len(all_waves) // 2
    with database.writing() as session:
        study, addresses = _house(session, design, pairs)
        for number, wave in enumerate(all_waves):
            _wave(session, wave, design, study, number * pairs, pairs, addresses, chance)
    with database.writing() as session:
        tallies.rebuild(session)
        survey(session)


def _house(session: Session, design: Design, pairs: int) -> tuple[int, list[str]]:
    """The number of the study, and the fingerprint of the address of each office."""
    study = Study(**{name: getattr(design.study, name) for name in _STUDY})
    session.add(study)
    session.flush()
    advertisers = max(1, pairs // PAIRS_PER_ADVERTISER)
    offices = [_advertiser(session, number) for number in range(1, advertisers + 1)]
    insert_all(session, Advertiser, sealed_rows(session, Advertiser, offices))
    began, ends = NOW - timedelta(weeks=80), NOW + timedelta(weeks=40)
    consent = {"purpose": design.study.purpose, "valid_from": began, "valid_until": ends}
    insert_all(session, Enrolment, ({"advertiser_id": each, **consent} for each in range(1, advertisers + 1)))
    insert_all(session, Listing, (_listing(each, advertisers) for each in range(1, pairs + 1)))
    return study.id, [str(office["email_index"]) for office in offices]


def _advertiser(session: Session, number: int) -> Row:
    email = f"verhuur@kantoor-{number}.example"
    return {
        "id": number, "key": f"adv-{number:05}", "name": f"Makelaardij {number}", "kind": AdvertiserKind.BROKER,
        "email": email, "email_index": index_of(session, email), "domain": f"kantoor-{number}.example",
        "channel": Channel.SMTP,
    }  # fmt: skip


def _listing(number: int, advertisers: int) -> Row:
    return {
        "id": number, "key": f"w-{number}", "advertiser_id": 1 + _office_of(number, advertisers),
        "street": f"Proefstraat {number}",
        "postcode": "3811 AB", "city": "Amersfoort", "district": f"Wijk {number % 12}", "rent": 1200, "rooms": 3,
        "reference": f"REF-{number}", "url": "",
    }  # fmt: skip


def _office_of(listing: int, offices: int) -> int:
    """The place of the office that offers a listing: the listings of one follow each other, and so do their days."""
    return listing // PAIRS_PER_ADVERTISER % offices


def _wave(
    session: Session, wave: Wave, design: Design, study: int, before: int, pairs: int, addresses: Sequence[str],
    chance: random.Random,
) -> None:  # fmt: skip
    # Every working day of five weeks each office has a pair.
    most = {"sample": {"per_advertiser": PAIRS_PER_ADVERTISER}, "schedule": {"per_advertiser_week": 5}}
    parts = {name: getattr(design, name).model_copy(update=told) for name, told in most.items()}
    own = design.model_copy(update={"round": wave.name, **parts})
    moved = NOW - timedelta(weeks=6) + wave.shift
    closed = moved + timedelta(weeks=10) if wave.ended else None
    round_ = Round(
        study_id=study, name=wave.name, version=1, design=canonical(own), digest=digest(own), state=wave.state,
        planned_by="r.visser", planned_at=moved, approved_by="m.dekker", approved_at=moved,
        started_at=None if wave.state is RoundState.APPROVED else moved, closed_at=closed,
    )  # fmt: skip
    session.add(round_)
    session.flush()
    numbers = range(before + 1, before + pairs + 1)
    insert_all(session, Pair, (_pair(number, number - before, round_.id, wave, chance) for number in numbers))
    letters = [each for number in numbers for each in _letters(number, number - before, wave, addresses, chance)]
    insert_all(session, Inquiry, letters)
    _answers(session, wave, [each for each in letters if each["state"] is LetterState.SENT], chance)


def _pair(number: int, place: int, round_id: int, wave: Wave, chance: random.Random) -> Row:
    state = PairState.USABLE if wave.ended else PairState.OPEN
    return {
        "id": number, "round_id": round_id, "listing_id": place, "code": f"P-{place:05}",
        "first": chance.choice(BOTH), "state": state, "turn": place, "place": place,
    }  # fmt: skip


def _letters(
    number: int, place: int, wave: Wave, addresses: Sequence[str], chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Both letters of a pair, the second some hours after the first."""
    day = WORKDAYS[place % len(WORKDAYS)]
    first = datetime.combine(day, time(9), ZONE).astimezone(UTC) + wave.shift
    at = first + timedelta(minutes=chance.randrange(200))
    arms = chance.sample(BOTH, 2)
    office = _office_of(place, len(addresses))
    for order, arm in enumerate(arms, start=1):
        letter = _letter(2 * number - 2 + order, number, place, addresses[office], arm, order, at, wave, chance)
        yield letter | {"advertiser_id": 1 + office}
        at += timedelta(minutes=120 + chance.randrange(120))


def _letter(
    id_: int, pair: int, place: int, address: str, arm: Arm, order: int, at: datetime, wave: Wave,
    chance: random.Random,
) -> dict[str, Any]:  # fmt: skip
    sent = wave.state is not RoundState.APPROVED and at < NOW
    first, last = (("Emma", "de Vries"), ("Samira", "El Amrani"))[BOTH.index(arm)]
    name = {"first": first, "last": f"{last} {pair % 50}", "name_set": ("dutch", "moroccan")[BOTH.index(arm)]}
    return {
        "id": id_, "pair_id": pair, "arm": arm, "order": order, "gap": timedelta(hours=2 * (order - 1)),
        "variant": f"v{chance.randrange(8)}", "profile": {"name": name}, "sender_name": f"{first} {name['last']}",
        "reply_address": f"{id_}@woonpost.example", "state": LetterState.SENT if sent else LetterState.PLANNED,
        "channel": Channel.SMTP, "address_index": address, "domain": "kantoor.example",
        "message_id": f"<{id_}@woonpost.example>", "subject": "Woning",
        "body": BODY.format(street=f"Proefstraat {place}"),
        "planned_at": at, "not_after": at + timedelta(days=2),
        "sent_at": at + timedelta(seconds=chance.randrange(90)) if sent else None,
    }  # fmt: skip


def _answers(session: Session, wave: Wave, sent: list[dict[str, Any]], chance: random.Random) -> None:
    answered = [each for each in sent if chance.random() < ANSWERED]
    replies = [_reply(place, each, wave, chance) for place, each in enumerate(answered)]
    insert_all(session, Reply, replies) if replies else None
    invited = [each for each in replies if each["label"] == FINAL[0]]
    insert_all(session, Decline, map(_decline, invited)) if invited else None


def _reply(place: int, letter: Mapping[str, Any], wave: Wave, chance: random.Random) -> dict[str, Any]:
    label = FINAL[0] if chance.random() < INVITED else FINAL[1]
    coded = wave.ended or place % UNCODED_PER
    return {
        "inquiry_id": letter["id"], "received_at": letter["sent_at"] + timedelta(hours=1 + chance.randrange(100)),
        "message_id": f"<r{letter['id']}@kantoor.example>", "kind": "human",
        "proposal": label, "rule": 3, "confidence": 0.95, "label": label if coded else None,
        "coded_by": CodedBy.RULE if coded else None,
    }  # fmt: skip


def _decline(reply: Mapping[str, Any]) -> Row:
    at = reply["received_at"] + timedelta(hours=2)
    sent = at < NOW
    number = reply["inquiry_id"]
    return {
        "inquiry_id": number, "in_reply_to": reply["message_id"], "channel": Channel.SMTP, "domain": "kantoor.example",
        "state": LetterState.SENT if sent else LetterState.PLANNED, "address_index": f"{number:020}",
        "message_id": f"<d{number}@woonpost.example>", "subject": "Woning", "body": "Dank, maar nee.",
        "planned_at": at, "not_after": at + timedelta(days=5), "sent_at": at if sent else None,
    }  # fmt: skip
