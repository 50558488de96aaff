"""What a document tells of a re-test: before and after at the offices in both rounds, when no subtraction tells more.

Before is a part of the earlier round and after a part of this one, and of both rounds the whole is published too. So
the offices in both and what is left must be safe together in each round, beside all that other versions and other
re-tests told (`suppression.tellable`). Before is told of the earlier round as it was last seen, never of newer data.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from results import suppression
from results.releases import units
from results.releases.estimates import cells, estimate, short
from results.reports import both_rounds
from results.suppression import Unit
from results.tables import RoundTable

Groups = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Beside:
    """What others may have read beside the versions of this round: the ``groups`` of offices that re-tests told apart
    in it; and of the earlier round, if this is a re-test, these groups and the tests of its ``earlier_seen`` versions.
    """

    groups: Groups = ()
    earlier_groups: Groups = ()
    earlier_seen: Sequence[Sequence[Unit]] = ()


NOTHING = Beside()


def chapter(table: RoundTable, beside: Beside, seen: Sequence[Sequence[Unit]], *, shown: bool) -> dict[str, Any] | None:
    """Return the chapter on a re-test, None for any other round.

    ``seen`` are the tests of the versions of this round so far, ``shown`` is whether the round itself may be told.
    """
    earlier = table.earlier
    if earlier is None:
        return None
    name, found = earlier.facts.round, both_rounds.both(table)
    reason = _hidden(table, found, beside, seen) if shown else "too-few"
    if reason is not None or found is None:
        return {"of": name, "shown": False, "reason": reason}
    change = both_rounds.changed(found, table.facts.level)
    before, after = (
        Counter(unit.outcome for unit in units.units(rows, each.facts))
        for rows, each in ((found.before, earlier), (found.after, table))
    )
    return {
        "of": name,
        "shown": True,
        "offices": len(found.offices),
        "before": {"counts": cells(before), "net": estimate(change.before)},
        "after": {"counts": cells(after), "net": estimate(change.after)},
        "change": estimate(change.change),
        "detectable": short(change.detectable),
    }


def told_of(document: Mapping[str, Any], table: RoundTable) -> list[str] | None:
    """Return the offices that a document tells of together, before and after; None when it tells of none."""
    found = both_rounds.both(table)
    return sorted(found.offices) if found and document.get("retest", {}).get("shown") else None


def _hidden(
    table: RoundTable, found: both_rounds.Both | None, beside: Beside, seen: Sequence[Sequence[Unit]]
) -> str | None:
    """Why before and after are not told; nothing when they may be."""
    if table.earlier is None or not beside.earlier_seen:
        return "earlier-unseen"
    before, now = (units.units(each.rows, each.facts) for each in (table.earlier, table))
    if _unlike(before, beside.earlier_seen[-1]):
        return "earlier-changed"
    if found is None:
        return "too-few"
    here = suppression.tellable(now, (*beside.groups, found.offices), seen)
    there = suppression.tellable(before, (*beside.earlier_groups, found.offices), beside.earlier_seen)
    return None if here and there else "too-few"


def _unlike(now: Sequence[Unit], told: Sequence[Unit]) -> bool:
    was, is_ = ({unit.pair: unit for unit in each} for each in (told, now))
    return was != is_
