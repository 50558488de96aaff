"""The release of a round: what the municipality reads, and the steps by which it comes to that.

What is shown of an outcome comes from the frozen document alone, so that page and files are the same at any moment.
Whoever only reads for the municipality sees no version before it is signed.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.models import ReleaseState
from portal.web import outcome_view, request_view
from portal.web.access import acting, may
from portal.web.pages.results import download
from portal.web.release_source import Releases, SealedReleases, Version, counting
from portal.web.rendering import language_of, page
from portal.web.words import _
from profiles.errors import Problem, Refused
from results.bundle import zipped
from results.releases import files, writing

Text = Annotated[str, Form()]
LONGEST = 1000

STATES = {
    ReleaseState.DRAFT: _("concept"),
    ReleaseState.SIGNED: _("ondertekend, te lezen door de gemeente"),
    ReleaseState.READ: _("gelezen door de gemeente"),
    ReleaseState.RELEASED: _("vrijgegeven"),
    ReleaseState.REPLACED: _("vervangen door een nieuwere versie"),
    ReleaseState.LAPSED: _("vervallen"),
}
TOOK = {
    "drafted": _("Concept gemaakt"),
    "signed": _("Ondertekend"),
    "read": _("Gelezen door de gemeente"),
    "released": _("Vrijgegeven"),
}
CHANGED = {
    "result": _("de uitkomst"),
    "tables": _("de tabellen"),
    "excluded": _("de tests die niet meetellen"),
    "participation": _("de deelname"),
    "burden": _("de belasting"),
    "coding": _("de codering"),
    "protocol": _("de opzet"),
    "study": _("het onderzoek"),
    "policy": _("de regels voor kleine vakjes"),
    "research": _("het onderzoeksbestand"),
    "reports": _("de terugkoppeling aan aanbieders"),
    "retest": _("voor en na"),
}
UNFINISHED = (ReleaseState.DRAFT, ReleaseState.SIGNED, ReleaseState.READ)
NEXT = {ReleaseState.DRAFT: "release_sign", ReleaseState.READ: "release_do"}


def add(app: FastAPI, releases: SealedReleases, requested: Releases | None = None) -> None:
    """Add the pages of the steps and of the outcomes; with those ``requested`` the list has request tests as well."""
    _add_desk(app, releases)
    _add_steps(app, releases)
    _add_list(app, releases, requested)
    _add_outcome(app, releases)


def _add_desk(app: FastAPI, releases: SealedReleases) -> None:
    @app.get("/rondes/{round_name}/vrijgave", response_class=HTMLResponse)
    def release(request: Request, round_name: str) -> HTMLResponse:
        return desk(request, releases, round_name)

    @app.post("/rondes/{round_name}/vrijgave")
    def release_draft(request: Request, round_name: str, reason: Text = "") -> Response:
        further = bool(releases.versions(round_name))
        if further and not 0 < len(" ".join(reason.split())) <= LONGEST:
            return desk(request, releases, round_name, 422, reason=reason)
        why = reason if further else None
        return _step(request, releases, round_name, lambda: releases.draft(round_name, acting(request), why))

    @app.get("/rondes/{round_name}/vrijgave/{number}/vrijgave.zip")
    def release_bundle(request: Request, round_name: str, number: int) -> Response:
        made = releases.release_file(round_name, number, acting(request))
        return download(zipped(made), f"{round_name}-{number}-vrijgave.zip", "application/zip")


def _step(request: Request, releases: Releases, round_name: str, take: Callable[[], object]) -> Response:
    """Take a step and go back to the desk; one that is refused is told there, above what can be done instead."""
    try:
        take()
    except Refused as error:
        if error.problem.code.startswith("unknown-"):
            raise
        return desk(request, releases, round_name, 409, problem=error.problem)
    return RedirectResponse(f"/rondes/{round_name}/vrijgave", 303)


def _add_steps(app: FastAPI, releases: Releases) -> None:
    @app.post("/rondes/{round_name}/vrijgave/{number}/ondertekenen")
    def release_sign(request: Request, round_name: str, number: int) -> Response:
        return _step(request, releases, round_name, lambda: releases.sign(round_name, number, acting(request)))

    @app.post("/rondes/{round_name}/vrijgave/{number}/vrijgeven")
    def release_do(request: Request, round_name: str, number: int) -> Response:
        return _step(request, releases, round_name, lambda: releases.release(round_name, number, acting(request)))

    @app.post("/uitkomst/{round_name}/{number}/gelezen")
    def outcome_read(request: Request, round_name: str, number: int, remark: Text = "") -> Response:
        if len(" ".join(remark.split())) > LONGEST:
            return outcome_page(request, releases, round_name, number, 422, remark)
        seen(request, releases, round_name, number)
        releases.read(round_name, number, acting(request), remark)
        return RedirectResponse(f"/uitkomst/{round_name}/{number}", 303)


def _add_list(app: FastAPI, releases: Releases, requested: Releases | None) -> None:
    @app.get("/uitkomsten", response_class=HTMLResponse)
    def outcomes(request: Request) -> HTMLResponse:
        found, others = releases.rounds(), requested.rounds() if requested else ()
        told: dict[str, Any] = {
            "requests": request_view.leads(others, language_of(request)),
            "lines": request_view.lines(others),
        }
        trends = outcome_view.trends(_released(found))
        return page(request, "outcomes.html", found=found, trends=trends, states=STATES, **told)


def _add_outcome(app: FastAPI, releases: Releases) -> None:
    @app.get("/uitkomst/{round_name}", response_class=HTMLResponse)
    def outcome(request: Request, round_name: str) -> HTMLResponse:
        version = counting(releases.versions(round_name))
        if version is None:
            raise _none(round_name)
        return outcome_page(request, releases, round_name, version.number)

    @app.get("/uitkomst/{round_name}/{number}", response_class=HTMLResponse)
    def outcome_version(request: Request, round_name: str, number: int) -> HTMLResponse:
        return outcome_page(request, releases, round_name, number)

    @app.get("/uitkomst/{round_name}/{number}/uitkomst.{kind}")
    def outcome_file(request: Request, round_name: str, number: int, kind: str) -> Response:
        version = seen(request, releases, round_name, number)
        if kind not in files.TYPES:
            raise Refused("unknown-file", "Dit bestand bestaat niet.", "Ga terug naar de uitkomst van de ronde.")
        made = writing.written(version.text, kind, language_of(request), version.seal)
        return download(made, f"{round_name}-{number}.{kind}", files.TYPES[kind])


def desk(
    request: Request,
    releases: Releases,
    round_name: str,
    status: int = 200,
    *,
    reason: str = "",
    problem: Problem | None = None,
) -> HTMLResponse:
    """The page of the steps: every version, what can be done with the last, and what changed since it was made."""
    versions = releases.versions(round_name)
    last = versions[-1] if versions else None
    open_ = last if last and last.state in UNFINISHED else None
    changed = releases.changed(round_name, open_.number) if open_ else None
    step = NEXT.get(open_.state) if open_ else None
    able = {
        "step": step if step and may(request.state.visitor, step) else None,
        "drafts": may(request.state.visitor, "release_draft"),
        "ready": releases.ready(round_name),
    }
    words = {"states": STATES, "took": TOOK, "chapters": CHANGED, "longest": LONGEST}
    typed = {"reason": reason, "fault": status == 422, "problem": problem}
    shown = {"versions": versions, "open_version": open_, "changed": changed}
    return page(request, "release.html", status, round=round_name, **shown, **able, **words, **typed)


def outcome_page(
    request: Request, releases: Releases, round_name: str, number: int, status: int = 200, remark: str = ""
) -> HTMLResponse:
    """The page of one version of an outcome."""
    version = seen(request, releases, round_name, number)
    document, all_ = version.document, [each for each in releases.versions(round_name) if each.readable]
    drawn = {
        "charts": outcome_view.charts_of(document),
        "cells": outcome_view.cells(document, language_of(request)),
        "retest": outcome_view.retest(document, language_of(request)),
        "trend": outcome_view.trend_of(document, _released(releases.rounds())),
        "reads": version.state is ReleaseState.SIGNED and may(request.state.visitor, "outcome_read"),
        "counts_now": counting(all_),
        "first_day": date.fromisoformat(document["protocol"]["firstDay"]),
        "last_day": date.fromisoformat(document["protocol"]["lastDay"]),
    }
    typed = {"states": STATES, "longest": LONGEST, "remark": remark, "fault": status == 422}
    shown = {"version": version, "told": document, "versions": all_}
    return page(request, "outcome.html", status, round=round_name, **shown, **drawn, **typed)


def seen(request: Request, releases: Releases, round_name: str, number: int) -> Version:
    """Return a version that this visitor may see; one that is not signed is for the researchers alone."""
    found = next((each for each in releases.versions(round_name) if each.number == number), None)
    if found is None or not (found.readable or may(request.state.visitor, "release")):
        raise _none(round_name)
    return found


def _none(round_name: str) -> Refused:
    return Refused(
        "unknown-release",
        f"Van ronde '{round_name}' is er geen uitkomst om te lezen.",
        "De onderzoekers zetten haar klaar. Kijk op de pagina Uitkomsten wat er te lezen is.",
    )


def _released(found: Sequence[tuple[str, Version]]) -> list[dict[str, Any]]:
    return [version.document for _, version in found if version.state is ReleaseState.RELEASED]
