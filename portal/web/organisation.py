"""Signing in through somebody's organisation: a browser goes to its OpenID provider and comes back as a person."""

from typing import TYPE_CHECKING

from orchestrator import accounts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.openid import Asked, Failure, NotSignedIn, Waiting
from orchestrator.settings import SecondFactor, Settings
from portal.web.door import REAL
from portal.web.words import _
from profiles.errors import Refused

if TYPE_CHECKING:
    from orchestrator.openid_provider import Provider


class Organisation:
    """The provider of the settings, when there is one; the session it leads to is as after a link.

    Where there is none every step raises `Refused`.
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self.database, self.clock, self.settings = database, clock, settings
        self.waiting = Waiting()
        self._known = _provider_of(settings) if settings.oidc_issuer else None

    @property
    def _provider(self) -> "Provider":
        if self._known is None:
            message = _("Hier kunt u niet via een organisatie aanmelden.")
            raise Refused("unknown-provider", message, _("Gebruik een link."))
        return self._known

    def go(self, browser: str, next_page: str) -> str:
        """Return where the browser with this secret goes to sign in; raise `NotSignedIn`."""
        asked, wall = Asked.anew(), REAL.now()
        address = self._provider.address(asked, wall)
        self.waiting.keep(asked, browser, next_page, wall)
        return address

    def come_back(self, browser: str, told: dict[str, str], words: str) -> tuple[str, str]:
        """Return the cookie of a new session, and where its person was going; raise `NotSignedIn`.

        ``told`` is what the provider sent along (``state``, ``code``, ``error`` and ``iss``), ``words`` says roughly
        which browser it is.
        """
        provider, wall = self._provider, REAL.now()
        asked, next_page = self.waiting.take(told["state"], browser, wall)
        if told["error"] or not told["code"]:
            raise provider.refusal(told["error"])
        who = provider.identify(asked, told["code"], told["iss"], wall)
        asks = self.settings.second_factor is SecondFactor.REQUIRED
        with self.database.writing() as session:
            now = self.clock.now()
            cookie = accounts.come_in(session, who.email, now, wall, words, factor=who.factor, asks=asks)
        if cookie is None:
            raise NotSignedIn(Failure.UNKNOWN, "nobody with this address")
        return cookie, next_page


def _provider_of(settings: Settings) -> "Provider":
    from orchestrator.openid_provider import Provider  # an extra: who does not use it need not have it

    return Provider(settings)
