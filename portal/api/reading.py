"""What programs read: rounds, outcomes and the head of the ledger, from the sources that the pages read from."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import Response

from orchestrator.design.kinds import ROUND_NAME
from orchestrator.states import Role
from orchestrator.views import Monitor, RoundSummary
from portal.api import shapes
from portal.api.access import bearer_of
from portal.api.answers import give, given, links, part
from portal.api.gate import Gate
from portal.api.shapes import PageQuery, RoundQuery
from portal.web.access import ACCESS as PAGES
from portal.web.release_source import Releases, Version, counting
from portal.web.source import Source
from profiles.errors import Refused

RoundName = Annotated[
    str,
    Path(alias="roundName", pattern=ROUND_NAME, description="Naam van de ronde.", examples=[shapes.ROUND]),
]
Number = Annotated[
    int, Path(alias="versionNumber", ge=1, le=1_000_000, description="Nummer van de versie.", examples=[1])
]
Paged = Annotated[PageQuery, Query()]


def add_rounds(api: FastAPI, source: Source) -> None:
    @api.get("/rounds", tags=["rounds"], summary="Alle rondes", response_model=shapes.RoundPage)
    def list_rounds(request: Request, query: Annotated[RoundQuery, Query()]) -> Response:
        """De rondes van deze installatie, de nieuwste eerst."""
        found = [each for each in source.rounds() if not query.state or each.state in query.state]
        lines = [_line(each) for each in found]
        return give(request, shapes.RoundPage(**part(lines, query)), links(len(lines), query))

    @api.get("/rounds/{roundName}", tags=["rounds"], summary="Eén ronde", response_model=shapes.Round)
    def read_round(request: Request, round_name: RoundName) -> Response:
        """Hoe het met een ronde staat. Cijfers per profiel staan hier nooit in."""
        return give(request, _round(source.monitor(round_name)))


def add_outcomes(api: FastAPI, releases: Releases) -> None:
    @api.get("/outcomes", tags=["outcomes"], summary="Alle uitkomsten", response_model=shapes.OutcomePage)
    def list_outcomes(request: Request, query: Paged) -> Response:
        """Van elke ronde met een ondertekende uitkomst de versie die nu telt."""
        found = [_outcome(name, version) for name, version in releases.rounds()]
        return give(request, shapes.OutcomePage(**part(found, query)), links(len(found), query))

    @api.get("/outcomes/{roundName}", tags=["outcomes"], summary="Eén uitkomst", response_model=shapes.Outcome)
    def read_outcome(request: Request, round_name: RoundName) -> Response:
        """De versie die nu telt: de vrijgegeven versie, en anders de laatste die is ondertekend."""
        version = counting(releases.versions(round_name))
        if version is None:
            raise _none(round_name)
        return give(request, _outcome(round_name, version))

    @api.get(
        "/outcomes/{roundName}/versions", tags=["outcomes"], summary="De versies", response_model=shapes.OutcomePage
    )
    def list_versions(request: Request, round_name: RoundName, query: Paged) -> Response:
        """Alle versies die u mag lezen, de eerste eerst. Een concept lezen alleen de onderzoekers."""
        found = [_outcome(round_name, each) for each in _visible(request, releases.versions(round_name))]
        return give(request, shapes.OutcomePage(**part(found, query)), links(len(found), query))

    @api.get(
        "/outcomes/{roundName}/versions/{versionNumber}",
        tags=["outcomes"],
        summary="Het document",
        response_model=shapes.Document,
    )
    def read_version(request: Request, round_name: RoundName, number: Number) -> Response:
        """Het bevroren document, byte voor byte zoals het is ondertekend; de ETag is zijn SHA-256."""
        visible = _visible(request, releases.versions(round_name))
        found = next((each for each in visible if each.number == number), None)
        if found is None:
            raise _none(round_name)
        return given(request, found.text, found.digest)


def add_ledger(api: FastAPI, gate: Gate) -> None:
    @api.get("/ledger-head", tags=["ledger"], summary="De laatste regel", response_model=shapes.LedgerHead)
    def read_ledger_head(request: Request) -> Response:
        """De laatste regel van het logboek. Wie haar publiceert, kan later laten zien dat er niets is veranderd."""
        head = gate.ledger_head()
        if head is None:
            raise Refused("unknown-line", "Het logboek is nog leeg.")
        told = shapes.LedgerHead(first=head.first, sequence=head.seq, hash=head.hash, at=head.at)
        return give(request, told)


def _visible(request: Request, versions: Sequence[Version]) -> list[Version]:
    """Return what this token may read: as on the pages, one that is not signed is for the researchers alone."""
    role: Role = bearer_of(request).role
    return [each for each in versions if each.readable or role in PAGES["release"]]


def _line(summary: RoundSummary) -> shapes.RoundLine:
    return shapes.RoundLine.model_validate(summary, from_attributes=True)


def _round(monitor: Monitor) -> shapes.Round:
    return shapes.Round(
        name=monitor.round,
        study=monitor.study,
        state=monitor.state,  # type: ignore[arg-type]  # the word of a state
        waits_for=monitor.why_waiting,
        inquiries=shapes.Inquiries.model_validate(monitor, from_attributes=True),
        replies=shapes.Replies(
            inquiries_answered=monitor.answered,
            coded=monitor.coded,
            waiting_for_coder=monitor.waiting_to_code,
            declines_planned=monitor.declines_planned,
            declines_sent=monitor.declines_sent,
        ),
        advertisers_held=len(monitor.held),
    )


def _outcome(round_name: str, version: Version) -> shapes.Outcome:
    """Who took a step is not told: that stands on the page of the release."""
    moments = {step: moment for step, _, moment in version.took}
    return shapes.Outcome(
        round=round_name,
        version=version.number,
        state=version.state,
        reason=version.reason,
        digest=version.digest,
        seal=version.seal,
        signed_at=moments.get("signed"),
        released_at=moments.get("released"),
    )


def _none(round_name: str) -> Refused:
    message = f"Van ronde '{round_name}' is er geen uitkomst om te lezen."
    return Refused("unknown-release", message, "Kijk in /v1/outcomes wat er te lezen is.")
