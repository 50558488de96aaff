"""What helps: the actions an office chooses after a round, when they are done, and its wish to be tested again."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.followup import LONGEST
from orchestrator.followup_models import FollowUpKind
from portal.web.access import own
from portal.web.followup_source import FollowupSource
from portal.web.rendering import page
from portal.web.words import FOLLOWED, _
from profiles.errors import BadInput, Problem, Refused
from results.toolkit.actions import named

Typed = Annotated[str, Form()]
NO_DAY = _("Vul een dag in.")
NO_ACTION = _("Kies een actie.")
GIVEN = {"action": "", "due": "", "day": "", "note": ""}


def add(app: FastAPI, source: FollowupSource) -> None:
    """Add the page with the catalogue and the own actions, and what an office does there."""

    @app.get("/mijn/rondes/{round_name}/wat-helpt", response_class=HTMLResponse)
    def mine_followup(request: Request, round_name: str) -> HTMLResponse:
        return show(request, source, round_name)

    @app.post("/mijn/rondes/{round_name}/wat-helpt")
    def mine_followup_propose(request: Request, round_name: str, action: Typed = "", due: Typed = "") -> Response:
        chosen = next((each for each in source.catalogue() if each.key == action), None)
        day, given = read_day(due), {"action": action, "due": due}
        if chosen is None or day is None:
            faults = {} if chosen else {"action": Problem("action", NO_ACTION)}
            faults |= {} if day else {"due": Problem("due", NO_DAY)}
            return show(request, source, round_name, 422, faults, given)
        office = own(request)
        return _do(request, source, round_name, given, lambda: source.propose(office, round_name, chosen, day))

    @app.post("/mijn/rondes/{round_name}/wat-helpt/klaar")
    def mine_followup_done(
        request: Request, round_name: str, action: Typed = "", day: Typed = "", note: Typed = ""
    ) -> Response:
        office, when, given = own(request), read_day(day), {"done": action, "day": day, "note": note}
        if when is None:
            return show(request, source, round_name, 422, {"day": Problem("day", NO_DAY)}, given)
        return _do(request, source, round_name, given, lambda: source.finish(office, round_name, action, when, note))

    @app.post("/mijn/rondes/{round_name}/wat-helpt/intrekken")
    def mine_followup_withdraw(request: Request, round_name: str, action: Typed = "") -> Response:
        office = own(request)
        return _do(request, source, round_name, {}, lambda: source.withdraw(office, round_name, action))

    @app.post("/mijn/rondes/{round_name}/wat-helpt/hertest")
    def mine_followup_retest(request: Request, round_name: str) -> Response:
        office = own(request)
        return _do(request, source, round_name, {}, lambda: source.ask_retest(office, round_name))


def show(
    request: Request,
    source: FollowupSource,
    round_name: str,
    status: int = 200,
    faults: Mapping[str, Problem] | None = None,
    given: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    """The page of one office, with what it typed when that was not understood."""
    office, catalogue = source.office(own(request), round_name), tuple(source.catalogue())
    names = {each.action: named(each.action, catalogue) for each in office.actions}
    taken = {each.action for each in office.actions if each.withdrawn_at is None}
    told = {
        "office": office,
        "names": names,
        "free": [each for each in catalogue if each.key not in taken],
        "asked": any(each.kind is FollowUpKind.RETEST_ASKED for each in office.entries),
        "open": [each for each in office.actions if each.counts and each.done_on is None],
    }
    typed = {"faults": faults or {}, "given": {**GIVEN, "done": "", **(given or {})}, "problem": problem}
    return page(
        request, "mine_followup.html", status, round=round_name, kinds=FOLLOWED, longest=LONGEST, **told, **typed
    )


def read_day(text: str) -> date | None:
    """Return the day that a form gave, or None for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _do(
    request: Request, source: FollowupSource, round_name: str, given: Mapping[str, str], take: Callable[[], None]
) -> Response:
    def again(status: int, faults: Mapping[str, Problem], problem: Problem | None = None) -> HTMLResponse:
        return show(request, source, round_name, status, faults, given, problem)

    return done(take, again, f"/mijn/rondes/{quote(round_name)}/wat-helpt", gone="unknown-round")


def done(take: Callable[[], None], again: Callable[..., HTMLResponse], back: str, gone: str) -> Response:
    """Do it and go ``back`` to the page; what is refused is told there ``again``, with what was typed.

    A refusal whose code begins with ``gone`` has no page of its own to be told on, and is raised.
    """
    try:
        take()
    except BadInput as error:
        return again(422, {problem.code: problem for problem in error.problems})
    except Refused as error:
        if error.problem.code.startswith(gone):
            raise
        return again(409, {}, error.problem)
    return RedirectResponse(back, 303)
