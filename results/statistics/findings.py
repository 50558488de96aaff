"""Estimates and tests that belong together, and what could not be computed with the reason why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from profiles.errors import BadInput
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult


@dataclass(frozen=True)
class Absent:
    """An estimate or test that these data do not allow; ``reason`` is a Dutch sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Group:
    """A part of the data with its own numbers; ``kind`` is "stratum", "order" or "arms"."""

    kind: str
    name: str
    counts: Counts
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything computed; the first estimate of a name and denominator is the default one."""

    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]
    groups: tuple[Group, ...] = ()
    absent: tuple[Absent, ...] = ()

    def estimate(self, name: str, over: str = "all", method: str | None = None) -> Estimate:
        """The estimate asked for, by the default method unless one is named. KeyError when it was not made."""
        for estimate in self.estimates:
            if (estimate.name, estimate.over) == (name, over) and method in (None, estimate.method):
                return estimate
        raise KeyError((name, over, method))

    def test(self, name: str) -> TestResult:
        """The test asked for. KeyError when there is none of that name."""
        for test in self.tests:
            if test.name == name:
                return test
        raise KeyError(name)


Found = Estimate | TestResult | Group
Make = Callable[[], Found | tuple[Found, ...]]


class Gathered:
    """Estimates, tests and groups, sorted as they come."""

    def __init__(self) -> None:
        self.estimates: list[Estimate] = []
        self.tests: list[TestResult] = []
        self.groups: list[Group] = []
        self.absent: list[Absent] = []

    def add(self, *found: Found) -> None:
        for each in found:
            if isinstance(each, Estimate):
                self.estimates.append(each)
            elif isinstance(each, TestResult):
                self.tests.append(each)
            else:
                self.groups.append(each)

    def attempt(self, **makes: Make) -> None:
        """Add what each gives; where the data do not allow one, its name and the reason stay."""
        for name, make in makes.items():
            try:
                found = make()
            except BadInput as error:
                self.absent.append(Absent(name, " ".join(_told(error))))
            else:
                self.add(*(found if isinstance(found, tuple) else (found,)))


def _told(error: BadInput) -> Iterator[str]:
    for problem in error.problems:
        yield problem.message + (f" Gevonden: {problem.found}." if problem.found else "")
