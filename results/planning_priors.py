"""What earlier tests tell about the size of a next one, read from ``data/planning_priors.toml`` and checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from profiles.errors import BadInput, Problem
from profiles.toml_file import TomlFile

PRIORS_FILE = Path(__file__).parent / "data" / "planning_priors.toml"

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Prior(BaseModel):
    """``verified``: computed from published counts; otherwise to be looked up before use."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    label: Text
    country: Country
    verified: bool
    source: Text


class Discordance(Prior):
    """Shares of all pairs in which only one arm was positive: ``p10`` and ``p01`` of the power functions."""

    year: int
    pairs: Annotated[int, Field(ge=1)] | None = None
    control_only: Share
    treatment_only: Share
    scenario: bool


class Rates(Prior):
    """Shares positive per arm, where the pairs were not published."""

    year: int
    pairs: Annotated[int, Field(ge=1)]
    control: Share
    treatment: Share


class Ratio(Prior):
    """Chance of the treatment arm over that of the control arm; ``low`` and ``high`` both or neither."""

    ratio: Annotated[float, Field(gt=0)]
    low: Annotated[float, Field(gt=0)] | None = None
    high: Annotated[float, Field(gt=0)] | None = None


class Priors(BaseModel):
    """Every row of the file, in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    discordance: tuple[Discordance, ...]
    rates: tuple[Rates, ...]
    ratio: tuple[Ratio, ...]


@dataclass(frozen=True)
class PlannedShares:
    """What the power functions ask for, as proportions of all pairs, and the earlier study they come from, if any."""

    p10: float
    p01: float
    prior: Prior | None = None


@lru_cache
def load(path: Path = PRIORS_FILE) -> Priors:
    """The priors; BadInput with every problem and its line when the file cannot be used."""
    file = TomlFile.read(path)
    priors = file.parse(Priors)
    file.require(tuple(_problems(file, priors)))
    return priors


def planned_shares(control: float, ratio: float, discordance: float) -> PlannedShares:
    """From the control arm's expected rate, the ratio of the arms and the share of pairs that differ: p10 and p01.

    BadInput when these three cannot go together: the net difference is control x (1 - ratio), and the share of pairs
    that differ is at least that, and at most what both rates leave room for.
    """
    treatment = control * ratio
    net = control - treatment
    most = min(control + treatment, 2 - control - treatment)
    if not (0 <= control <= 1 and 0 <= treatment <= 1 and abs(net) <= discordance <= most):
        raise BadInput(
            Problem(
                "impossible-plan",
                "Deze kans, verhouding en aandeel tests met verschil gaan niet samen.",
                found=f"{control}, {ratio} en {discordance}",
                remedy=f"Kies het aandeel tests met verschil tussen {max(abs(net), 0):.3f} en {max(most, 0):.3f}.",
            )
        )
    return PlannedShares((discordance + net) / 2, (discordance - net) / 2)


def unknown(key: str) -> Problem:
    """The problem that there is no row of this key."""
    priors = load()
    known = ", ".join(map(_listed, (*priors.discordance, *priors.rates, *priors.ratio)))
    message = "Dit eerdere onderzoek staat niet in de lijst."
    return Problem("unknown-prior", message, found=key, remedy=f"Kies uit {known}.")


def _listed(row: Prior) -> str:
    return row.key if row.verified else f"{row.key} (niet nagekeken)"


def _problems(file: TomlFile, priors: Priors) -> Iterator[Problem]:
    keys = [row.key for row in (*priors.discordance, *priors.rates, *priors.ratio)]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield file.problem(
            ("key",),
            "double-key",
            "Deze sleutel komt twee keer voor.",
            found=key,
            remedy="Geef elke rij een eigen sleutel.",
        )
    for number, row in enumerate(priors.discordance):
        if row.control_only + row.treatment_only > 1:
            place = ("discordance", number, "control_only")
            yield file.problem(
                place, "not-shares", "Samen zijn deze aandelen meer dan 1.", remedy="Verbeter één van beide."
            )
        if row.pairs is None and not row.scenario:
            place = ("discordance", number, "scenario")
            yield file.problem(
                place,
                "no-pairs",
                "Een meting noemt haar aantal tests.",
                remedy="Vul pairs in, of schrijf scenario = true.",
            )
    for number, ratio in enumerate(priors.ratio):
        ends = (ratio.low, ratio.high)
        if None in ends and ends != (None, None):
            yield file.problem(
                ("ratio", number, "ratio"),
                "half-interval",
                "Een interval heeft twee grenzen.",
                remedy="Geef low en high, of geen van beide.",
            )
        elif ratio.low is not None and ratio.high is not None and not ratio.low <= ratio.ratio <= ratio.high:
            yield file.problem(
                ("ratio", number, "low"),
                "outside-interval",
                "De verhouding ligt buiten haar interval.",
                remedy="Verbeter low of high.",
            )
