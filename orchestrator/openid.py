"""Signing in through the OpenID provider of somebody's organisation: what was asked, who came back, and why not.

What speaks the protocol is in `openid_provider`, which needs the extra ``oidc``; this module does without it.
"""

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Self

from orchestrator.accounts import hashed

LASTS = timedelta(minutes=10)
"""In which somebody signs in at their organisation and comes back."""

MOST_WAITING = 10_000


class Failure(StrEnum):
    """Why nobody was signed in."""

    STALE = "stale"
    """Not asked for in this browser, too long ago, or used already."""

    REFUSED = "refused"
    """The provider let nobody in, or took the code back."""

    UNREACHABLE = "unreachable"
    """The provider gave no answer."""

    WRONG = "wrong"
    """The provider, or somebody in its name, gave an answer that cannot be believed."""

    UNKNOWN = "unknown"
    """The provider knows them, and they may not come in here: nobody of the desk, or no address that it verified."""


class NotSignedIn(Exception):
    """Nobody was signed in; ``why`` is for the log, and holds nothing that somebody could use or be known by."""

    def __init__(self, failure: Failure, why: str) -> None:
        super().__init__(f"{failure}: {why}")
        self.failure, self.why = failure, why


@dataclass(frozen=True)
class Asked:
    """One question to the provider; only an answer to it counts. ``verifier`` proves that we asked it (RFC 7636)."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def anew(cls) -> Self:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for: an address that it verified, and whether they showed it a second factor."""

    email: str = field(repr=False)
    factor: bool


@dataclass(frozen=True)
class _Waits:
    asked: Asked
    browser: str
    next_page: str
    until: datetime


class Waiting:
    """The questions that have no answer yet. In memory: the pages are one process, and none outlives `LASTS`."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.most = most
        self._lock = Lock()
        self._questions: OrderedDict[str, _Waits] = OrderedDict()

    def keep(self, asked: Asked, browser: str, next_page: str, wall: datetime) -> None:
        """Remember what the browser with this secret asked; the oldest make room when there are too many."""
        with self._lock:
            self._questions[asked.state] = _Waits(asked, hashed(browser), next_page, wall + LASTS)
            while len(self._questions) > self.most or self._oldest().until <= wall:
                self._questions.popitem(last=False)

    def take(self, state: str, browser: str, wall: datetime) -> tuple[Asked, str]:
        """Return once what this browser asked, and where it was going; raise `NotSignedIn` for any other state."""
        with self._lock:
            found = self._questions.get(state)
            if found is None:
                raise NotSignedIn(Failure.STALE, "no such state")
            if not hmac.compare_digest(found.browser, hashed(browser)):
                # Left alone: whoever sends somebody else's state takes nothing away from them.
                raise NotSignedIn(Failure.STALE, "another browser")
            del self._questions[state]
        if found.until <= wall:
            raise NotSignedIn(Failure.STALE, "too late")
        return found.asked, found.next_page

    def _oldest(self) -> _Waits:
        return next(iter(self._questions.values()))
