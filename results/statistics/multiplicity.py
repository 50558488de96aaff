"""Several tests at once: adjusted p values, in the order given."""

from collections.abc import Sequence

import numpy as np

from profiles.errors import BadInput, Problem


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment (family-wise error): for declared grounds."""
    values, order, count = _checked(p)
    stepped = np.maximum.accumulate(values[order] * (count - np.arange(count)))
    return _restored(stepped, order)


def benjamini_hochberg(p: Sequence[float]) -> tuple[float, ...]:
    """Benjamini-Hochberg adjustment (false discovery rate): for exploratory strata and advertisers."""
    values, order, count = _checked(p)
    scaled = values[order] * (count / (np.arange(count) + 1))  # the last factor is exactly 1
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _checked(p: Sequence[float]) -> tuple[np.ndarray, np.ndarray, int]:
    values = np.asarray(p, dtype=float)
    if not bool(np.all((values >= 0) & (values <= 1))):
        raise BadInput(Problem("not-a-p-value", "Een p-waarde ligt tussen 0 en 1.", found=str(list(p))))
    return values, np.argsort(values, kind="stable"), len(values)


def _restored(adjusted: np.ndarray, order: np.ndarray) -> tuple[float, ...]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1.0)
    return tuple(float(value) for value in result)
