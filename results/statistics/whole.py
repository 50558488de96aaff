"""Tables of counts of any shape, checked at the door."""

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem

Whole = npt.NDArray[np.int64]


def whole(name: str, values: npt.ArrayLike) -> Whole:
    """``values`` as whole numbers of 0 or higher. Raises BadInput ``count-not-whole``."""
    found = _numbers(values)
    if found is None or bool(np.any(found < 0)):
        raise BadInput(
            Problem(
                "count-not-whole",
                f"{name} bevat iets anders dan tellingen.",
                found=repr(np.asarray(values, dtype=object).tolist())[:200],
                remedy="Geef hele getallen van 0 of hoger.",
            )
        )
    return found


def _numbers(values: npt.ArrayLike) -> Whole | None:
    try:
        found = np.asarray(values)
    except ValueError:  # rows of unequal length
        return None
    # Nothing at all is a float to numpy; whoever asked for a table says better what is missing.
    return found.astype(np.int64) if np.issubdtype(found.dtype, np.integer) or not found.size else None


def square(values: npt.ArrayLike) -> Whole:
    """A k×k table of counts with at least two categories and one pair.

    Raises BadInput ``count-not-whole``, ``not-square`` or ``no-pairs``.
    """
    table = whole("De tabel", values)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
        raise BadInput(
            Problem(
                "not-square",
                "De tabel is niet vierkant.",
                found=f"vorm {table.shape}",
                remedy="Geef evenveel rijen als kolommen, in dezelfde volgorde, en ten minste twee.",
            )
        )
    if not table.sum():
        raise BadInput(Problem("no-pairs", "De tabel bevat geen enkele test, dus er valt niets te berekenen."))
    return table
