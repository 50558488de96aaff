"""Errors for the person who reads them: what was wrong, where, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with somebody's input.

    ``code`` is a short fixed name ("unknown-key"), ``message`` a Dutch sentence, ``found`` what stood there and
    ``remedy`` what to write. Line and column count from 1.
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    found: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{where}: {self.code}: {self.message}" if where else f"{self.code}: {self.message}"
        if self.found is not None:
            text += f" Gevonden: {self.found}."
        if self.remedy is not None:
            text += f" {self.remedy}"
        return text


class PraktijktestError(Exception):
    """Something the user can mend; the command line prints it and ends with exit code 2."""


class BadInput(PraktijktestError):
    """A file or an argument that cannot be used; holds every problem that was found, not only the first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Refused(PraktijktestError):
    """A step that the state of the record or the rules of the study do not allow."""

    def __init__(self, code: str, message: str, remedy: str | None = None) -> None:
        self.problem = Problem(code, message, remedy=remedy)
        super().__init__(str(self.problem))
