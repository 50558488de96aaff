"""The demo, act by act: stage, plan, send and answer, close, report."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from orchestrator import views
from orchestrator.clock import Clock
from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.design import Calendar, Design, read_design
from orchestrator.forms_file import with_forms
from orchestrator.intake import read_listings, read_participants
from orchestrator.rounds import holds, lifecycle, planning
from orchestrator.schema import prepare
from orchestrator.settings import SecondFactor, Settings
from orchestrator.states import RoundState
from portal.commands import people
from portal.commands.outputs import print_results, write_files, write_reports
from portal.demo import stage
from portal.demo.coders import code_waiting
from portal.demo.ports import free_port
from profiles.errors import PraktijktestError
from results import files, tables
from results.reports import Audience
from results.tables import RoundTable
from workers.embedded import Embedded
from workers.ports import must_be_free
from workers.runtime import Runtime

RESEARCHER, REVIEWER = "onderzoeker (demo)", "toetser (demo)"
TICK_SCALE = 0.2
POLL_SECONDS = 0.4
PATIENCE_SECONDS = 90.0
"""A round in which nothing changes for so long is stuck; a slow machine only takes longer."""

GRACE_SECONDS = 900.0
"""On a clock that runs a day a second, a busy machine is weeks late: the demo's letters go all the same."""

STAGES = ("gepland", "verzonden", "beantwoord", "gecodeerd")

out = Console(soft_wrap=True)


class Stuck(PraktijktestError):
    """The round did not come to its end."""


@dataclass(frozen=True)
class Wishes:
    """What a user may vary; ``bias`` a proportion, ``seconds`` how long the six weeks last on the wall."""

    seed: int
    pairs: int
    bias: float
    out: Path | None
    serve: bool
    seconds: float


@dataclass(frozen=True)
class Playing:
    """How an approved round is played through real mail on a market of its own.

    ``inputs`` holds the participants and listings as the market reads them, ``temper`` further options of the market;
    ``console`` shows the progress.
    """

    folder: Path
    inputs: Path
    seed: int
    bias: float
    http_port: int
    seconds: float
    temper: tuple[str, ...] = ()
    console: Console = out


def run(wishes: Wishes) -> None:
    """Play the round and write its outputs; with ``serve`` stay up and show them."""
    began = time.monotonic()
    settings = Settings.from_env()
    if wishes.serve:
        must_be_free(settings.web_host, settings.web_port, "PRAKTIJKTEST_WEB_PORT")
    folder = stage.make_folder(wishes.out, datetime.now(UTC).astimezone())
    http_port = free_port()
    inputs = stage.copy_example(folder, wishes.seed, wishes.pairs, http_port)
    database = Database.at(f"sqlite:///{folder / 'praktijktest.db'}")
    prepare(database)
    out.print(f"Database en rapporten komen in [bold]{folder}[/].")
    design = _plan(database, inputs)
    playing = Playing(folder, inputs, wishes.seed, wishes.bias, http_port, wishes.seconds)
    here, market = play(settings, database, design, playing)
    table = _load(database, design.round)
    truth = {"net_discrimination": market.truth["net_discrimination"]}
    _write(table, folder, truth)
    print_results(files.results_of(table, truth), f"{design.round} (zaad {wishes.seed})")
    _tell(table, folder)
    _tell_lateness(here, design.round)
    out.print(f"Klaar in {time.monotonic() - began:.0f} seconden.")
    if wishes.serve:
        from portal.commands.running import serve  # the pages are slow to import

        out.print(f"Pagina's: {settings.site}/   Stop met Ctrl-C.")
        people.welcome(here.database, settings)
        # Whoever looks around in a round of simulated people needs no app on a phone; it is never a live one.
        asks_a_link = here.settings.model_copy(update={"second_factor": SecondFactor.OFF})
        serve(replace(here, settings=asks_a_link), settings.web_host, settings.web_port)


def play(settings: Settings, database: Database, design: Design, playing: Playing) -> tuple[Runtime, stage.Market]:
    """Start an approved round, let it run to its close, and return where it ran and the market that answered."""
    reply_port = free_port()
    clock = _scaled_clock(database, design, playing.seconds)
    wish = (playing.inputs, playing.folder, clock, playing.seed, playing.bias, playing.http_port, reply_port)
    with stage.market(*wish, playing.temper) as market:
        here = Runtime(_loopback(settings, playing.folder, market.smtp_port, reply_port), database, clock)
        _start(database, design, clock)
        with Embedded(here, TICK_SCALE):
            _watch(here, design.round, playing.seconds, playing.console)
    return here, market


def _plan(database: Database, inputs: Path) -> Design:
    """Plan the example as a researcher and have a second person approve it."""
    path = inputs / "round.yaml"
    design = read_design(path)
    participants = with_forms(read_participants(inputs / "participants.csv"), inputs / "forms.yaml")
    listings = read_listings(inputs / "listings.csv", participants)
    before = Calendar(design.schedule).first - timedelta(days=3)
    with database.writing() as session:
        planning.plan(session, design, participants, listings, actor=RESEARCHER, now=before, path=path)
        lifecycle.approve(session, design.round, REVIEWER, before + timedelta(days=1))
    return design


def _scaled_clock(database: Database, design: Design, seconds: float) -> Clock:
    """Set the clock so that the whole round, answers included, takes so many seconds."""
    calendar = Calendar(design.schedule)
    begin = calendar.first - timedelta(hours=6)
    end = calendar.last + timedelta(days=design.outcome.response_days)
    with database.writing() as session:
        return set_clock(session, begin, (end - begin).total_seconds() / seconds)


def _start(database: Database, design: Design, clock: Clock) -> None:
    with database.writing() as session:
        lifecycle.start(session, design.round, RESEARCHER, clock.now(), live=False)


def _loopback(settings: Settings, folder: Path, smtp_port: int, listen_port: int) -> Settings:
    """The demo reaches the market on this machine and nobody else, whatever the environment says."""
    ours = {
        "data": folder, "database_url": None, "redis_url": None, "live": False, "redirect_all_to": None,
        "grace_seconds": GRACE_SECONDS,
        "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "listen_host": "127.0.0.1", "listen_port": listen_port,
    }  # fmt: skip
    return settings.model_copy(update=ours)


def _watch(here: Runtime, name: str, seconds: float, console: Console) -> None:
    """Show the progress and let the scripted coders work, until the round is closed."""
    before, deadline = None, 0.0
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars = {stage: progress.add_task(stage, total=None) for stage in STAGES}
        while True:
            seen = _seen(here, name)
            _show(progress, bars, seen)
            if seen.state == RoundState.CLOSED:
                return
            if (told := (seen.sent, seen.answered, seen.coded, seen.declines_sent, seen.state)) != before:
                before, deadline = told, time.monotonic() + PATIENCE_SECONDS + seconds
            if time.monotonic() > deadline:
                raise Stuck(
                    f"De ronde kwam niet tot een einde. {seen.why_waiting} Op een drukke machine helpt meer --seconds."
                )
            if seen.waiting_to_code:
                code_waiting(here.database, here.clock, name)
            for advertiser in seen.held:
                _lift(here, advertiser, console)
            time.sleep(POLL_SECONDS)


def _lift(here: Runtime, held: views.HeldAdvertiser, console: Console) -> None:
    """What a person would look at before, a script lifts at once: the market only pretends to notice."""
    with here.database.writing() as session:
        holds.lift(session, held.advertiser, RESEARCHER, here.clock.now())
    console.print(f"{held.name} kreeg een pauze. {held.reason} De onderzoeker van de demo, een script, hief haar op.")


def _seen(here: Runtime, name: str) -> views.Monitor:
    with here.database.reading() as session:
        return views.monitor(session, name, here.clock.now())


def _show(progress: Progress, bars: dict[str, TaskID], seen: views.Monitor) -> None:
    for name, done, total in (
        ("gepland", seen.planned, seen.planned),
        ("verzonden", seen.sent, seen.planned),
        ("beantwoord", seen.answered, seen.sent),
        ("gecodeerd", seen.coded, seen.coded + seen.waiting_to_code),
    ):
        progress.update(bars[name], completed=done, total=total)


def _load(database: Database, name: str) -> RoundTable:
    with database.reading() as session:
        return tables.load(session, name)


def _write(table: RoundTable, folder: Path, truth: dict[str, float]) -> None:
    write_files(table, folder, truth)
    for audience in Audience:
        shown = None if audience is Audience.BROKER else truth["net_discrimination"]
        write_reports(table, audience, folder / "rapporten", market_truth=shown)


def _tell_lateness(here: Runtime, name: str) -> None:
    with here.database.reading() as session:
        median, most = (late / here.clock.real(1) for late in views.lateness(session, name))
    out.print(f"Reacties gingen mediaan {median:.1f} en hooguit {most:.1f} seconden na hun geplande moment uit.")


def _tell(table: RoundTable, folder: Path) -> None:
    facts = table.facts
    out.print(
        f"{facts.sent} reacties verzonden, {facts.invitations} uitnodigingen, {facts.declines} afgemeld; "
        f"{facts.coded_by_rule} antwoorden gecodeerd door regels, {facts.coded_by_people} door de (gescripte) codeurs; "
        f"{facts.deferred} niet toegewezen."
    )
    out.print(f"Rapporten: {folder / 'rapporten'}   Cijfers: {folder / 'results.json'}, {folder / 'pairs.csv'}")
