"""Which looks were declared, and whether numbers may be shown now: between looks they stay hidden."""

from dataclasses import dataclass

from profiles.errors import BadInput, Problem
from results.statistics.looks.boundaries import Shape, spent
from results.statistics.numeric import check_share


@dataclass(frozen=True)
class LookPlan:
    """Declared looks: the numbers of usable pairs at which they fall, rising; the last is the planned total.

    ``alpha`` is what all looks together may err, two-sided, spent by ``shape``.
    """

    at: tuple[int, ...]
    alpha: float = 0.05
    shape: Shape = Shape.OBRIEN_FLEMING

    def __post_init__(self) -> None:
        check_share("alpha", self.alpha)
        whole = all(isinstance(each, int) and not isinstance(each, bool) for each in self.at)
        if not self.at or not whole or any(a >= b for a, b in zip((0, *self.at), self.at, strict=False)):
            raise BadInput(
                Problem(
                    "looks-not-rising",
                    "De tussenstanden staan niet op oplopende aantallen geslaagde tests.",
                    found=str(list(self.at)),
                    remedy="Schrijf bijvoorbeeld 200, 400 en 600; het laatste is het geplande totaal.",
                )
            )

    @property
    def planned(self) -> int:
        """Usable pairs at the end."""
        return self.at[-1]

    @property
    def fractions(self) -> tuple[float, ...]:
        """The part of the planned pairs at every look."""
        return tuple(each / self.planned for each in self.at)

    @property
    def allowed(self) -> tuple[float, ...]:
        """Two-sided alpha that may be spent up to and including every look."""
        return tuple(spent(self.fractions, self.alpha, self.shape).tolist())


@dataclass(frozen=True)
class Opened:
    """Whether unblinded numbers may be shown. ``look`` counts from 1, and is None while they are ``hidden``.

    ``next_at`` is the number of usable pairs at the next look, None when none is left. ``text`` is Dutch.
    """

    look: int | None
    next_at: int | None
    text: str

    @property
    def hidden(self) -> bool:
        """Whether no number that tells the arms apart may be shown now."""
        return self.look is None


def open_look(plan: LookPlan, observed: int, taken: int = 0, *, closed: bool = False) -> Opened:
    """Which look is open with ``observed`` usable pairs after ``taken`` looks; none means that numbers stay hidden.

    A look opens when its number of pairs is reached and stays open until it is taken (its numbers written down); then
    all is hidden until the next. Of several reached at once only the latest opens: the others are passed over, their
    alpha is not lost. A round that is ``closed`` opens its last look, with fewer pairs than planned if need be, and the
    last look stays open.
    """
    last = len(plan.at)
    _check(observed, taken, last)
    reached = last if closed else sum(observed >= at for at in plan.at)
    if reached == last:
        return Opened(last, None, f"eindstand: {observed} van {plan.planned} geslaagde tests")
    next_at = plan.at[reached]
    if reached > taken:
        return Opened(reached, next_at, f"tussenstand {reached} van {last} is open")
    return Opened(None, next_at, f"cijfers blijven verborgen tot {next_at} geslaagde tests; nu {observed}")


def _check(observed: int, taken: int, last: int) -> None:
    if observed < 0 or not 0 <= taken <= last:
        raise BadInput(
            Problem(
                "looks-do-not-fit",
                "Het aantal geslaagde tests of gehouden tussenstanden kan niet.",
                found=f"{observed} tests, {taken} van {last} tussenstanden",
                remedy="Geef aantallen van 0 of hoger, en niet meer tussenstanden dan er zijn vastgelegd.",
            )
        )
