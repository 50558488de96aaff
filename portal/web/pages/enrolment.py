"""Taking part, for the desk: who was invited and for what, inviting somebody, and the second signature."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from orchestrator.design import AdvertiserKind
from orchestrator.invitations import LASTS, OPEN, Offer, latest
from orchestrator.models import InvitationState
from portal import offers
from portal.web.access import acting, may
from portal.web.enrolment_source import EnrolmentSource, Sent
from portal.web.forms import Fields
from portal.web.rendering import page
from portal.web.words import INVITATION_STATES, PURPOSES, _
from profiles import grounds
from profiles.errors import BadInput, Problem, Refused
from results import invitation
from results.reports.wording import KINDS

HOME = "/deelname"
CHANNELS = {"smtp": _("e-mail"), "webform": _("het formulier op hun website"), "phone": _("telefoon (verzoektest)")}
TYPED = (
    "key", "name", "kind", "contact", "email", "form_url", "purpose", "listings", "first", "last", "max_pairs",
    "days_off", "mail",
)  # fmt: skip
EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(TYPED, ""), "kind": "broker", "purpose": "learning", "grounds": (), "channels": ("smtp",),
}  # fmt: skip
PLACES = {"already-invited": "key", "address-taken": "contact", "no-desk-mail": "mail"}
"""At which field an invitation that was refused is to be mended."""


def add(app: FastAPI, source: EnrolmentSource) -> None:
    """Add the page, and what its forms do."""

    @app.get(HOME, response_class=HTMLResponse)
    def enrolments(request: Request) -> HTMLResponse:
        return _show(request, source)

    @app.post(HOME)
    def enrolment_invite(request: Request, fields: Fields) -> Response:
        given = _given(fields)
        try:
            offer = _offer(given)
            sent = source.make(offer, acting(request), mail=bool(given["mail"]))
        except BadInput as error:
            return _show(request, source, 422, _faults(error), given)
        except Refused as error:
            if error.problem.code not in PLACES:
                raise
            return _show(request, source, 422, {PLACES[error.problem.code]: error.problem}, given)
        return _show(request, source, sent=sent)

    @app.post(f"{HOME}/{{number}}/tekenen")
    def enrolment_countersign(request: Request, number: int) -> Response:
        source.countersign(number, acting(request))
        return RedirectResponse(HOME, 303)

    @app.post(f"{HOME}/{{number}}/intrekken")
    def enrolment_revoke(request: Request, number: int) -> Response:
        source.revoke(number, acting(request))
        return RedirectResponse(HOME, 303)


def _show(
    request: Request, source: EnrolmentSource, status: int = 200, faults: Mapping[str, Problem] | None = None,
    given: Mapping[str, Any] = EMPTY, sent: Sent | None = None,
) -> HTMLResponse:  # fmt: skip
    visitor = request.state.visitor
    steps = {name: may(visitor, f"enrolment_{name}") for name in ("invite", "countersign", "revoke")}
    lines = [(each, invitation.told_terms(latest(each.row))) for each in source.all()]
    words = {"STATES": INVITATION_STATES, "kinds": KINDS, "purposes": PURPOSES, "channels": CHANNELS}
    labels = {each.value: told.label for each, told in grounds.load().grounds.items()}
    form = {"faults": faults or {}, "given": given, "grounds": labels, "mails": source.mails, "days": LASTS.days}
    known = {"states": InvitationState, "open": OPEN, "sent": sent}
    return page(request, "enrolments.html", status, lines=lines, steps=steps, **words, **form, **known)


def _given(fields: FormData) -> dict[str, Any]:
    typed = {name: str(fields.get(name) or "").strip() for name in TYPED}
    return typed | {name: tuple(map(str, fields.getlist(name))) for name in ("grounds", "channels")}


def _offer(given: Mapping[str, Any]) -> Offer:
    """The offer that was typed; raise `BadInput` with what cannot be read of it."""
    wrong = [Problem("max_pairs-bad", _("Dit is geen heel getal."), remedy=_("Schrijf alleen cijfers."))]
    wrong = [] if given["max_pairs"].isdecimal() and len(given["max_pairs"]) < 10 else wrong
    days = {name: _day(given[name]) for name in ("first", "last")}
    wrong += [Problem(f"{name}-bad", _("Kies een dag.")) for name, day in days.items() if day is None]
    first, last = days.values()
    if wrong or first is None or last is None:
        raise BadInput(wrong)
    terms = offers.terms_of(
        offers.word(given["purpose"], "purpose"), given["grounds"], given["channels"],
        given["listings"].replace(",", " ").split(), given["email"], given["form_url"], first, last,
        int(given["max_pairs"]), given["days_off"],
    )  # fmt: skip
    return Offer(
        given["key"], given["name"], AdvertiserKind(offers.word(given["kind"], "kind")), given["contact"], terms
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _faults(error: BadInput) -> dict[str, Problem]:
    return {problem.code.partition("-")[0]: problem for problem in reversed(error.problems)}
