"""Pausing, resuming and stopping a round: first a page that says what would still go out, then the step itself.

A form that is sent twice does its work once. A form of a page that was open while the round moved on changes nothing
and says what the round is now.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.states import RoundState
from portal.web.access import acting
from portal.web.rendering import page
from portal.web.source import Source
from portal.web.words import _
from profiles.errors import Refused

Text = Annotated[str, Form()]
LONGEST_REASON = 500


@dataclass(frozen=True)
class Step:
    """A step that can be taken on a page: the state it leads to, those it is offered in, and its words."""

    to: RoundState
    offered_in: frozenset[RoundState]
    heading: str
    does: str
    asks_reason: bool = True


STEPS = {
    "pauzeren": Step(
        RoundState.PAUSED,
        frozenset({RoundState.RUNNING}),
        _("Pauzeren"),
        _("Er gaan geen nieuwe reacties uit tot iemand de ronde hervat. Afmeldingen van bezichtigingen gaan door."),
    ),
    "hervatten": Step(
        RoundState.RUNNING,
        frozenset({RoundState.PAUSED}),
        _("Hervatten"),
        _("Reacties gaan weer uit. Wat tijdens de pauze te laat werd, vervalt."),
        asks_reason=False,
    ),
    "afbreken": Step(
        RoundState.ABORTED,
        frozenset({RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING}),
        _("Afbreken"),
        _("Wat nog niet uitging, gaat nooit meer uit. Een afgebroken ronde is niet te hervatten."),
    ),
}


def offered(state: str) -> dict[str, Step]:
    """Return the steps that can be taken in a state, by the last word of their address."""
    return {key: step for key, step in STEPS.items() if state in step.offered_in}


def add(app: FastAPI, source: Source) -> None:
    def ask(request: Request, round_name: str, key: str, status: int = 200, reason: str = "") -> HTMLResponse:
        step = _step(key)
        state = source.state(round_name)
        if state not in step.offered_in:
            return page(request, "control_late.html", 409, round=round_name, step=step, state=state)
        told = {"step": step, "key": key, "reason": reason, "fault": status == 422, "longest": LONGEST_REASON}
        ahead = source.ahead_if(round_name, step.to)
        return page(request, "control.html", status, round=round_name, ahead=ahead, **told)

    @app.get("/rondes/{round_name}/bediening/{key}", response_class=HTMLResponse)
    def control(request: Request, round_name: str, key: str) -> HTMLResponse:
        return ask(request, round_name, key)

    @app.post("/rondes/{round_name}/bediening/{key}")
    def control_do(request: Request, round_name: str, key: str, reason: Text = "") -> Response:
        step, why = _step(key), " ".join(reason.split())
        if step.asks_reason and not 0 < len(why) <= LONGEST_REASON:
            return ask(request, round_name, key, 422, reason)
        if not source.move(round_name, step.to, acting(request), why):
            return page(request, "control_late.html", 409, round=round_name, step=step, state=source.state(round_name))
        return RedirectResponse(f"/rondes/{round_name}", 303)


def _step(key: str) -> Step:
    if key not in STEPS:
        raise Refused("unknown-step", "Deze stap bestaat niet.", "Ga terug naar de ronde.")
    return STEPS[key]
