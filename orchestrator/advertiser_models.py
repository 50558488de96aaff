"""The table of who advertises; see `addresses`."""

from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base
from orchestrator.intake import AdvertiserKind, Channel
from orchestrator.sealing import Sealed, Sealing
from orchestrator.web_address import domain_of


class Advertiser(Sealing, Base):
    """Who advertises and answers; reached by exactly one enrolled address, that `addresses.set_addresses` gives it.

    ``email_index`` and ``form_index`` are the fingerprints of its addresses, ``domain`` is that of ``email``.
    ``form`` describes the form at ``form_url`` (`forms.Form`), or None for the simple form.
    """

    __tablename__ = "advertiser"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AdvertiserKind]
    email_sealed: Mapped[bytes | None]
    email = Sealed("")
    email_index: Mapped[str] = mapped_column(String(254))
    domain: Mapped[str] = mapped_column(String(255), default="", server_default="")
    channel: Mapped[Channel]
    form_url: Mapped[str | None] = mapped_column(Text)
    form_index: Mapped[str | None] = mapped_column(Text)
    form: Mapped[dict[str, Any] | None]

    @property
    def address(self) -> str:
        """The one enrolled place a letter may go to."""
        return self.email if self._page is None else self._page

    @property
    def address_index(self) -> str:
        """The fingerprint of ``address``, for which nothing is opened."""
        return self.email_index if self._page is None else self.form_index or ""

    @property
    def address_domain(self) -> str:
        """Whom a letter to ``address`` burdens, as `domain_of` says it."""
        return self.domain if self._page is None else domain_of(self._page)

    @property
    def _page(self) -> str | None:
        return self.form_url or None if self.channel is Channel.WEBFORM else None
