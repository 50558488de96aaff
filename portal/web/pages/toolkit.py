"""The toolkit on a page: how many participants use it, and a form that makes the documents of an office."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from orchestrator.design.deviations import strict
from portal.web.forms import Fields
from portal.web.pages.results import download
from portal.web.rendering import page
from portal.web.toolkit_source import ToolkitSource
from portal.web.words import _
from profiles.errors import BadInput, Problem, Refused
from results import toolkit
from results.bundle import zipped
from results.paper import typeset
from results.toolkit.logo import checked
from results.toolkit.making import missing_lines
from results.toolkit.office import Criterion, Office, Order
from results.toolkit.uptake import Used
from results.toolkit.word import written

WRONG: Mapping[str, str] = {
    "name": _("Vul de naam van het kantoor in."),
    "municipality": _("Vul de gemeente in."),
    "date": _("Vul de dag in waarop de teksten gelden."),
    "responsible": _("Houd dit korter dan 200 tekens."),
    "complaints": _("Houd dit korter dan 200 tekens."),
    "procedure_url": _("Vul een heel webadres in, met https:// ervoor."),
    "order": _("Kies hoe het kantoor kiest."),
    "invited": _("Vul een getal van 1 tot en met 500 in."),
    "criteria": _("Kies minstens één criterium."),
    "answer_days": _("Vul een getal van 1 tot en met 30 in."),
    "signatures": _("Vul een getal van 1 tot en met 100 in."),
}
ORDERS = {
    Order.RECEIVED: _("Op volgorde van aanmelding"),
    Order.LOT: _("Door loting"),
    Order.REGISTERED: _("Op volgorde van inschrijfduur"),
    Order.POINTS: _("Met punten op de criteria"),
}
CRITERIA = {
    Criterion.INCOME: _("Inkomen past bij de huur"),
    Criterion.HOUSEHOLD: _("Woning groot genoeg voor het huishouden"),
    Criterion.DOCUMENTS: _("Documenten op tijd ingeleverd"),
    Criterion.START: _("Kan huren vanaf de datum in de advertentie"),
    Criterion.STATEMENT: _("Verklaring van een vorige verhuurder"),
    Criterion.PRIORITY: _("Voorrang volgens de gemeente"),
}
NUMBERS = ("invited", "answer_days", "signatures")
EMPTY: Mapping[str, Any] = {**dict.fromkeys(WRONG, ""), "criteria": [], "signatures": "8"}
MISSING = "ontbreekt.txt"
ELSEWHERE = (
    _("Er doen te weinig kantoren mee: een aantal zou er een kunnen aanwijzen."),
    _("Dit logo is te groot."),
    _("Dit logo is geen afbeelding die wij kunnen gebruiken."),
    _("Gebruik een PNG- of JPEG-bestand van hooguit 2 MB."),
)
"""Sentences of `results.toolkit` that this page shows."""


def add(app: FastAPI, source: ToolkitSource) -> None:
    def told() -> dict[str, Any]:
        used, why = _uptake(source)
        return {"action": "/toolkit", "used": used, "why": why}

    @app.get("/toolkit", response_class=HTMLResponse)
    def toolkit_page(request: Request) -> HTMLResponse:
        return form(request, **told())

    @app.post("/toolkit")
    def toolkit_make(request: Request, fields: Fields) -> Response:
        return make(request, fields, source.texts(), **told())


def form(request: Request, status: int = 200, **told: object) -> HTMLResponse:
    """The page with the form of an office, empty unless ``told`` says what was typed; ``action`` is where it goes."""
    known = {"orders": ORDERS, "criteria": CRITERIA, "faults": {}, "given": EMPTY, "uses": None, "why": None}
    return page(request, "toolkit_form.html", status, **{**known, "used": (), **told})


def make(request: Request, fields: FormData, texts: toolkit.Texts, **told: object) -> Response:
    """The documents of the office that was typed, or the form again with what is wrong with it."""
    given = _given(fields)
    office, faults = _office(given)
    logo: bytes | None = None
    try:
        logo = _logo(fields)
    except BadInput as error:
        faults["logo"] = error.problems[0]
    if office is None or faults:
        return form(request, 422, faults=faults, given=given, **told)
    return download(_documents(texts, office, logo), "toolkit.zip", "application/zip")


def _uptake(source: ToolkitSource) -> tuple[Sequence[Used], Problem | None]:
    try:
        return source.uptake(), None
    except Refused as error:
        return (), error.problem


def _given(fields: FormData) -> dict[str, Any]:
    """What was typed, by field."""
    typed = {name: str(fields.get(name) or "").strip() for name in WRONG}
    return {**typed, "criteria": [str(each) for each in fields.getlist("criteria")]}


def _office(given: Mapping[str, Any]) -> tuple[Office | None, dict[str, Problem]]:
    """The office that was typed; or None with what is wrong, by field."""
    data = {name: value for name, value in given.items() if value}
    data |= {name: int(data[name]) for name in NUMBERS if str(data.get(name, "")).isdecimal()}
    try:
        return strict(Office, data), {}
    except ValidationError as error:
        names = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
        return None, {name: Problem("wrong-field", WRONG[name]) for name in WRONG if name in names}


def _logo(fields: FormData) -> bytes | None:
    sent = fields.get("logo")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    return checked(sent.file.read(), sent.filename)


def _documents(texts: toolkit.Texts, office: Office, logo: bytes | None) -> bytes:
    """Every document as PDF and for Word, and what they still miss."""
    made = toolkit.made(texts, office, logo)
    contents = {f"{each.key}.pdf": typeset(each.paper) for each in made}
    contents |= {f"{each.key}.docx": written(each.paper) for each in made}
    return zipped({**contents, MISSING: "\n".join(missing_lines(made)).encode()})
