"""The release of a request test: its steps, and the outcome that the municipality reads beside those of the rounds.

The steps are those of a round (`portal.web.pages.releasing`); what is shown comes from the frozen document alone, in
the same blocks as on paper.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.models import ReleaseState
from portal.web import request_view
from portal.web.access import acting, may
from portal.web.pages import releasing
from portal.web.pages.results import download
from portal.web.release_source import Releases, Version, counting
from portal.web.rendering import language_of, page
from profiles.errors import Problem, Refused
from results.request_releases import files, paper

Text = Annotated[str, Form()]
LIST, OUTCOME = "/verzoeken", "/uitkomsten/verzoek"
NEXT = {ReleaseState.DRAFT: "request_release_sign", ReleaseState.READ: "request_release_do"}


def add(app: FastAPI, releases: Releases) -> None:
    """Add the desk of the steps, the steps, and the outcome with its files."""
    _add_desk(app, releases)
    _add_steps(app, releases)
    _add_outcome(app, releases)


def _add_desk(app: FastAPI, releases: Releases) -> None:
    @app.get(f"{LIST}/{{round_name}}/vrijgave", response_class=HTMLResponse)
    def request_release(request: Request, round_name: str) -> HTMLResponse:
        return _desk(request, releases, round_name)

    @app.post(f"{LIST}/{{round_name}}/vrijgave")
    def request_release_draft(request: Request, round_name: str, reason: Text = "") -> Response:
        further = bool(releases.versions(round_name))
        if further and not 0 < len(" ".join(reason.split())) <= releasing.LONGEST:
            return _desk(request, releases, round_name, 422, reason=reason)
        why = reason if further else None
        return _step(request, releases, round_name, lambda: releases.draft(round_name, acting(request), why))


def _add_steps(app: FastAPI, releases: Releases) -> None:
    @app.post(f"{LIST}/{{round_name}}/vrijgave/{{number}}/ondertekenen")
    def request_release_sign(request: Request, round_name: str, number: int) -> Response:
        return _step(request, releases, round_name, lambda: releases.sign(round_name, number, acting(request)))

    @app.post(f"{LIST}/{{round_name}}/vrijgave/{{number}}/vrijgeven")
    def request_release_do(request: Request, round_name: str, number: int) -> Response:
        return _step(request, releases, round_name, lambda: releases.release(round_name, number, acting(request)))

    @app.post(f"{OUTCOME}/{{round_name}}/{{number}}/gelezen")
    def request_outcome_read(request: Request, round_name: str, number: int, remark: Text = "") -> Response:
        if len(" ".join(remark.split())) > releasing.LONGEST:
            return _outcome(request, releases, round_name, number, 422, remark)
        _seen(request, releases, round_name, number)
        releases.read(round_name, number, acting(request), remark)
        return RedirectResponse(f"{OUTCOME}/{round_name}/{number}", 303)


def _step(request: Request, releases: Releases, round_name: str, take: Callable[[], object]) -> Response:
    """Take a step and go back to the desk; one that is refused is told there, above what can be done instead."""
    try:
        take()
    except Refused as error:
        if error.problem.code.startswith("unknown-"):
            raise
        return _desk(request, releases, round_name, 409, problem=error.problem)
    return RedirectResponse(f"{LIST}/{round_name}/vrijgave", 303)


def _desk(
    request: Request,
    releases: Releases,
    round_name: str,
    status: int = 200,
    *,
    reason: str = "",
    problem: Problem | None = None,
) -> HTMLResponse:
    versions = releases.versions(round_name)
    last = versions[-1] if versions and versions[-1].state in releasing.UNFINISHED else None
    step, visitor = NEXT.get(last.state) if last else None, request.state.visitor
    shown = {
        "versions": versions,
        "open_version": last,
        "changed": releases.changed(round_name, last.number) if last else None,
        "step": step if step and may(visitor, step) else None,
        "drafts": may(visitor, "request_release_draft"),
        "ready": releases.ready(round_name),
    }
    words = {"states": releasing.STATES, "took": releasing.TOOK, "chapters": releasing.CHANGED}
    typed = {"reason": reason, "fault": status == 422, "problem": problem, "longest": releasing.LONGEST}
    return page(request, "request_release.html", status, round=round_name, **shown, **words, **typed)


def _add_outcome(app: FastAPI, releases: Releases) -> None:
    @app.get(f"{OUTCOME}/{{round_name}}", response_class=HTMLResponse)
    def request_outcome(request: Request, round_name: str) -> HTMLResponse:
        version = counting(releases.versions(round_name))
        if version is None:
            raise _none(round_name)
        return _outcome(request, releases, round_name, version.number)

    @app.get(f"{OUTCOME}/{{round_name}}/{{number}}", response_class=HTMLResponse)
    def request_outcome_version(request: Request, round_name: str, number: int) -> HTMLResponse:
        return _outcome(request, releases, round_name, number)

    @app.get(f"{OUTCOME}/{{round_name}}/{{number}}/uitkomst.{{kind}}")
    def request_outcome_file(request: Request, round_name: str, number: int, kind: str) -> Response:
        version = _seen(request, releases, round_name, number)
        if kind not in files.TYPES:
            raise Refused("unknown-file", "Dit bestand bestaat niet.", "Ga terug naar de uitkomst.")
        made = files.written(version.text, kind, language_of(request))
        return download(made, f"{round_name}-{number}.{kind}", files.TYPES[kind])


def _outcome(
    request: Request, releases: Releases, round_name: str, number: int, status: int = 200, remark: str = ""
) -> HTMLResponse:
    version = _seen(request, releases, round_name, number)
    all_ = [each for each in releases.versions(round_name) if each.readable]
    told = paper.paper_of(version.text, language_of(request))
    shown = {
        "version": version,
        "versions": all_,
        "counts_now": counting(all_),
        "told": told,
        "cards": request_view.cards(told.blocks),
        "lines": request_view.lines(releases.rounds()),
        "reads": version.state is ReleaseState.SIGNED and may(request.state.visitor, "request_outcome_read"),
    }
    typed = {"states": releasing.STATES, "longest": releasing.LONGEST, "remark": remark, "fault": status == 422}
    return page(request, "request_outcome.html", status, round=round_name, **shown, **typed)


def _seen(request: Request, releases: Releases, round_name: str, number: int) -> Version:
    """Return a version that this visitor may see; one that is not signed is for the researchers alone."""
    found = next((each for each in releases.versions(round_name) if each.number == number), None)
    if found is None or not (found.readable or may(request.state.visitor, "request_release")):
        raise _none(round_name)
    return found


def _none(round_name: str) -> Refused:
    return Refused(
        "unknown-release",
        f"Van verzoektest '{round_name}' is er geen uitkomst om te lezen.",
        "De onderzoekers zetten haar klaar. Kijk op de pagina Uitkomsten wat er te lezen is.",
    )
