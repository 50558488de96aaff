"""What may be declared of a market beside its bias, and how these things are given on a command line."""

import argparse
from dataclasses import dataclass

from market.world import MarketError


@dataclass(frozen=True)
class Temper:
    """The ways of a whole market; all are proportions.

    ``base`` is the range of the chance of an invitation for a Dutch-sounding name, ``shared`` the part of the listings
    for which one and the same mood decides about everybody, ``carriers`` the part of the advertisers that carries the
    bias, and ``doubts`` the part of the letters without an invitation that is asked whether it is a test.
    """

    base: tuple[float, float] = (0.35, 0.6)
    shared: float = 0.6
    carriers: float = 0.4
    doubts: float = 0.02

    def __post_init__(self) -> None:
        low, high = self.base
        if not 0 < low <= high <= 1:
            raise MarketError(f"--base {low:g} {high:g} kan niet: geef twee aandelen boven 0, het laagste eerst.")
        for name, value, most in (
            ("shared", self.shared, 1),
            ("carriers", self.carriers, 1),
            ("doubts", self.doubts, 0.9),
        ):
            if not 0 <= value <= most:
                raise MarketError(f"--{name} {value:g} kan niet: kies een waarde van 0 tot en met {most:g}.")


USUAL = Temper()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser an option for each of them."""
    parser.add_argument(
        "--base", type=float, nargs=2, default=USUAL.base, metavar=("LAAG", "HOOG"), help="kans op een uitnodiging"
    )
    for name, told in (
        ("shared", "deel van de advertenties waar één stemming over iedereen beslist"),
        ("carriers", "deel van de aanbieders dat het verschil maakt"),
        ("doubts", "deel van de brieven zonder uitnodiging waarop wordt gevraagd of dit een test is"),
    ):
        parser.add_argument(f"--{name}", type=float, default=getattr(USUAL, name), metavar="A", help=told)


def chosen(options: argparse.Namespace) -> Temper:
    """The temper that was asked for; raises MarketError for what no market can have."""
    return Temper(tuple(options.base), options.shared, options.carriers, options.doubts)
