"""The pairs of a round: a list whose filters stand in the address, and all that happened to one of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.enrolment import ZONE
from orchestrator.pair_views import Wanted
from orchestrator.rounds.answers import Heard
from orchestrator.states import Road, Role
from portal.web.access import acting
from portal.web.coding_source import CodingSource
from portal.web.forms import Fields
from portal.web.rendering import page
from portal.web.words import EVENTS, PAIR_STATES, ROADS, _
from profiles.errors import BadInput, Problem
from results.outcomes import labels
from results.reports.wording import EXCLUSIONS

FILTERS = {
    "staat": "state",
    "reden": "reason",
    "aanbieder": "advertiser",
    "wijk": "district",
    "antwoord": "replied",
    "codering": "coding",
    "zoek": "text",
}
"""The words in the address, and the field of `Wanted` that each is."""

ASKED = ("order", "road", "when", "text", "label")
LAST_PAGE = 20_000
WORDS: dict[str, Any] = {
    "states": PAIR_STATES,
    "roads": ROADS,
    "told_events": EVENTS,
    "exclusions": EXCLUSIONS,
    "labels": labels(),
}
FAULTS = {
    "order": _("Kies op welke reactie dit een antwoord was."),
    "road": _("Kies hoe het antwoord kwam."),
    "when": _("Geef een datum en een tijd."),
    "label": _("Kies een label."),
}


def add(app: FastAPI, source: CodingSource) -> None:
    """Add the list, the page of one pair, and the form for answers that came otherwise than by mail."""

    @app.get("/rondes/{round_name}/tests", response_class=HTMLResponse)
    def pairs(request: Request, round_name: str, pagina: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1) -> HTMLResponse:
        asked = {word: " ".join(request.query_params.get(word, "").split()) for word in FILTERS}
        found = source.pairs(round_name, Wanted(**{FILTERS[word]: value for word, value in asked.items()}), pagina)
        kept = urlencode({word: value for word, value in asked.items() if value})
        told: dict[str, Any] = {
            "found": found,
            "asked": asked,
            "kept": kept,
        }
        return page(request, "pairs.html", round=round_name, **told, **WORDS)

    def show(request: Request, round_name: str, code: str, status: int = 200, **given: object) -> HTMLResponse:
        coder = Role.CODER in request.state.visitor.roles
        seen = source.pair(round_name, code, acting(request), coder=coder)
        told = {"pair": seen, "given": dict.fromkeys(ASKED, ""), "faults": {}, **given}
        return page(request, "pair.html", status, round=round_name, **told, **WORDS)

    @app.get("/rondes/{round_name}/tests/{code}", response_class=HTMLResponse)
    def pair(request: Request, round_name: str, code: str) -> HTMLResponse:
        return show(request, round_name, code)

    @app.post("/rondes/{round_name}/tests/{code}")
    def pair_enter(request: Request, round_name: str, code: str, fields: Fields) -> Response:
        given = {name: str(fields.get(name, "")) for name in ASKED}
        try:
            order, heard = _heard(given)
            source.enter(round_name, code, order, heard, acting(request))
        except BadInput as error:
            faults = {"when" if each.code == "at" else each.code: each for each in error.problems}
            return show(request, round_name, code, 422, given=given, faults=faults)
        return RedirectResponse(f"/rondes/{quote(round_name)}/tests/{quote(code)}", 303)


def _heard(told: Mapping[str, str]) -> tuple[int, Heard]:
    """Read the form; BadInput has a problem for each field that cannot be read, whose code is its name."""
    at = _moment(told["when"])
    wrong = {
        "order": told["order"] not in ("1", "2", "3", "4"),
        "road": told["road"] not in list(Road),
        "when": at is None,
        "label": told["label"] not in labels(),
    }
    problems = [Problem(field, FAULTS[field]) for field, bad in wrong.items() if bad]
    if problems or at is None:
        raise BadInput(problems)
    return int(told["order"]), Heard(Road(told["road"]), at, told["text"], told["label"])


def _moment(text: str) -> datetime | None:
    """Read what a field for a moment gives: the time in the study's own zone."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.replace(tzinfo=ZONE) if told.tzinfo is None else None
