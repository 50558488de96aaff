"""What followed a round, told of all offices together: at how many something happened, never at which."""

from collections.abc import Mapping

from results.disclosure import CELL_LEAST_ADVERTISERS

AGREED, DONE = "agreed", "done"


def told(totals: Mapping[str, int], kinds: tuple[str, ...]) -> dict[str, int | None]:
    """Return at how many offices each of the ``kinds`` happened, from `orchestrator.followup.totals`.

    None below `CELL_LEAST_ADVERTISERS`, none at all included; and for what is done also where the offices that are
    not done yet would be so few, as a subtraction would tell.
    """
    return {kind: _shown(totals, kind) for kind in (AGREED, DONE, *kinds)}


def _shown(totals: Mapping[str, int], kind: str) -> int | None:
    number = totals.get(kind, 0)
    rest = totals.get(AGREED, 0) - number if kind == DONE else 0
    safe = number >= CELL_LEAST_ADVERTISERS and (rest == 0 or rest >= CELL_LEAST_ADVERTISERS)
    return number if safe else None
