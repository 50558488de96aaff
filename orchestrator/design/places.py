"""Where in a design something is wrong: the keys that lead to it, and the problem that names them."""

from collections.abc import Iterable
from dataclasses import dataclass

from profiles.errors import Problem
from profiles.sentences import Sentence

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Located:
    """A problem and the keys that lead to it from the top of the design."""

    path: KeyPath
    problem: Problem


def located(path: KeyPath, code: str, message: str, *, found: str | None, remedy: str | None) -> Located:
    """A problem whose message begins with its key path: "schedule.gap_hours.max: …"."""
    named = Sentence.joined([dotted(path), message], ": ") if path else message
    return Located(path, Problem(code, named, found=found, remedy=remedy))


def choose_from(choices: Iterable[str]) -> str:
    """The remedy for a value that is not among these."""
    return Sentence.of("Kies uit: %(choices)s.", choices=", ".join(choices))


def dotted(path: KeyPath) -> str:
    """("schedule", "weekdays", 1) as "schedule.weekdays[1]"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
