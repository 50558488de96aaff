"""What a rehearsal takes for granted: each assumption with its value, where it comes from and how to change it."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.burden import ASSUMED
from portal.rehearsal.play import Wishes
from results import formats

BIAS, BASE, SHARED, CARRIERS, DOUBTS, UNCERTAIN = 0.15, (0.35, 0.6), 0.6, 0.4, 0.02, 0.01
"""The usual values; the first five are those of the market that the demo shows."""

REFERENCE = (
    "Ter vergelijking: in 2.734 tests met Arabische namen van BR Data en SPIEGEL (2017) kreeg het controleprofiel in "
    "28% van de tests een uitnodiging, en verschilden de twee profielen in 14% van de tests."
)
FIXED = (
    "De markt antwoordt mediaan na 7 uur en hooguit na zes dagen; een tiende van de aanbieders is om de drie weken van "
    "maandag tot woensdag afwezig. Zijn er minstens acht aanbieders per mail, dan stuurt één van hen 15% van de "
    "brieven als onbestelbaar terug. Dit zijn aannames, vast in de gesimuleerde markt.",
    "Elk antwoord krijgt het juiste label, en een aanbieder die pauze krijgt wordt meteen weer vrijgegeven.",
    ASSUMED,
)


@dataclass(frozen=True)
class Assumption:
    """``source`` is "aanname" for a usual value and "opgegeven" for one that was given with ``option``."""

    name: str
    value: str
    source: str
    option: str


def assumptions(wishes: Wishes) -> tuple[Assumption, ...]:
    """Every assumption that can be given, in the order of the table."""
    share = formats.percent
    rows: tuple[tuple[str, str, object, object, Callable[..., str]], ...] = (
        ("nettoverschil van de markt", "--bias", wishes.bias, BIAS, formats.points),
        ("kans van het controleprofiel", "--base", wishes.base, BASE, _range),
        ("advertenties met één stemming voor beide", "--shared", wishes.shared, SHARED, share),
        ("aanbieders die het verschil maken", "--carriers", wishes.carriers, CARRIERS, share),
        ("niet-uitnodigingen die naar een test vragen", "--doubts", wishes.doubts, DOUBTS, share),
        ("tests waarvan de verzending onzeker blijft", "--uncertain", wishes.uncertain, UNCERTAIN, share),
    )
    return tuple(
        Assumption(name, told(value), "aanname" if value == usual else "opgegeven", option)
        for name, option, value, usual, told in rows
    )


def _range(limits: tuple[float, float]) -> str:
    return f"{formats.percent(limits[0])} tot {formats.percent(limits[1])}"
