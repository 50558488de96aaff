"""The sham pairs of a round beside its real ones."""

from collections.abc import Sequence

from results import tables
from results.statistics.noise import Noise, sham_noise
from results.tables import PairRow


def of(counted: Sequence[PairRow], sham: Sequence[PairRow], level: float) -> Noise | None:
    """Set the usable sham pairs beside the usable real ones; None when there are none of either."""
    if not counted or not sham:
        return None
    return sham_noise(tables.counts(counted), tables.counts(sham), level)
