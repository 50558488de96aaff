"""The toolkit for an office itself: what it uses, ticked with an address and a day, and documents of its own."""

from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from portal.web.access import own
from portal.web.forms import Fields
from portal.web.pages.toolkit import form, make
from portal.web.toolkit_source import ToolkitSource
from portal.web.words import _
from profiles.errors import Problem, Refused

HOME = "/mijn/toolkit"
FAULTS = {
    "no-web-address": ("url", _("Vul een heel webadres in, met https:// ervoor.")),
    "not-yet": ("since", _("Deze dag moet nog komen.")),
}
"""Where a refusal belongs and what it says there, by its code."""
UNTYPED = {"part": "", "url": "", "since": ""}
Typed = Annotated[str, Form()]


def add(app: FastAPI, source: ToolkitSource) -> None:
    """Add the page with the form of the documents and the uses, and what it does."""

    def told(request: Request, **typed: str) -> dict[str, Any]:
        uses = source.uses(own(request))
        return {"action": HOME, "uses": uses, "parts": source.texts().parts, "typed": {**UNTYPED, **typed}}

    @app.get(HOME, response_class=HTMLResponse)
    def mine_toolkit(request: Request) -> HTMLResponse:
        return form(request, **told(request))

    @app.post(HOME)
    def mine_toolkit_make(request: Request, fields: Fields) -> Response:
        return make(request, fields, source.texts(), **told(request))

    @app.post(f"{HOME}/gebruik")
    def mine_toolkit_use(request: Request, part: Typed = "", url: Typed = "", since: Typed = "") -> Response:
        faults = _missing(source, part, since)
        try:
            if not faults:
                source.use(own(request), part, url.strip(), date.fromisoformat(since))
        except Refused as error:
            if error.problem.code not in FAULTS:
                raise
            field, said = FAULTS[error.problem.code]
            faults[field] = Problem(error.problem.code, said)
        if faults:
            return form(request, 422, faults=faults, **told(request, part=part, url=url, since=since))
        return RedirectResponse(HOME, 303)

    @app.post(f"{HOME}/gebruik/einde")
    def mine_toolkit_end(request: Request, part: Typed = "") -> Response:
        source.end(own(request), part)
        return RedirectResponse(HOME, 303)


def _missing(source: ToolkitSource, part: str, since: str) -> dict[str, Problem]:
    faults = {}
    if part not in {each.key for each in source.texts().parts}:
        faults["part"] = Problem("unknown-part", _("Kies een onderdeel."))
    try:
        date.fromisoformat(since)
    except ValueError:
        faults["since"] = Problem("no-day", _("Vul de dag in waarop u dit ging gebruiken."))
    return faults
