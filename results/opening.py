"""Opening the next declared look of a round, with the numbers of the pairs that are settled at that moment."""

from dataclasses import asdict, fields
from datetime import datetime

from orchestrator.db import Session
from orchestrator.rounds import looking
from profiles.errors import Refused
from results import looks, tables
from results.looks import Judged, RoundLooks
from results.tables import RoundTable


def open_next(session: Session, name: str, actor: str, now: datetime) -> RoundTable:
    """Open the look that is due and return the round with it; when none is, return the last one as it was.

    Raises `Refused` when the design has no looks, the first one has not been reached or the round does not
    run, or for who codes in it.
    """
    round_ = looking.hold(session, name, actor)
    table = tables.load(session, name, now)
    tables.require_purpose(table)
    declared = table.looks
    if declared is None:
        raise _none_declared(name)
    number = declared.due().look
    if number is None or not declared.is_due:
        if not declared.opened:
            raise _not_reached(name, declared)
        looking.note_read(session, name, actor, now)
        return table
    planned, pairs = declared.plan.at[number - 1], _counted(declared)
    verdict = looks.judged(declared, tables.outcomes(table.rows, declared.settled or ()), planned)
    numbers = {"number": number, "planned": planned, "pairs": pairs, **_columns(verdict)}
    looking.record(session, round_, actor, now, numbers)
    return tables.load(session, name, now)


def _counted(declared: RoundLooks) -> list[str]:
    before = declared.last.pairs if declared.last else ()
    return sorted({*before, *(declared.settled or ())})


def _columns(verdict: Judged) -> dict[str, object]:
    plain = {field.name: getattr(verdict, field.name) for field in fields(verdict) if field.name != "counts"}
    return {**plain, **asdict(verdict.counts)}


def _none_declared(name: str) -> Refused:
    return Refused(
        "no-looks",
        f"Voor ronde '{name}' zijn geen tussenstanden vastgelegd: haar cijfers blijven verborgen tot zij is gesloten.",
        "Leg ze in een volgende ronde vooraf vast: analysis.looks in de opzet.",
    )


def _not_reached(name: str, declared: RoundLooks) -> Refused:
    return Refused(
        "look-not-reached",
        f"De eerste tussenstand van ronde '{name}' opent bij {declared.next_at} geslaagde tests; nu zijn het er "
        f"{len(declared.settled or ())}.",
        "Wacht tot er genoeg zijn: een test telt als beide antwoordtermijnen voorbij zijn en alles is gecodeerd.",
    )
