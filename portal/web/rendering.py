"""Pages from templates. Every page knows who is looking (`portal.web.access.visitor`)."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader

from orchestrator.burden import ASSUMED
from orchestrator.detection import SAID, THRESHOLDS, written
from orchestrator.views import WHILE_HELD
from results.reports.render import environment
from results.reports.wording import LETTER_STATES, ROUND_STATES, told

STATIC = Path(__file__).parent / "static"
HOME = "/"
ASSETS = "/static"


def _environment() -> Environment:
    made = environment()
    made.loader = ChoiceLoader([PackageLoader("portal.web"), PackageLoader("results")])
    made.globals.update(told=told, ROUND_STATES=ROUND_STATES, LETTER_STATES=LETTER_STATES, assets=ASSETS, home=HOME)
    made.globals.update(SAID=SAID, THRESHOLDS=THRESHOLDS, written=written, WHILE_HELD=WHILE_HELD, ASSUMED=ASSUMED)
    return made


_PAGES = _environment()


def page(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page made of one of our templates."""
    return HTMLResponse(_PAGES.get_template(name).render(request=request, **values), status)
