"""Where the pages of the setup get what they show, and how they change it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from orchestrator import drafts, enrolment, limits, mail_trips, planned, readiness, retests, views
from orchestrator.assignment import select_listings
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.design import Design, from_canonical
from orchestrator.design.changes import Change, changes, lines
from orchestrator.design.reading import examine, file_of
from orchestrator.fitting import check_intake
from orchestrator.intake import ListingRow, Participant, limited, parse_listings, parse_participants
from orchestrator.models import Draft, MailTrip, Round
from orchestrator.planned import Preview, Version
from orchestrator.readiness import Item
from orchestrator.rounds import lifecycle, likeness, lookup
from orchestrator.settings import Settings
from orchestrator.states import ROUND_ENDED, RoundState
from portal.commands.names import bank_of
from portal.web.kept import Kept
from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem, Refused
from results import planning_figures
from workers.channels import trial_mail
from workers.channels.transport import TransportError

PREVIEWED = 20
KEPT = 12
SEED = "seed"
AMENDABLE = (*ROUND_ENDED, RoundState.APPROVED, RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING)


@dataclass(frozen=True)
class Checked:
    """The text of a design, read: its data, and the design when nothing is wrong with it."""

    data: dict[str, Any]
    design: Design | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Frame:
    """Who and what can be tested: None where a file is missing or cannot be read."""

    participants: int | None
    listings: int | None
    testable: int | None
    refused: dict[str, int]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Tab:
    """The setup of a round as its tab shows it."""

    round: Round
    design: Design
    lines: tuple[str, ...]
    items: tuple[Item, ...]
    versions: tuple[Version, ...]
    letters: tuple[Preview, ...]
    trip: MailTrip | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Setup:
    """Drafts and plans in the installation's database; each call has a session of its own."""

    database: Database
    clock: Clock
    settings: Settings
    parities: Kept[Item] = field(default_factory=lambda: Kept(KEPT))

    def bank(self) -> Catalogue:
        return bank_of(self.settings)

    def check(self, text: str) -> Checked:
        """Read the text of a design; raises BadInput for what is no YAML, or has no keys."""
        return _checked(text, tuple(sorted(self.bank().sets.items())))

    def drafts(self) -> Sequence[Draft]:
        with self.database.reading() as session:
            return drafts.everything(session)

    def round_names(self) -> tuple[str, ...]:
        with self.database.reading() as session:
            return tuple(dict.fromkeys(each.name for each in views.summaries(session)))

    def draft(self, name: str) -> Draft:
        with self.database.reading() as session:
            return drafts.find(session, name)

    def create(self, name: str, begin: str, actor: str) -> str:
        """Begin a draft from the ``begin`` "voorbeeld" or "leeg", else from the round of that name."""
        seed = secrets.randbelow(10**9)
        with self.database.writing() as session:
            if begin in _BEGINS:
                texts = _BEGINS[begin](name, seed)
            else:
                texts = drafts.copied(session, lookup.find(session, begin), name, seed)
            return drafts.create(session, name, texts, actor, self.clock.now()).name

    def amend(self, round_name: str, actor: str) -> str:
        """Begin, or go on with, the next version of a round."""
        with self.database.writing() as session:
            round_ = lookup.find(session, round_name)
            name = f"{round_.name[:50]}-v{round_.version + 1}"
            known = {each.name for each in drafts.everything(session) if each.amends == round_.name}
            if name not in known:
                texts = drafts.amended(session, round_)
                drafts.create(session, name, texts, actor, self.clock.now(), amends=round_.name)
            return name

    def save(self, name: str, version: int, actor: str, **texts: str) -> None:
        with self.database.writing() as session:
            drafts.save(session, name, version, actor, self.clock.now(), **texts)

    def drop(self, name: str) -> None:
        with self.database.writing() as session:
            drafts.drop(session, name)

    def frame(self, draft: Draft, design: Design | None) -> Frame:
        with self.database.reading() as session:
            return _frame(session, draft, design)

    def amendment(self, design: Design) -> tuple[Round, tuple[Change, ...]] | None:
        """Return the earlier version that a design would replace, and what it changes; None for a first version."""
        with self.database.reading() as session:
            there = lookup.latest(session, design.round)
        if there is None or there.version >= design.version:
            return None
        return there, changes(from_canonical(there.design), design)

    def plan(self, name: str, version: int, actor: str, reason: str) -> str:
        """Plan the round of a draft; return the name of the round."""
        with self.database.writing() as session:
            return drafts.plan(
                session, name, version, actor, self.clock.now(), bank=self.bank(), live=self.settings.live,
                reason=reason,
            ).name  # fmt: skip

    def tab(self, round_name: str, *, with_text: bool) -> Tab:
        """Tell of a planned round; without the texts also without the seed, from which each can be drawn again."""
        with self.database.reading() as session:
            round_ = lookup.find(session, round_name)
            design = from_canonical(round_.design)
            items = readiness.checklist(
                session, round_, planning_figures.of_round(session, round_name), self._parity(session, round_)
            )
            letters = planned.next_letters(session, round_, PREVIEWED, with_text=with_text)
            told = planned.versions(session, round_name)
            trip = mail_trips.newest(session, design.letters.domain)
            before = lookup.version(session, round_name, round_.version - 1)
            differs = changes(from_canonical(before.design), design) if before else ()
            if not with_text:
                differs = tuple(each for each in differs if each.key != SEED)
            frozen = tuple(each for each in lines(design) if with_text or not each.startswith(f"{SEED}: "))
            return Tab(round_, design, frozen, items, told, letters, trip, differs)

    def _parity(self, session: Session, round_: Round) -> Item:
        """Of a round of ten thousand pairs it takes twelve seconds, so it is kept for each plan."""
        key = (round_.state, *likeness.plan_of(round_))
        return self.parities.get(key, lambda: readiness.parity_of(session, round_))

    def approve(self, round_name: str, actor: str) -> None:
        with self.database.reading() as session:
            checked = lifecycle.alike(session, round_name, actor)
        with self.database.writing() as session:
            power = planning_figures.of_round(session, round_name)
            lifecycle.approve(session, round_name, actor, self.clock.now(), power, checked)

    def start(self, round_name: str, actor: str) -> None:
        live, pretends = self.settings.live, self.settings.pretends
        with self.database.writing() as session:
            lifecycle.start(session, round_name, actor, self.clock.now(), live=live, pretends=pretends)

    def state(self, round_name: str) -> RoundState:
        with self.database.reading() as session:
            return lookup.find(session, round_name).state

    def waive(self, round_name: str, actor: str, reason: str) -> None:
        with self.database.writing() as session:
            readiness.waive(session, round_name, actor, self.clock.now(), reason)

    def send_trial(self, round_name: str, actor: str) -> None:
        """Mail ourselves; what comes of it stands in the list. Raises `Refused` where no mail leaves."""
        trial_mail.require_mail(self.settings)
        with self.database.writing() as session:
            trip = mail_trips.begin(session, round_name, actor, self.clock.now(), secrets.token_hex(8))
        try:
            trial_mail.send(self.settings, mail_trips.address(trip), trip.message_id)
        except TransportError as error:
            with self.database.writing() as session:
                mail_trips.failed(session, trip.message_id, str(error))


_BEGINS = {"voorbeeld": drafts.example, "leeg": drafts.blank}


@lru_cache(maxsize=64)
def _checked(text: str, sets: tuple[tuple[str, Any], ...]) -> Checked:
    file = file_of(text, drafts.DESIGN)
    design, problems = examine(file, dict(sets))
    return Checked(file.data, design, tuple(problems))


def _frame(session: Session, draft: Draft, design: Design | None) -> Frame:
    try:
        participants, listings = _people(draft), _homes(draft)
    except BadInput as error:
        return Frame(None, None, None, {}, error.problems)
    counts = (len(participants) if participants else None, len(listings) if listings else None)
    if design is None or not participants or not listings:
        return Frame(*counts, None, {}, ())
    participants = enrolment.as_signed(session, participants, design.schedule.first_day, design.schedule.last_day)
    if problems := check_intake(design, participants, listings):
        return Frame(*counts, None, {}, problems)
    try:
        agreed = retests.sampled(session, design, listings)
    except Refused as error:
        return Frame(*counts, None, {}, (error.problem,))
    found = select_listings(design, participants, listings, limits.used_up(session, limited(participants)), agreed)
    refused: dict[str, int] = {}
    for each in found.refused:
        refused[each.reason.value] = refused.get(each.reason.value, 0) + 1
    return Frame(*counts, len(found.chosen), refused, ())


def _people(draft: Draft) -> tuple[Participant, ...]:
    return parse_participants(draft.participants, drafts.PARTICIPANTS) if draft.participants else ()


def _homes(draft: Draft) -> tuple[ListingRow, ...]:
    people = _people(draft)
    return parse_listings(draft.listings, drafts.LISTINGS, people) if draft.listings and people else ()
