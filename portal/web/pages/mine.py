"""The pages of an advertiser about itself. No address names the advertiser: it is who is signed in."""

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from orchestrator.context import CHOICES, LONGEST
from portal.web.access import own
from portal.web.own_source import OwnSource
from portal.web.pages.results import download
from portal.web.rendering import language_of, page
from portal.web.words import CONTEXT, PURPOSES, _
from profiles.errors import BadInput, Problem, Refused
from results.bundle import zipped
from results.paper import paper_of, typeset
from results.reports.render import figures

Text = Annotated[str, Form()]
HOME = "/mijn"
NO_PROOF = "Kijk later nog eens, of vraag de onderzoekers ernaar."
LATE = frozenset({"note-late", "note-decided"})


def add(app: FastAPI, source: OwnSource) -> None:
    """Add the list of own rounds, the own outcome of one, own data, and the note on one test."""

    @app.get(HOME, response_class=HTMLResponse)
    def mine(request: Request) -> HTMLResponse:
        return page(request, "mine.html", rounds=source.rounds(own(request)), requests=source.requests(own(request)))

    # Before the page of a round, whose address would take this one for a name.
    @app.get("/mijn/rondes/{round_name}.pdf")
    def mine_round_pdf(request: Request, round_name: str) -> Response:
        made = source.result(own(request), round_name, language_of(request)).report
        return download(typeset(paper_of(made)), f"{round_name}.pdf", "application/pdf")

    @app.get("/mijn/rondes/{round_name}/bewijs.json")
    def mine_proof(request: Request, round_name: str) -> Response:
        proof = source.result(own(request), round_name).proof
        if proof is None:
            raise Refused("unknown-proof", "Deze uitkomst is nog niet vrijgegeven, of heeft geen zegel.", NO_PROOF)
        return download(proof.text().encode(), f"{round_name}-bewijs.json", "application/json")

    @app.get("/mijn/rondes/{round_name}", response_class=HTMLResponse)
    def mine_round(request: Request, round_name: str) -> HTMLResponse:
        found = source.result(own(request), round_name, language_of(request))
        drawn = Markup(figures(found.report, home=HOME))  # noqa: S704 - made by our own templates, which escape
        return page(request, "mine_round.html", round=round_name, found=found, figures=drawn, choices=CONTEXT)

    _add_data(app, source)
    _add_notes(app, source)


def _add_data(app: FastAPI, source: OwnSource) -> None:
    def show_data(request: Request, status: int = 200, **faults: Problem) -> HTMLResponse:
        consents, takes_part = source.consents(own(request))
        told = {"consents": consents, "takes_part": takes_part, "purposes": PURPOSES, "faults": faults}
        return page(request, "mine_data.html", status, **told)

    @app.get("/mijn/gegevens", response_class=HTMLResponse)
    def mine_data(request: Request) -> HTMLResponse:
        return show_data(request)

    @app.get("/mijn/gegevens.zip")
    def mine_data_zip(request: Request) -> Response:
        told = json.dumps(source.data(own(request)), ensure_ascii=False, indent=2, default=str)
        return download(zipped({"gegevens.json": told.encode()}), "gegevens.zip", "application/zip")

    @app.post("/mijn/stoppen")
    def mine_stop(request: Request, sure: Text = "") -> Response:
        if not sure:
            return show_data(request, 422, sure=Problem("sure", _("Vink aan dat u wilt stoppen.")))
        source.withdraw(own(request))
        return RedirectResponse("/mijn/gegevens", 303)


def _add_notes(app: FastAPI, source: OwnSource) -> None:
    def show(request: Request, round_name: str, code: str, status: int = 200, **told: object) -> HTMLResponse:
        who = own(request)
        found, pair = source.result(who, round_name), source.pair(who, round_name, code)
        given = {"choice": pair.note.choice, "text": pair.note.text} if pair.note else {"choice": "", "text": ""}
        known = {"found": found, "pair": pair, "given": given, "faults": {}, "late": None, "longest": LONGEST, **told}
        return page(request, "mine_note.html", status, round=round_name, choices=CONTEXT, order=CHOICES, **known)

    @app.get("/mijn/rondes/{round_name}/tests/{code}", response_class=HTMLResponse)
    def mine_note(request: Request, round_name: str, code: str) -> HTMLResponse:
        return show(request, round_name, code)

    @app.post("/mijn/rondes/{round_name}/tests/{code}")
    def mine_note_write(request: Request, round_name: str, code: str, choice: Text = "", text: Text = "") -> Response:
        given = {"choice": choice, "text": text}
        try:
            source.write(own(request), round_name, code, choice, text)
        except BadInput as error:
            return show(request, round_name, code, 422, given=given, faults=_faults(error.problems))
        except Refused as error:
            if error.problem.code not in LATE:
                raise
            return show(request, round_name, code, 409, given=given, late=error.problem)
        return RedirectResponse(f"{HOME}/rondes/{quote(round_name)}#uw-tests", 303)


def _faults(problems: tuple[Problem, ...]) -> dict[str, Problem]:
    return {problem.code: problem for problem in problems}
