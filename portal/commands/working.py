"""The processes without pages, one at a time for production; they know nothing of the pages, which weigh most."""

from datetime import datetime

from orchestrator import logs
from orchestrator.control import live_round, read_clock, set_clock
from orchestrator.db import Database
from orchestrator.enrolment import ZONE
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.ticking import with_redis
from profiles.errors import BadInput, Problem, Refused
from workers import runtime
from workers.app import QUEUES, configure
from workers.channels.choose import channels
from workers.inbox.listener import Listener
from workers.runtime import Runtime


def worker(queue: str, processes: int = 1) -> None:
    """Run one Celery worker for one queue; the inbox worker listens for mail as well.

    With more than one process the tasks run in children, each with a runtime of its own, that are replaced when they
    die; this process then only hands out the ticks.
    """
    if queue not in QUEUES:
        remedy = f"Kies uit: {', '.join(QUEUES)}."
        raise BadInput(Problem("unknown-queue", "Deze wachtrij bestaat niet.", found=queue, remedy=remedy))
    settings = with_redis()
    logs.configure(settings, f"worker-{queue}")
    here = open_runtime(settings)
    runtime.use(here)
    here.dispatcher.watch_clock()  # a jump counts from here on, also before the first tick
    app = configure(settings)
    pool = ["--pool=solo"] if processes == 1 else ["--pool=prefork", f"--concurrency={processes}"]
    # Workers have nothing to tell each other: asking around would only keep a restarted one from its work.
    alone = ["--without-mingle", "--without-gossip"]
    arguments = ["worker", "-Q", queue, *pool, "-n", f"{queue}@%h", "--loglevel=WARNING", *alone]
    if queue != "inbox":
        app.worker_main(arguments)
        return
    listener = Listener(here.database, here.clock, settings.listen_host, settings.listen_port)
    listener.start()
    try:
        app.worker_main(arguments)
    finally:
        listener.stop()


def open_runtime(settings: Settings, speed: float = 1.0, begin: str | None = None) -> Runtime:
    """Open the house; with a ``speed`` above 1 on a clock that begins at ``begin`` (now when None).

    Raises `Refused` when its letters could leave this machine while live sending is not allowed.
    """
    channels(settings)  # refuses here, in words, rather than in every tick of a worker
    database = house.open_database(settings)
    _must_be_real(settings, database)
    if speed != 1.0:
        start = _moment(begin) if begin else read_clock(database).now()
        with database.writing() as session:
            set_clock(session, start, speed)
    return Runtime.open(settings)


def _must_be_real(settings: Settings, database: Database) -> None:
    """Raise `Refused` when a live round goes on and its letters would not truly be sent from here."""
    with database.reading() as session:
        live = live_round(session)
    if live and settings.pretends:
        message = f"Ronde '{live}' is echt, maar haar brieven zouden niet echt uitgaan. {settings.pretends}"
        raise Refused("live-detour", message, "Haal die instelling weg, of sluit eerst de ronde.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "Schrijf bijvoorbeeld 2026-09-07 of 2026-09-07T08:30."
        raise BadInput(Problem("bad-date", "Dit is geen datum.", found=text, remedy=remedy)) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
