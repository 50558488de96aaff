"""The public pages of an invitation, for who has its link: read, choose, sign or decline, and keep a copy.

In Dutch only, for what is signed is one Dutch text. Looking changes nothing: scanners of mail open links too. A form
that is sent twice leads to where the first one did.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from orchestrator import invitations
from orchestrator.intake import HOW_DAYS, read_days
from orchestrator.models import Invitation, InvitationState
from orchestrator.scope import EVERY
from orchestrator.terms import Terms
from portal.web.forms import Fields
from portal.web.invitation_source import InvitationSource
from portal.web.pages.results import download
from portal.web.rendering import page
from profiles import grounds
from profiles.errors import BadInput, Problem, Refused
from profiles.profile import Ground
from results import invitation
from results.paper import typeset
from results.toolkit.word import written

ROOT = "/uitnodiging"
STATUSES = {"unknown-invitation": 404, "invitation-revoked": 410, "invitation-expired": 410, "invitation-ended": 410}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def add(app: FastAPI, source: InvitationSource) -> None:
    @app.get(f"{ROOT}/{{token}}", response_class=HTMLResponse)
    def invitation_page(request: Request, token: str) -> Response:
        return _told(request, lambda: _shown(request, token, source.seen(token)))

    @app.post(f"{ROOT}/{{token}}/tekenen")
    def invitation_sign(request: Request, token: str, fields: Fields) -> Response:
        return _told(request, lambda: _signed(request, source, token, fields))

    @app.post(f"{ROOT}/{{token}}/afwijzen")
    def invitation_decline(request: Request, token: str) -> Response:
        def decline() -> Response:
            source.decline(token)
            return RedirectResponse(f"{ROOT}/{token}", 303)

        return _told(request, decline)

    @app.get(f"{ROOT}/{{token}}/afschrift.pdf")
    def invitation_copy(request: Request, token: str) -> Response:
        def copy() -> Response:
            paper = source.copy(token)
            if paper is None:
                raise Refused("unknown-invitation", "Er is nog niets getekend.", "Teken eerst.")
            return download(typeset(paper), "afschrift.pdf", "application/pdf")

        return _told(request, copy)

    @app.get(f"{ROOT}/{{token}}/aankondiging.pdf")
    def invitation_notice_pdf(request: Request, token: str) -> Response:
        return _told(request, lambda: download(typeset(source.notice(token)), "aankondiging.pdf", "application/pdf"))

    @app.get(f"{ROOT}/{{token}}/aankondiging.docx")
    def invitation_notice_word(request: Request, token: str) -> Response:
        return _told(request, lambda: download(written(source.notice(token)), "aankondiging.docx", WORD))


def _shown(
    request: Request, token: str, row: Invitation, status: int = 200, faults: Mapping[str, Problem] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> HTMLResponse:  # fmt: skip
    offered = invitations.offered(row)
    if row.state is not InvitationState.OFFERED:
        return page(request, "invitation_state.html", status, row=row, token=token, states=InvitationState)
    labels = {each: grounds.load().grounds[Ground(each)].label for each in sorted(offered.grounds)}
    named = {} if EVERY in offered.listings else {key: key for key in sorted(offered.listings)}
    return page(
        request, "invitation_offer.html", status, row=row, token=token, blocks=invitation.blocks(row.text),
        told=invitation.told_terms(offered), offered=offered, grounds=labels, named=named, faults=faults or {},
        channels={key: words for key, words in invitation.CHANNELS.items() if key in offered.channels},
        typed=typed or _offered(offered),
    )  # fmt: skip


def _offered(terms: Terms) -> dict[str, Any]:
    """What the form says before anybody typed: all that is offered, and nobody who signs."""
    off = "; ".join(sorted(str(day) for day in terms.days_off))
    told = {"grounds": terms.grounds, "channels": terms.channels, "listings": terms.listings, "days_off": off}
    period = {"first": str(terms.first), "last": str(terms.last), "max_pairs": str(terms.max_pairs)}
    return {**told, **period, "signer": "", "function": ""}


def _signed(request: Request, source: InvitationSource, token: str, fields: FormData) -> Response:
    row = source.seen(token)
    offered = invitations.offered(row)
    typed = {name: str(fields.get(name) or "").strip() for name in _offered(offered)}
    lists = {name: frozenset(str(each) for each in fields.getlist(name)) for name in ("grounds", "channels")}
    listings = _keys(fields, offered)
    try:
        chosen = _terms(offered, typed, lists, listings)
        if not fields.get("sure"):
            raise BadInput(Problem("sure-not", "Vink aan dat u dit mag tekenen."))
        source.sign(token, chosen, typed["signer"], typed["function"])
    except BadInput as error:
        faults = {problem.code.partition("-")[0]: problem for problem in reversed(error.problems)}
        return _shown(request, token, row, 422, faults, {**typed, **lists, "listings": listings})
    return RedirectResponse(f"{ROOT}/{token}", 303)


def _keys(fields: FormData, offered: Terms) -> frozenset[str]:
    """The listings that were chosen: ticked where they were named, else typed, and all for nothing typed."""
    if EVERY not in offered.listings:
        return frozenset(str(each) for each in fields.getlist("listings"))
    keys = str(fields.get("listings") or "").replace(",", " ").replace(";", " ").split()
    return frozenset(keys) or frozenset({EVERY})


def _terms(
    offered: Terms, typed: Mapping[str, str], lists: Mapping[str, frozenset[str]], listings: frozenset[str]
) -> Terms:
    try:
        first, last = date.fromisoformat(typed["first"]), date.fromisoformat(typed["last"])
    except ValueError as error:
        remedy = "Kies een eerste en een laatste dag."
        raise BadInput(Problem("first-bad", "Dit zijn geen dagen.", remedy=remedy)) from error
    if not typed["max_pairs"].isdecimal() or len(typed["max_pairs"]) > 9:
        raise BadInput(Problem("max_pairs-bad", "Dit is geen heel getal.", remedy="Schrijf alleen cijfers."))
    try:
        off = read_days(typed["days_off"])
    except ValueError as error:
        raise BadInput(Problem("days_off-bad", "Dit zijn geen dagen.", remedy=HOW_DAYS)) from error
    form_url = offered.form_url if "webform" in lists["channels"] else None
    return Terms(
        offered.purpose, lists["grounds"], lists["channels"], listings, offered.email, form_url, first, last,
        int(typed["max_pairs"]), off,
    )  # fmt: skip


def _told(request: Request, answer: Callable[[], Response]) -> Response:
    """What cannot be is told on a page without a menu, as these pages are."""
    try:
        return answer()
    except Refused as error:
        status = STATUSES.get(error.problem.code, 409)
        return page(request, "invitation_error.html", status, problem=error.problem)
