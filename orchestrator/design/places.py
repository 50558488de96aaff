"""Where in a design something is wrong: the keys that lead to it, and the problem that names them."""

from dataclasses import dataclass

from profiles.errors import Problem

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Located:
    """A problem and the keys that lead to it from the top of the design."""

    path: KeyPath
    problem: Problem


def located(path: KeyPath, code: str, message: str, *, found: str | None, remedy: str | None) -> Located:
    """A problem whose message begins with its key path: "schedule.gap_hours.max: …"."""
    named = f"{dotted(path)}: {message}" if path else message
    return Located(path, Problem(code, named, found=found, remedy=remedy))


def dotted(path: KeyPath) -> str:
    """("schedule", "weekdays", 1) as "schedule.weekdays[1]"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
