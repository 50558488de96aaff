"""From the rows of an unpaired round to the numbers of a report: groups of listings, each of which heard one arm."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from profiles.pairs import Arm
from results.reports import figures
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.unpaired import Arms, analyse_unpaired
from results.statistics.unpaired_strata import clustered_difference
from results.tables import PairRow


@dataclass(frozen=True)
class Comparison:
    """The control beside one treatment; the first estimate of a name is the default one.

    The difference clustered by advertiser comes behind the first, where advertisers heard more than one letter.
    """

    treatment: Arm
    arms: Arms
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]

    @property
    def net(self) -> Estimate:
        """The difference in chance, with the wider of the plain and the clustered interval."""
        nets = [each for each in self.estimates if each.name == "net_discrimination"]
        clustered = [each for each in nets if each.method.startswith("cluster")]
        return max([nets[0], *clustered], key=figures.width)


def comparisons(rows: Sequence[PairRow], level: float) -> tuple[Comparison, ...]:
    """Compare the control with every treatment, over the usable listings; those that nobody heard from are left out."""
    counted = figures.usable(rows)
    heard = {row.first for row in counted}
    treatments = [arm for arm in Arm if arm in heard - {Arm.CONTROL}]
    return tuple(_compared(counted, arm, level) for arm in treatments if Arm.CONTROL in heard)


def _compared(rows: Sequence[PairRow], treatment: Arm, level: float) -> Comparison:
    arms = Arms(*_heard(rows, Arm.CONTROL), *_heard(rows, treatment))
    found = analyse_unpaired(arms, level)
    first, *others = found.estimates
    return Comparison(treatment, arms, (first, *_clustered(rows, treatment, level), *others), found.tests)


def _heard(rows: Sequence[PairRow], arm: Arm) -> tuple[int, int]:
    """How many listings answered an arm positively, and how many heard it."""
    told = [row.arms[arm].positive is True for row in rows if row.first is arm]
    return sum(told), len(told)


def _clustered(rows: Sequence[PairRow], treatment: Arm, level: float) -> list[Estimate]:
    own: dict[str, list[PairRow]] = defaultdict(list)
    for row in rows:
        if row.first in (Arm.CONTROL, treatment):
            own[row.advertiser].append(row)
    sizes = Counter(len(each) for each in own.values())
    if len(own) < 2 or set(sizes) == {1}:
        return []
    table = [(*_heard(each, Arm.CONTROL), *_heard(each, treatment)) for each in own.values()]
    return [clustered_difference(table, level)]
