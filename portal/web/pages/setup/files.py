"""The participants and listings of a draft: two files, read as they come in."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator import drafts
from orchestrator.intake import parse_listings, parse_participants
from orchestrator.models import Draft
from orchestrator.text_file import decode_utf8
from portal.web.access import acting
from portal.web.forms import Fields
from portal.web.pages.setup.beside import around, version_of
from portal.web.pages.setup.source_text import ENCODING
from portal.web.pages.setup.steps import FILES
from portal.web.rendering import page
from portal.web.setup_source import Setup
from profiles.errors import BadInput, Problem, Refused

MOST_SHOWN = 50
"""So many problems of a file are shown; the rest is counted."""

LARGEST = 3_000_000
"""Bytes of one file."""


def add(app: FastAPI, setup: Setup) -> None:
    def show(request: Request, row: Draft, status: int = 200, problems: tuple[Problem, ...] = ()) -> HTMLResponse:
        checked = setup.check(row.design)
        frame = setup.frame(row, checked.design)
        found = problems or frame.problems
        told = {"frame": frame, "problems": found[:MOST_SHOWN], "more": len(found[MOST_SHOWN:])}
        told |= {"megabytes": LARGEST // 1_000_000, "stored": not problems}
        return page(request, "setup/files.html", status, **told, **around(row, checked, FILES))

    @app.get("/opzet/{draft}/bestanden", response_class=HTMLResponse)
    def setup_files(request: Request, draft: str) -> HTMLResponse:
        return show(request, setup.draft(draft))

    @app.post("/opzet/{draft}/bestanden")
    def setup_files_save(request: Request, draft: str, fields: Fields) -> Response:
        row = setup.draft(draft)
        try:
            texts = _given(row, fields)
            if texts:
                setup.save(draft, version_of(fields.get("seen")), acting(request), **texts)
        except BadInput as error:
            return show(request, row, 422, error.problems)
        except Refused as error:
            row = setup.draft(draft)
            if error.problem.code != "draft-changed" or any(getattr(row, key) != text for key, text in texts.items()):
                return show(request, row, 409, (error.problem,))
        return RedirectResponse(f"/opzet/{draft}/bestanden", 303)


def _given(row: Draft, fields: Fields) -> dict[str, str]:
    """The files that were chosen, by the name of the text they become; raises BadInput for one that is no good."""
    texts: dict[str, str] = {}
    for key, name in (("participants", drafts.PARTICIPANTS), ("listings", drafts.LISTINGS)):
        if text := _text(fields.get(key), name):
            texts[key] = text
    people = texts.get("participants", row.participants)
    known = parse_participants(people, drafts.PARTICIPANTS) if people else ()
    if "listings" in texts:
        if not people:
            remedy = "Geef eerst, of tegelijk, de deelnemers."
            raise BadInput(Problem("missing-file", "Er zijn nog geen deelnemers.", drafts.LISTINGS, remedy=remedy))
        parse_listings(texts["listings"], drafts.LISTINGS, known)
    return texts


def _text(file: Any, name: str) -> str:
    raw: bytes = file.file.read(LARGEST + 1) if hasattr(file, "file") else b""
    if len(raw) > LARGEST:
        message = f"Dit bestand is groter dan {LARGEST // 1_000_000} MB."
        raise BadInput(Problem("too-large", message, name, remedy="Splits de ronde, of haal kolommen weg."))
    return decode_utf8(raw, name, "wrong-encoding", ENCODING)
