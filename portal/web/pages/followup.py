"""What follows a round, for the desk: what offices chose, and the register of talks, trainings and re-tests."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, Response

from orchestrator.followup_models import FollowUpKind
from portal.web.access import acting, may
from portal.web.followup_source import FollowupSource
from portal.web.pages.own_followup import NO_DAY, done, read_day
from portal.web.rendering import page
from portal.web.words import FOLLOWED, _
from profiles.errors import Problem
from results.toolkit.actions import named

Typed = Annotated[str, Form()]
GIVEN = {"advertiser": "", "kind": "", "day": ""}


def add(app: FastAPI, source: FollowupSource) -> None:
    """Add the page of a round, agreeing to an action, and a line of the register."""

    @app.get("/rondes/{round_name}/opvolging", response_class=HTMLResponse)
    def followup(request: Request, round_name: str) -> HTMLResponse:
        return show(request, source, round_name)

    @app.post("/rondes/{round_name}/opvolging/akkoord")
    def followup_agree(request: Request, round_name: str, advertiser: Typed = "", action: Typed = "") -> Response:
        actor, roles = acting(request), request.state.visitor.roles
        return _do(request, source, round_name, {}, lambda: source.agree(advertiser, round_name, action, actor, roles))

    @app.post("/rondes/{round_name}/opvolging")
    def followup_record(
        request: Request, round_name: str, advertiser: Typed = "", kind: Typed = "", day: Typed = ""
    ) -> Response:
        given, when = {"advertiser": advertiser, "kind": kind, "day": day}, read_day(day)
        known = {each.key for each in source.offices(round_name)}
        faults = {} if advertiser in known else {"advertiser": Problem("advertiser", _("Kies een kantoor."))}
        faults |= {} if kind in FOLLOWED else {"kind": Problem("kind", _("Kies wat er gebeurde."))}
        faults |= {} if when else {"day": Problem("day", NO_DAY)}
        if faults or when is None:
            return show(request, source, round_name, 422, faults, given)
        actor, what = acting(request), FollowUpKind(kind)
        return _do(request, source, round_name, given, lambda: source.record(advertiser, round_name, what, when, actor))


def show(
    request: Request,
    source: FollowupSource,
    round_name: str,
    status: int = 200,
    faults: Mapping[str, Problem] | None = None,
    given: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    """The page of one round, with what was typed when that was not understood."""
    offices, catalogue = source.offices(round_name), tuple(source.catalogue())
    names = {each.action: named(each.action, catalogue) for office in offices for each in office.actions}
    typed = {"faults": faults or {}, "given": {**GIVEN, **(given or {})}, "problem": problem}
    told = {"offices": offices, "names": names, "kinds": FOLLOWED, "own": FollowUpKind.RETEST_ASKED}
    able = may(request.state.visitor, "followup_record")
    return page(request, "followup.html", status, round=round_name, able=able, **told, **typed)


def _do(
    request: Request, source: FollowupSource, round_name: str, given: Mapping[str, str], take: Callable[[], None]
) -> Response:
    def again(status: int, faults: Mapping[str, Problem], problem: Problem | None = None) -> HTMLResponse:
        return show(request, source, round_name, status, faults, given, problem)

    return done(take, again, f"/rondes/{quote(round_name)}/opvolging", gone="unknown-")
