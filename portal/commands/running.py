"""The processes: everything in one, or one at a time for production."""

from datetime import datetime

from rich.console import Console

from orchestrator import logs
from orchestrator.control import live_round, read_clock, set_clock
from orchestrator.db import Database
from orchestrator.enrolment import ZONE
from orchestrator.settings import Settings
from portal.commands import house, people, serving
from portal.web.app import make_app
from profiles.errors import BadInput, Problem, Refused
from workers import runtime
from workers.app import QUEUES, configure
from workers.channels.choose import channels
from workers.embedded import Embedded
from workers.inbox import imap
from workers.inbox.listener import Listener
from workers.ports import must_be_free
from workers.runtime import Runtime

out = Console(soft_wrap=True)


def run(speed: float, begin: str | None, port: int | None) -> None:
    """Run web, worker, beat and listener in this process until it is interrupted."""
    settings = Settings.from_env()
    logs.configure(settings, "run")
    port = port or settings.web_port
    must_be_free(settings.web_host, port, "PRAKTIJKTEST_WEB_PORT")
    if begin and speed == 1.0:
        problem = "Alleen een versnelde klok kan op een ander moment beginnen."
        raise BadInput(Problem("from-without-speed", problem, found=begin, remedy="Geef ook --speed, of laat weg."))
    here = open_runtime(settings, speed, begin)
    served = settings.model_copy(update={"web_port": port})
    out.print(f"Pagina's: {served.site}/   Stop met Ctrl-C.")
    people.welcome(here.database, served)
    if settings.detour:
        out.print(settings.detour)
    with Embedded(here, tick_scale=1.0 if speed == 1.0 else 0.1):
        serve(here, settings.web_host, port)


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


def serve(here: Runtime, host: str, port: int) -> None:
    """Serve the pages until the process is interrupted."""
    app = make_app(here.database, here.clock, imap.sources(here.settings), here.settings)
    serving.listen(app, host, port)


def web() -> None:
    settings = Settings.from_env()
    logs.configure(settings, "web")
    must_be_free(settings.web_host, settings.web_port, "PRAKTIJKTEST_WEB_PORT")
    here = open_runtime(settings)
    people.welcome(here.database, settings)
    serve(here, settings.web_host, settings.web_port)


def worker(queue: str, processes: int = 1) -> None:
    """Run one Celery worker for one queue; the inbox worker listens for mail as well.

    With more than one process the tasks run in children, each with a runtime of its own, that are replaced when they
    die; this process then only hands out the ticks.
    """
    if queue not in QUEUES:
        remedy = f"Kies uit: {', '.join(QUEUES)}."
        raise BadInput(Problem("unknown-queue", "Deze wachtrij bestaat niet.", found=queue, remedy=remedy))
    settings = _with_redis()
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


def beat() -> None:
    """Run the clock; it keeps nothing on disk, for a file left by a killed process would stop the next one."""
    settings = _with_redis()
    logs.configure(settings, "beat")
    app = configure(settings)
    app.start(["beat", "--loglevel=WARNING", "--scheduler", "celery.beat:Scheduler", "--pidfile="])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "Schrijf bijvoorbeeld 2026-09-07 of 2026-09-07T08:30."
        raise BadInput(Problem("bad-date", "Dit is geen datum.", found=text, remedy=remedy)) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _with_redis() -> Settings:
    settings = Settings.from_env()
    if settings.redis_url is None:
        raise Refused(
            "no-redis",
            "Losse werkprocessen vinden elkaar via Redis, maar PRAKTIJKTEST_REDIS_URL is niet gezet.",
            "Zet die instelling, of gebruik praktijktest run: dan is er niets extra's nodig.",
        )
    return settings
