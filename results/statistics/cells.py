"""Tables of counts, one row per advertiser or stratum, checked at the door."""

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem

Table = npt.NDArray[np.int64]
C11, C10, C01, C00 = range(4)


def checked(table: npt.ArrayLike) -> Table:
    """The table as whole numbers, shape (K, 4) in the order c11 c10 c01 c00.

    Raises BadInput ``not-a-table`` for another shape and ``count-not-whole`` for anything but whole numbers from 0.
    """
    cells = np.asarray(table)
    if cells.ndim != 2 or cells.shape[1] != 4 or not len(cells):
        raise BadInput(
            Problem(
                "not-a-table",
                "Dit is geen tabel met vier tellingen per rij.",
                found=f"vorm {cells.shape}",
                remedy="Geef per woningaanbieder of stratum c11, c10, c01 en c00.",
            )
        )
    whole = np.issubdtype(cells.dtype, np.integer)
    if not whole or bool(np.any(cells < 0)):
        raise BadInput(
            Problem(
                "count-not-whole",
                "De tabel bevat iets anders dan tellingen.",
                found=str(cells.min()) if whole else f"type {cells.dtype}",
                remedy="Geef hele getallen van 0 of hoger.",
            )
        )
    return cells.astype(np.int64)


def sizes(cells: Table) -> Table:
    """Usable pairs per row."""
    return np.asarray(cells.sum(axis=1))


def net(cells: Table) -> Table:
    """Per row: pairs with only the control arm positive minus pairs with only the treatment arm positive."""
    return np.asarray(cells[:, C10] - cells[:, C01])


def discordant(cells: Table) -> Table:
    """Pairs per row in which exactly one arm was answered positively."""
    return np.asarray(cells[:, C10] + cells[:, C01])


def codes(clusters: npt.ArrayLike, rows: int) -> npt.NDArray[np.intp]:
    """The advertiser of every row as a code from 0, shape (rows,).

    Raises BadInput ``pairs-do-not-match`` for another length and ``not-a-code`` for anything but whole numbers from 0.
    """
    found = np.asarray(clusters)
    if found.shape != (rows,):
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "Het aantal woningaanbieders past niet bij het aantal tests.",
                found=f"{found.size} in plaats van {rows}",
                remedy="Geef per test één woningaanbieder.",
            )
        )
    if not np.issubdtype(found.dtype, np.integer) or bool(np.any(found < 0)):
        raise BadInput(
            Problem(
                "not-a-code",
                "De woningaanbieders zijn niet genummerd.",
                found=f"type {found.dtype}",
                remedy="Nummer de woningaanbieders vanaf 0.",
            )
        )
    return found.astype(np.intp)
