"""Pages from templates. Every page knows who is looking (`portal.web.access.guard`) and what they may open."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader

from orchestrator.accounts import Visitor
from orchestrator.burden import ASSUMED
from orchestrator.detection import SAID, THRESHOLDS, written
from orchestrator.sealing import GONE
from orchestrator.views import WHILE_HELD
from portal.web.access import may
from portal.web.language import COOKIE, DUTCH, LANGUAGES, chosen, gettext, say
from portal.web.words import ARMS, ATTEMPTS, OUTCOMES, ROLES, _
from results.language import written_in
from results.reports.render import environment
from results.reports.wording import ARM_NAMES, EXCLUSIONS, LETTER_STATES, METHODS, ROUND_STATES, told

STATIC = Path(__file__).parent / "static"
HOME = "/"
ASSETS = "/static"


@dataclass(frozen=True)
class Place:
    """A page that can be gone to: the name of its route, its address and what it is called."""

    route: str
    address: str
    words: str


MENU = (
    Place("rounds", "/", _("Rondes")),
    Place("outcomes", "/uitkomsten", _("Uitkomsten")),
    Place("coding", "/coderen", _("Coderen")),
    Place("requests", "/verzoeken", _("Verzoeken")),
    Place("enrolments", "/deelname", _("Deelname")),
    Place("status", "/status", _("Status")),
    Place("people", "/mensen", _("Mensen")),
    Place("setup_list", "/opzet", _("Opzet")),
    Place("toolkit_page", "/toolkit", _("Toolkit")),
    Place("mine", "/mijn", _("Uw terugkoppeling")),
    Place("mine_toolkit", "/mijn/toolkit", _("Toolkit")),
    Place("mine_data", "/mijn/gegevens", _("Uw gegevens")),
)

TABS = (
    Place("monitor", "", _("Monitor")),
    Place("pairs", "/tests", _("Tests")),
    Place("advertisers", "/aanbieders", _("Aanbieders")),
    Place("round_health", "/gezondheid", _("Gezondheid")),
    Place("results", "/resultaten", _("Resultaten")),
    Place("round_setup", "/opzet", _("Opzet")),
    Place("followup", "/opvolging", _("Opvolging")),
    Place("export", "/export", _("Export")),
    Place("release", "/vrijgave", _("Vrijgave")),
)
"""The pages of a round, in the order of its life; an address stands behind that of the round."""


@cache
def _environment(language: str) -> Environment:
    made = environment(language)
    translate = gettext(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
        translate, lambda one, more, number: translate(one if number == 1 else more), newstyle=True
    )
    made.globals.update(say=say(language), language=language, languages=LANGUAGES)
    # What a text that was destroyed is read as stands among words of people: only there is it of our own.
    made.filters["held"] = lambda text: text.replace(GONE, translate(GONE))
    made.loader = ChoiceLoader([PackageLoader("portal.web"), PackageLoader("results")])
    made.globals.update(told=told, ROUND_STATES=ROUND_STATES, LETTER_STATES=LETTER_STATES, assets=ASSETS, home=HOME)
    made.globals.update(SAID=SAID, THRESHOLDS=THRESHOLDS, written=written, WHILE_HELD=WHILE_HELD, ASSUMED=ASSUMED)
    made.globals.update(ROLES=ROLES, ARMS=ARMS, ATTEMPTS=ATTEMPTS, OUTCOMES=OUTCOMES, ARM_NAMES=ARM_NAMES)
    made.globals.update(EXCLUSIONS=EXCLUSIONS, METHODS=METHODS)
    return made


def language_of(request: Request) -> str:
    """The language that whoever asks for a page has chosen."""
    return chosen(request.cookies.get(COOKIE))


def page(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page made of one of our templates. Each also gets ``visitor``, ``here`` (the route), ``menu`` and ``tabs``."""
    # A pretest asks what readers of Dutch think of names, in Dutch; what an office signs is one text, in Dutch.
    language = DUTCH if name.startswith(("pretest", "invitation")) else language_of(request)
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    known = {
        "visitor": visitor,
        "address": request.url.path,
        "here": getattr(request.scope.get("route"), "name", None),
        "menu": [place for place in MENU if may(visitor, place.route)] if visitor else [],
        "tabs": [place for place in TABS if may(visitor, place.route)],
    }
    with written_in(language):
        return HTMLResponse(_environment(language).get_template(name).render(**known, **values), status)
