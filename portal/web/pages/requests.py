"""The request test on pages: planning and starting a round, the call sheet, the coding of answers, the outcome."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.design import Purpose
from orchestrator.rounds import requesting
from orchestrator.rounds.mailing import BY_MAIL
from portal.web.access import acting, may
from portal.web.forms import Fields
from portal.web.rendering import page
from portal.web.request_source import RequestSource, Step
from portal.web.words import REQUEST_FAULTS, REQUEST_SHARES, REQUEST_STATES
from profiles.errors import BadInput, Problem, Refused
from profiles.owner_requests import NOT_REACHED, Script, load

Text = Annotated[str, Form()]
LIST, DESK = "/verzoeken", "/codeertafel/verzoeken"
PLACES = {"round-exists": "name", "period-reversed": "first_day", "nobody-to-ask": "first_day",
          "bad-domain": "domain"}  # fmt: skip
"""At which field a plan that was refused is to be mended; at the testers when it stands not here."""
EMPTY: Mapping[str, Any] = {"name": "", "script": "", "first_day": "", "last_day": "", "testers": (), "domain": ""}


def add(app: FastAPI, source: RequestSource) -> None:
    """Add the pages, and what their forms do."""
    _add_list(app, source)
    _add_round(app, source)
    _add_calls(app, source)
    _add_desk(app, source)


def _scripts() -> dict[str, Script]:
    return {key: load().newest(key) for key, _ in load().scripts}


def _add_list(app: FastAPI, source: RequestSource) -> None:
    def show(
        request: Request, status: int = 200, faults: Mapping[str, Problem] | None = None, given: Any = EMPTY
    ) -> HTMLResponse:
        plans = may(request.state.visitor, "requests_plan")
        form = {"scripts": _scripts(), "people": source.testers(), "faults": faults or {}, "given": given}
        return page(request, "requests.html", status, rounds=source.rounds(), plans=plans, **form)

    @app.get(LIST, response_class=HTMLResponse)
    def requests(request: Request) -> HTMLResponse:
        return show(request)

    @app.post(LIST)
    def requests_plan(request: Request, fields: Fields) -> Response:
        given: dict[str, Any] = {name: str(fields.get(name) or "").strip() for name in EMPTY}
        given |= {"testers": tuple(map(str, fields.getlist("testers")))}
        wanted, faults = _wanted(given)
        if wanted is None:
            return show(request, 422, faults, given)
        try:
            source.plan(wanted, acting(request))
        except BadInput as error:
            return show(request, 422, {_place(each): each for each in error.problems}, given)
        except Refused as error:
            return show(request, 422, {_place(error.problem): error.problem}, given)
        return RedirectResponse(f"{LIST}/{wanted.name}", 303)


def _place(problem: Problem) -> str:
    return PLACES.get(problem.code, "testers")


def _wanted(given: Mapping[str, Any]) -> tuple[requesting.Plan | None, dict[str, Problem]]:
    """The plan that was typed; or None with what is wrong, by field."""
    days = {field: _day(given[field]) for field in ("first_day", "last_day")}
    wrong = {field for field, day in days.items() if day is None}
    wrong |= {"script"} - ({"script"} if given["script"] in _scripts() else set())
    wrong |= set() if requesting.NAME.fullmatch(given["name"]) else {"name"}
    wrong |= set() if given["testers"] or given["domain"] else {"testers"}
    first, last = days.values()
    if wrong or first is None or last is None:
        return None, {field: Problem("wrong-field", REQUEST_FAULTS[field]) for field in EMPTY if field in wrong}
    script, seed = load().newest(given["script"]), secrets.randbelow(2**31)
    told = (Purpose.LEARNING, seed, given["domain"] or None)
    return requesting.Plan(given["name"], script, given["testers"], first, last, *told), {}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _add_round(app: FastAPI, source: RequestSource) -> None:
    @app.get(f"{LIST}/{{round_name}}", response_class=HTMLResponse)
    def request_round(request: Request, round_name: str) -> HTMLResponse:
        seen, visitor = source.round(round_name), request.state.visitor
        steps = {step: may(visitor, route) for step, route in ROUTES.items()}
        found = source.result(round_name) if seen.over else None
        mailed = list(seen.testers) == [BY_MAIL]
        testers = [] if mailed else [{"label": name, "count": number} for name, number in seen.testers.items()]
        told: dict[str, Any] = {"seen": seen, "steps": steps, "found": found, "codes": load().codes}
        told |= {"testers": testers, "mailed": mailed}
        told |= {"STATES": REQUEST_STATES, "SHARES": REQUEST_SHARES}
        return page(request, "request_round.html", calls=may(visitor, "request_calls"), **told)

    def moved(request: Request, round_name: str, step: Step) -> Response:
        source.move(step, round_name, acting(request))
        return RedirectResponse(f"{LIST}/{round_name}", 303)

    @app.post(f"{LIST}/{{round_name}}/goedkeuren")
    def request_approve(request: Request, round_name: str) -> Response:
        return moved(request, round_name, requesting.approve)

    @app.post(f"{LIST}/{{round_name}}/starten")
    def request_start(request: Request, round_name: str) -> Response:
        return moved(request, round_name, partial(requesting.start, pretends=source.pretends))

    @app.post(f"{LIST}/{{round_name}}/sluiten")
    def request_close(request: Request, round_name: str) -> Response:
        return moved(request, round_name, requesting.close)


ROUTES = {"goedkeuren": "request_approve", "starten": "request_start", "sluiten": "request_close"}


def _add_calls(app: FastAPI, source: RequestSource) -> None:
    def show(
        request: Request, round_name: str, status: int = 200, wrong: Mapping[str, Any] | None = None
    ) -> HTMLResponse:
        calls, seen = source.calls(round_name, acting(request)), source.round(round_name)
        told = {"tries": requesting.MOST_TRIES, "longest": requesting.LONGEST_NOTE, "wrong": wrong or {"key": None}}
        return page(request, "request_calls.html", status, seen=seen, calls=calls, **told)

    @app.get(f"{LIST}/{{round_name}}/belblad", response_class=HTMLResponse)
    def request_calls(request: Request, round_name: str) -> HTMLResponse:
        return show(request, round_name)

    @app.post(f"{LIST}/{{round_name}}/belblad/{{key}}")
    def request_made(request: Request, round_name: str, key: str, note: Text = "") -> Response:
        try:
            source.made(round_name, key, acting(request), note)
        except BadInput as error:
            return show(request, round_name, 422, {"key": key, "note": note, "problem": error.problems[0]})
        return RedirectResponse(f"{LIST}/{round_name}/belblad", 303)

    @app.post(f"{LIST}/{{round_name}}/belblad/{{key}}/niet-bereikt")
    def request_not_reached(request: Request, round_name: str, key: str) -> Response:
        source.not_reached(round_name, key, acting(request))
        return RedirectResponse(f"{LIST}/{round_name}/belblad", 303)


def _add_desk(app: FastAPI, source: RequestSource) -> None:
    codes = {key: asdict(code) for key, code in load().codes.items() if key != NOT_REACHED}

    def show(request: Request, status: int = 200) -> HTMLResponse:
        answer = source.answer(acting(request))
        told = {"answer": answer, "codes": codes, "closed": source.closed_to(acting(request)), "fault": status == 422}
        return page(request, "request_coding.html", status, **told)

    @app.get(DESK, response_class=HTMLResponse)
    def request_coding(request: Request) -> HTMLResponse:
        return show(request)

    @app.post(f"{DESK}/{{number}}")
    def request_code(request: Request, number: int, code: Text = "") -> Response:
        if code not in codes:
            return show(request, 422)
        source.code(number, acting(request), code)
        return RedirectResponse(DESK, 303)
