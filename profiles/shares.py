"""The one statistic that this room needs of its own: how sure a share is."""

from math import sqrt


def wilson(positive: float, n: float, z: float) -> tuple[float, float]:
    """Wilson score interval of ``positive`` out of ``n`` at the normal quantile ``z``; ``n`` is above 0."""
    centre = positive + z * z / 2
    half = z * sqrt(positive * (n - positive) / n + z * z / 4)
    low, high = (centre - half) / (n + z * z), (centre + half) / (n + z * z)
    # The limits at 0 and n are exact; rounding must not leave 1e-18 there.
    return (0.0 if positive == 0 else low), (1.0 if positive == n else high)
