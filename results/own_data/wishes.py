"""What a person says about their file: how it was designed, and what its columns are called."""

from dataclasses import dataclass
from enum import StrEnum


class Design(StrEnum):
    PAIRED = "paired"
    SETS = "sets"
    UNPAIRED = "unpaired"


@dataclass(frozen=True)
class Wishes:
    """Names of columns, None for the usual name; advertiser, stratum, order and value only matter where they are there.

    ``advertiser`` is used under its usual name too; stratum, order and value only when asked for. ``control``: which
    arm is the control; None means that the arms are called control and treatment.
    """

    design: Design = Design.PAIRED
    pair: str | None = None
    arm: str | None = None
    positive: str | None = None
    advertiser: str | None = None
    stratum: str | None = None
    order: str | None = None
    value: str | None = None
    control: str | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing was asked, so that the file may also hold counts."""
        return self == Wishes()
