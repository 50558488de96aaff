"""Reads a page of formulas: tables of steps, evaluated in the order of the page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt
from typing import Any

from scipy import special

CODE = re.compile(r"^`([^`]+)`$")
KNOWN: Mapping[str, Callable[..., float]] = {
    "sqrt": sqrt,
    "exp": exp,
    "log": log,
    "abs": abs,
    "max": max,
    "min": min,
    "normal_inv": special.ndtri,
    "Phi": special.ndtr,
    "chi2_tail": lambda x, df: special.chdtrc(df, x),
    "t_inv": lambda q, df: special.stdtrit(df, q),
    "t_tail": lambda t, df: 2 * special.stdtr(df, -abs(t)),
    "B": lambda k, m, p: special.bdtr(k, int(m), p),
    "b": lambda k, m, p: exp(_log_binomial(k, m, p)),
    "beta_inv": lambda q, a, b: special.betaincinv(a, b, q),
}


def _log_binomial(k: float, m: float, p: float) -> float:
    choose = special.gammaln(m + 1) - special.gammaln(k + 1) - special.gammaln(m - k + 1)
    return float(choose + k * log(p) + (m - k) * log(1 - p))


@dataclass
class Column:
    """One column of values: what each name is worth so far."""

    known: dict[str, Any] = field(default_factory=lambda: dict(KNOWN))

    def of(self, formula: str) -> float:
        """The value of a formula of the page (its own arithmetic, with ^ for a power)."""
        return float(eval(formula.replace("^", "**"), {"__builtins__": {}}, self.known))  # noqa: S307

    def define(self, name: str, formula: str) -> None:
        """A name with letters behind it: a formula of those letters."""
        called, letters = re.fullmatch(r"(\w+)\((.+)\)", name).groups()  # type: ignore[union-attr]
        names = [letter.strip() for letter in letters.split(",")]

        def made(*values: float) -> float:
            inner = Column(self.known | dict(zip(names, values, strict=True)))
            return inner.of(formula)

        self.known[called] = made


def rows(page: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = (line for line in page.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in lines]


def code(cell: str) -> str | None:
    """What stands between backticks, if that is all there is."""
    found = CODE.match(cell)
    return found[1] if found else None
