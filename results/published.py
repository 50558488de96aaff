"""Rounds that others published, as data with source and convention, and one of ours beside those of the same one.

A share without its denominator is not a figure: rounds are set beside each other under one convention only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from profiles.profile import Ground
from profiles.toml_file import TomlFile
from results import charts
from results.charts import Bar, Scale
from results.statistics import Counts, Estimate, analyse

DATA = Path(__file__).parent / "data" / "published_rounds.toml"
Text = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$")]
Share = Annotated[float, Field(ge=-1, le=1)]


class Convention(StrEnum):
    """Over what a difference is a share; `UNSTATED` where the source does not say, and nothing may stand beside it."""

    ALL = "all"
    USABLE = "usable"
    RELATIVE = "relative"
    UNSTATED = "unstated"


METHODS = {Convention.ALL: "tango", Convention.USABLE: "tango", Convention.RELATIVE: "bonett_price"}
"""How the interval of a round of ours is made under each convention."""


class Source(BaseModel):
    """One line of the data: who found what, where, over what, and where that stands.

    ``figure`` is a proportion; or ``invited`` has the invitations of control and treatment in so many ``tests``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: Text
    country: Literal["NL", "BE"]
    place: Text
    year: Text
    by: Text
    ground: Ground
    who: Text
    how: Literal["gelezen", "pers", "afgeleid"]
    source: Text
    tests: Annotated[int, Field(gt=0)] | None = None
    figure: Share | None = None
    convention: Convention | None = None
    invited: tuple[int, int] | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.invited is None) == (self.convention is None):
            raise ValueError("either invited or convention")
        if self.invited and not (self.tests and 0 < max(self.invited) <= self.tests and min(self.invited) >= 0):
            raise ValueError("invited is of so many tests")
        return self

    def figures(self) -> dict[Convention, float | None]:
        """Return the figure under each convention in which it is known; None where the source gives a word only."""
        if self.convention:
            return {self.convention: self.figure}
        assert self.invited  # noqa: S101 - the validator asks for one of the two
        control, treatment = self.invited
        assert self.tests  # noqa: S101 - as above
        return {Convention.ALL: (control - treatment) / self.tests, Convention.RELATIVE: 1 - treatment / control}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rounds: tuple[Source, ...]


@dataclass(frozen=True)
class Line:
    """A published round under one convention; ``computed`` when its figure is ours, from the published numbers."""

    source: Source
    value: float | None
    bar: Bar | None
    computed: bool


@dataclass(frozen=True)
class Beside:
    """One convention: our round with its interval (None where it shows no figures), and what others published."""

    convention: Convention
    own: Estimate | None
    bar: Bar | None
    lines: tuple[Line, ...]
    scale: Scale


def read(path: Path = DATA) -> tuple[Source, ...]:
    """Read published rounds; raises `BadInput` with every deviation, by line."""
    return TomlFile.read(path).parse(_File).rounds


@cache
def known() -> tuple[Source, ...]:
    """Return the rounds that come along."""
    return read()


def beside(document: Mapping[str, Any], sources: tuple[Source, ...]) -> tuple[Beside, ...]:
    """Set a frozen document (`releases.document`) beside the published rounds about its ground.

    By convention; those under which nobody published are left out.
    """
    same = [each for each in sources if each.ground == document["study"]["ground"]]
    own = _own(document)
    return tuple(
        _beside(convention, own.get(convention), told)
        for convention in Convention
        if (told := [(each, each.figures()[convention]) for each in same if convention in each.figures()])
    )


def _own(document: Mapping[str, Any]) -> dict[Convention, Estimate]:
    counts = document["result"].get("counts")
    if not counts:
        return {}
    found = analyse(Counts(**counts), level=document["protocol"]["level"])
    own = {each: found.estimate("net_discrimination", over=each.value, method=how) for each, how in METHODS.items()}
    # What was signed has the wider of two intervals, and that one stands.
    return own | {Convention.ALL: replace(own[Convention.ALL], **document["result"]["net"])}


def _beside(convention: Convention, own: Estimate | None, told: list[tuple[Source, float | None]]) -> Beside:
    limits = (own.low, own.high) if own else ()
    scale = charts.scale([*limits, *(value for _, value in told)])
    lines = (Line(source, value, _point(value, scale), source.invited is not None) for source, value in told)
    drawn = own is not None and own.value is not None and own.low is not None and own.high is not None
    bar = charts.bar(own.low, own.value, own.high, scale) if own and drawn else None  # type: ignore[arg-type]
    return Beside(convention, own, bar, tuple(lines), scale)


def _point(value: float | None, scale: Scale) -> Bar | None:
    """What is published has seldom an interval: a point."""
    return None if value is None else charts.bar(value, value, value, scale)
