"""From a design and its files to a diagnosis: plan by the real functions, answer many rounds, then one by mail."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from orchestrator import planned
from orchestrator.chance import generator
from orchestrator.db import Database
from orchestrator.design import Calendar, Design, Mode, read_design
from orchestrator.intake import Channel, ListingRow, Participant, read_listings, read_participants
from orchestrator.planned import PlannedRound
from orchestrator.rounds import lifecycle, planning
from orchestrator.schema import prepare
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.outputs import write_files
from portal.demo import stage
from portal.demo.play import Playing
from portal.demo.play import play as play_by_mail
from portal.demo.ports import free_port
from portal.rehearsal import files
from portal.rehearsal.files import Replies
from profiles.errors import BadInput, Problem, Refused
from profiles.pairs import Arm
from results import tables
from results.diagnosis import Answers, Diagnosis, Sample, answers_of, diagnose
from results.statistics import Counts
from results.tables import RoundTable

RESEARCHER, REVIEWER = "onderzoeker (oefening)", "toetser (oefening)"


@dataclass(frozen=True)
class Wishes:
    """What is assumed of the market, and how it is played; shares are proportions, ``seconds`` are of the wall.

    ``out`` is the folder for the round by mail; None makes one with the time in its name.
    """

    bias: float
    base: tuple[float, float]
    shared: float
    carriers: float
    doubts: float
    uncertain: float
    rounds: int
    mail: bool
    seconds: float
    out: Path | None

    @property
    def temper(self) -> tuple[str, ...]:
        """The assumptions as options of the market."""
        low, high = self.base
        rest = ("--shared", self.shared, "--carriers", self.carriers, "--doubts", self.doubts)
        return tuple(str(part) for part in ("--base", low, high, *rest))


@dataclass(frozen=True)
class Mail:
    """How the one round through real mail ended.

    ``predicted`` pairs are usable both there and in the same round without mail, ``same`` of these have the same
    outcome in both; ``excluded`` is by reason.
    """

    folder: Path
    letters: int
    sent: int
    counts: Counts
    excluded: dict[str, int]
    deferred: int
    predicted: int
    same: int


@dataclass(frozen=True)
class Rehearsal:
    """Everything that was found; ``mail`` is None when no mail was wanted."""

    design: Design
    plan: PlannedRound
    wishes: Wishes
    diagnosis: Diagnosis
    mail: Mail | None


def rehearse(
    design_path: Path,
    participants_path: Path,
    listings_path: Path,
    wishes: Wishes,
    out: Console,
    found_first: Callable[[Rehearsal], None],
) -> Rehearsal:
    """Try a design out; raises `BadInput` or `Refused` for what cannot be planned or played.

    ``found_first`` is told the diagnosis before any mail goes: a round by mail takes long, and may not come to its end.
    Always in a database of its own, as a rehearsal, and without the feeds of the design: nothing leaves this machine.
    """
    check_wishes(wishes)
    design = _harmless(read_design(house.must_exist(design_path)))
    people = read_participants(house.must_exist(participants_path))
    listings = read_listings(house.must_exist(listings_path), people)
    http_port = free_port()
    people = tuple(_answered_here(each, http_port) for each in people)
    with _folder(wishes) as name:
        folder = Path(name)
        database = Database.at(f"sqlite:///{folder / 'praktijktest.db'}")
        plan = _plan(database, design, people, listings)
        inputs = folder / "markt"
        inputs.mkdir()
        files.write_world(inputs, people, listings)
        files.write_letters(inputs, plan.pairs)
        sample, biased, fair = _played(inputs, design, plan, wishes)
        found = diagnose(sample, biased, fair, bias=wishes.bias, level=design.analysis.level)
        out.print(f"{wishes.rounds} rondes gespeeld, en evenveel op een markt zonder verschil.", highlight=False)
        done = Rehearsal(design, plan, wishes, found, None)
        found_first(done)
        if wishes.mail:
            playing = Playing(folder, inputs, design.seed, wishes.bias, http_port, wishes.seconds, wishes.temper, out)
            done = replace(done, mail=_by_mail(database, design, playing, plan, biased))
        database.engine.dispose()
    return done


def check_wishes(wishes: Wishes) -> None:
    """Refuse what no market can have, with a name for each thing that is wrong."""
    low, high = wishes.base
    wrong = []
    if not 0 < low <= high <= 1:
        told = "Dit zijn geen kansen op een uitnodiging."
        wrong.append(Problem("impossible-base", told, found=f"{low:g} {high:g}", remedy="Schrijf --base 0.35 0.6."))
    elif not 0 <= wishes.bias <= low:
        told = "Het verschil kan niet groter zijn dan de laagste kans op een uitnodiging."
        remedy = f"Kies met --bias een waarde van 0 tot en met {low:g}, of een hogere --base."
        wrong.append(Problem("impossible-bias", told, found=f"{wishes.bias:g}", remedy=remedy))
    shares = {"shared": wishes.shared, "carriers": wishes.carriers, "doubts": wishes.doubts,
              "uncertain": wishes.uncertain}  # fmt: skip
    for name, value in shares.items():
        most = 0.9 if name == "doubts" else 1
        if not 0 <= value <= most:
            remedy = f"Kies een waarde van 0 tot en met {most:g}."
            wrong.append(Problem("not-a-share", f"--{name} is geen aandeel.", found=f"{value:g}", remedy=remedy))
    if wrong:
        raise BadInput(wrong)


def _harmless(design: Design) -> Design:
    sample = design.sample.model_copy(update={"feeds": ()})
    return design.model_copy(update={"mode": Mode.REHEARSAL, "sample": sample})


def _answered_here(participant: Participant, http_port: int) -> Participant:
    """Give an advertiser with a form the simple form of the market, whatever its own looks like."""
    if participant.channel is not Channel.WEBFORM:
        return participant
    return replace(participant, form_url=f"http://127.0.0.1:{http_port}/formulier/{participant.advertiser}", form=None)


def _folder(wishes: Wishes) -> AbstractContextManager[str | Path]:
    if not wishes.mail:
        return TemporaryDirectory()
    now = datetime.now(UTC).astimezone()
    wish = wishes.out or Path(f"praktijktest-oefening-{now:%Y%m%d-%H%M%S}")
    return nullcontext(stage.make_folder(wish, now))


def _plan(
    database: Database, design: Design, people: Sequence[Participant], listings: Sequence[ListingRow]
) -> PlannedRound:
    prepare(database)
    with database.writing() as session:
        planning.plan(session, design, people, listings, actor=RESEARCHER, now=_before(design))
        plan = planned.of_round(session, design.round)
    if all(pair.sham for pair in plan.pairs):
        told = "De loting geeft geen enkele test die twee groepen vergelijkt."
        raise Refused("nothing-to-compare", told, "Geef meer advertenties, een langere periode of minder schijntests.")
    return plan


def _before(design: Design) -> datetime:
    return Calendar(design.schedule).first - timedelta(days=3)


def _played(inputs: Path, design: Design, plan: PlannedRound, wishes: Wishes) -> tuple[Sample, Answers, Answers]:
    """The sample, and the answers of the assumed market and of one that treats everybody alike."""
    sample = Sample(
        tuple(pair.advertiser for pair in plan.pairs),
        tuple(pair.district or "Wijk onbekend" for pair in plan.pairs),
        tuple(pair.sham is not None for pair in plan.pairs),
        design.question.letters,
        tuple(list(Arm).index(pair.first) for pair in plan.pairs) if design.question.letters == 1 else (),
    )
    rng = generator(design.seed, "rehearse", "uncertain")
    uncertain = rng.random((wishes.rounds, sample.size)) < wishes.uncertain

    def answers(bias: float) -> Answers:
        replies = files.market_rounds(inputs, rounds=wishes.rounds, seed=design.seed, bias=bias, temper=wishes.temper)
        if bias:
            _must_hear(replies, sample)
        positive, days = design.outcome.positive, design.outcome.response_days
        return answers_of(
            replies.kinds, replies.rounds, sample, positive=positive, response_days=days, uncertain=uncertain
        )

    return sample, answers(wishes.bias), answers(0.0)


def _must_hear(replies: Replies, sample: Sample) -> None:
    """Refuse a design whose two groups sound alike to the market: it would show no difference, and mean nothing."""
    heard = np.zeros(sample.wrote.shape, dtype=bool)
    heard[sample.wrote] = replies.dutch
    real = sample.wrote & sample.real[:, None]
    unlike = (heard & real)[:, 0].any() and (real & ~heard)[:, 1].any()
    if not sample.writers:
        unlike = (real[:, 0] & heard[:, 0] & ~heard[:, 1]).any()
    if not unlike:
        told = (
            "De gesimuleerde markt maakt alleen verschil tussen Nederlands klinkende en andere namen; deze opzet niet."
        )
        raise Refused(
            "market-hears-no-difference", told, "Gebruik --bias 0: dan blijft over wat er zonder verschil uitkomt."
        )


def _by_mail(database: Database, design: Design, playing: Playing, plan: PlannedRound, biased: Answers) -> Mail:
    """Approve the round, play it through real mail, and hold it against the first round without mail."""
    with database.writing() as session:
        lifecycle.approve(session, design.round, REVIEWER, _before(design) + timedelta(days=1))
    play_by_mail(Settings.from_env(), database, design, playing)
    with database.reading() as session:
        table = tables.load(session, design.round)
    write_files(table, playing.folder)
    predicted, same = compared(table, plan, biased)
    return Mail(
        folder=playing.folder,
        letters=sum(len(pair.letters) for pair in plan.pairs),
        sent=table.facts.sent,
        counts=tables.counts(row for row in table.rows if not row.sham),
        excluded=tables.excluded(row for row in table.rows if not row.sham),
        deferred=table.facts.deferred,
        predicted=predicted,
        same=same,
    )


def compared(table: RoundTable, plan: PlannedRound, biased: Answers) -> tuple[int, int]:
    """How many pairs are usable in the round by mail and in the same round without, and how many of them agree."""
    places = {pair.pair: place for place, pair in enumerate(plan.pairs)}
    both = [
        (row.invited(Arm.CONTROL), row.invited(Arm.TREATMENT))
        == tuple(biased.positive[0, places[row.pair], :2].tolist())
        for row in table.rows
        if row.state == "usable" and biased.excluded[0, places[row.pair]] < 0
    ]
    return len(both), sum(both)
