"""The report of one advertiser as it goes out with a release: frozen in every language, rendered from that alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from orchestrator.states import RoundState
from profiles.errors import BadInput, Problem
from results.language import DUTCH, LANGUAGES, _, written_in
from results.reports import Audience, Report, build
from results.reports.values import Broker, Term
from results.seal import canonical
from results.tables import RoundTable

FORMAT = "praktijktest-terugkoppeling/1"
DECIMALS = 6
"""More than is ever shown, and the same on every machine."""


@dataclass(frozen=True)
class _Own(Report):
    """A report whose body is that of an advertiser, so that it can be read back."""

    body: Broker


def freeze(table: RoundTable) -> dict[str, str]:
    """Return the report of each advertiser as canonical text, worded as it reads once the round is released."""
    # One table for all of them: what each report says of the whole round is made once.
    told = replace(table, facts=replace(table.facts, state=RoundState.RELEASED))
    return {advertiser: _frozen(told, advertiser) for advertiser in sorted(table.offices)}


def _frozen(table: RoundTable, advertiser: str) -> str:
    made = {each: _values(build(table, Audience.BROKER, advertiser=advertiser, language=each)) for each in LANGUAGES}
    return canonical({"format": FORMAT, "reports": made})


def thaw(content: str, language: str = DUTCH, seal: str | None = None, file: str | None = None) -> Report:
    """Return the frozen report in a language, with the seal it is under among what it says of itself.

    Raises `BadInput` naming ``file`` for what this version of the program does not know as a report.
    """
    try:
        report: Report = _adapter().validate_python(json.loads(content)["reports"][language])
    except (ValueError, KeyError, TypeError) as error:
        message = (
            "Dit is geen terugkoppeling aan een woningaanbieder, of zij is van een andere versie van Praktijktest."
        )
        raise BadInput(Problem("no-report", message, file)) from error
    with written_in(language):
        sealed = (Term(_("Zegel van de vrijgave"), seal),) if seal else ()
    return replace(report, provenance=(*report.provenance, *sealed), seal=seal)


def _values(report: Report) -> Mapping[str, Any]:
    # A frozen report is no longer the state of the moment.
    told: dict[str, Any] = _adapter().dump_python(_own(replace(report, interim=None)), mode="json")
    return dict(_short(told))


def _own(report: Report) -> _Own:
    return _Own(**vars(report))


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, list) else value


@cache
def _adapter() -> TypeAdapter[_Own]:
    return TypeAdapter(_Own)
