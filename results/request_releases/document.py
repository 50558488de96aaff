"""The document of a request test that is signed and released: every figure that may be published, and nothing else.

Each office is one test, so that the policy of a round asks for ten offices here. Numbers by answer are told only where
they are safe and cannot be computed from the rest (`results.suppression`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.models import OwnerRequest, RequestRound
from orchestrator.request_models import RequestState
from orchestrator.rounds import requesting
from profiles import grounds
from profiles.owner_requests import Kind, load
from profiles.profile import Ground
from results import disclosure, owner_requests, suppression
from results.releases import units
from results.seal import canonical, digest
from results.statistics import Estimate
from results.suppression import Before, Table, Unit

FORMAT = "praktijktest-verzoeken/1"
WHOLE, REFUSING, OTHERS = "whole", "refuses", "not_refusing"
ALL = "all"
PARTS: Mapping[str, tuple[str, ...]] = {
    REFUSING: tuple(key for key, code in load().codes.items() if code.kind is Kind.REFUSES),
    OTHERS: (Kind.INDIRECT.value, Kind.DIRECT.value, Kind.EVASIVE.value),
}
"""What each table of answers can be divided in: explicit refusals by code, all other answers by what they come to."""

Document = dict[str, Any]


def make(round_: RequestRound, earlier: Sequence[Before], number: int, reason: str | None) -> Document:
    """Return the document of a closed request test; ``earlier`` are the versions that anybody outside has seen.

    ``number`` counts the versions from 1, ``reason`` says why there is a further one.
    """
    answered = [each for each in round_.requests if each.state is RequestState.MADE and each.code is not None]
    told = {each.name: each for each in suppression.published(counted(round_), earlier)}
    shown = WHOLE in told and told[WHOLE].total is not None
    return {
        "format": FORMAT,
        "round": round_.name,
        "version": number,
        "reason": reason,
        "study": _study(round_),
        "protocol": _protocol(round_),
        "policy": {
            "leastOffices": disclosure.CELL_LEAST_PAIRS,
            "roundedTo": units.ROUNDED_TO,
            "symbol": disclosure.SYMBOL,
        },
        "result": _result(answered) if shown else _hidden(answered, told),
        "tables": [_table(name, told.get(name)) for name in PARTS] if shown else [],
        "burden": _burden(round_.requests),
        "coding": {"kappa": _short(owner_requests.kappa(answered)) if shown else None},
    }


def counted(round_: RequestRound) -> tuple[Unit, ...]:
    """Return the offices that answered as the policy of suppression sees them: each is one test at one advertiser."""
    return tuple(_units(round_.requests))


def _units(requests: Sequence[OwnerRequest]) -> Iterator[Unit]:
    for each in requests:
        if each.state is RequestState.MADE and each.code is not None:
            kind, office = load().code(each.code).kind, f"office:{each.advertiser_id}"
            part = {REFUSING: each.code} if kind is Kind.REFUSES else {OTHERS: kind.value}
            yield Unit(office, office, each.code, {WHOLE: ALL, **part})


def _study(round_: RequestRound) -> Document:
    ground = grounds.load().grounds[Ground(round_.ground)]
    return {
        "purpose": round_.purpose.value,
        "mode": disclosure.REHEARSAL if rehearsed(round_) else "live",
        "ground": round_.ground,
        "groundName": ground.label,
        "groundBasis": ground.basis,
    }


def rehearsed(round_: RequestRound) -> bool:
    """Whether nobody was truly asked: a round by mail whose mails were not to go. Who calls, truly calls."""
    return round_.domain is not None and not round_.live


def _protocol(round_: RequestRound) -> Document:
    asked = {"script": round_.script, "version": round_.version, "text": list(round_.text)}
    return {
        **asked,
        "digest": digest(canonical(asked)),
        "channel": "mail" if round_.domain else "phone",
        "tries": 1 if round_.domain else requesting.MOST_TRIES,
        "firstDay": round_.first_day.isoformat(),
        "lastDay": round_.last_day.isoformat(),
    }


def _result(answered: Sequence[OwnerRequest]) -> Document:
    found = {each.name: each for each in owner_requests.shares([str(each.code) for each in answered])}
    told = {"refuses": _estimate(found["refuses"]), "notRefusing": _estimate(found["not_refusing"])}
    return {"shown": True, "offices": len(answered), **told}


def _hidden(answered: Sequence[OwnerRequest], told: Mapping[str, Table]) -> Document:
    if not answered:
        return {"shown": False, "reason": "no-answers"}
    few = WHOLE in told and len(answered) < disclosure.CELL_LEAST_PAIRS
    return {"shown": False, "reason": "too-small" if few else "too-little-changed"}


def _table(name: str, told: Table | None) -> Document:
    """A table of answers; where one part is hidden, a part without any office is too: it would tell of the others."""
    known = {part.name: part.counts and sum(part.counts.values()) for part in told.parts} if told else {}
    shown = told is None or told.total is not None
    all_told = shown and None not in known.values()
    parts = [{"name": each, "offices": known.get(each, 0 if all_told else None)} for each in PARTS[name]]
    return {"name": name, "shown": shown, "parts": parts if shown else []}


def _burden(requests: Sequence[OwnerRequest]) -> Document:
    states = [each.state for each in requests]
    made, missed = states.count(RequestState.MADE), states.count(RequestState.NOT_REACHED)
    about = units.rounded
    return {
        "planned": about(len(states)),
        "asked": about(made + missed),
        "notReached": about(missed),
        "cancelled": about(states.count(RequestState.CANCELLED)),
    }


def _estimate(found: Estimate) -> Document:
    return {
        "value": _short(found.value),
        "low": _short(found.low),
        "high": _short(found.high),
        "level": found.level,
        "n": found.n,
        "method": found.method,
        "convention": found.convention,
    }


def _short(value: float | None) -> float | None:
    """Four decimals, as in the document of a round."""
    return None if value is None else round(float(value), 4) + 0.0


def hidden(told: Mapping[str, Any]) -> dict[str, suppression.Hidden]:
    """Return what a document hides of each table, for the versions after it."""
    whole: dict[str, suppression.Hidden] = {WHOLE: frozenset() if told["result"]["shown"] else None}
    return whole | {
        each["name"]: frozenset(part["name"] for part in each["parts"] if part["offices"] is None)
        if each["shown"]
        else None
        for each in told["tables"]
    }
