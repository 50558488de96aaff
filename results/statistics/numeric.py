"""Numerical steps that the intervals share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem

Array = npt.NDArray[Any]
STEPS = 60  # halves a bracket of width 2 to below the resolution of a double


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile: 1.96 for a level of 0.95."""
    check_share("level", level)
    return float(special.ndtri(0.5 + level / 2))


def check_share(name: str, value: float) -> None:
    """Refuse anything outside the open interval from 0 to 1."""
    if not 0 < value < 1:
        raise BadInput(
            Problem(
                "not-a-share",
                f"{name} moet tussen 0 en 1 liggen.",
                found=str(value),
                remedy=f"Schrijf bijvoorbeeld {name} 0.95.",
            )
        )


def bisect(positive: Callable[[Array], npt.NDArray[np.bool_]], low: Array, high: Array) -> Array:
    """Where ``positive`` turns false between ``low`` (true) and ``high`` (false), for whole arrays at once."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        above = positive(middle)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2)
