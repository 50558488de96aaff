"""The processes with pages: everything in one, or for production the pages alone."""

from rich.console import Console

from orchestrator import logs
from orchestrator.settings import Settings
from portal.commands import people, serving
from portal.commands.working import open_runtime
from portal.web.app import make_app
from profiles.errors import BadInput, Problem
from workers.embedded import Embedded
from workers.inbox import imap
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
