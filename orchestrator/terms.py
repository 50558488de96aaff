"""What an advertiser is offered, and what it agrees to: the same or less, never more. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from orchestrator.design import Purpose
from orchestrator.design.kinds import ROW_KEY
from orchestrator.intake import Channel
from orchestrator.scope import EVERY, PHONE, Scope
from orchestrator.web_address import is_web_address
from profiles.errors import BadInput, Problem
from profiles.profile import Ground

CHANNELS = (*(channel.value for channel in Channel), PHONE)
MOST_PAIRS = 1000
MOST_LISTINGS = 500
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@dataclass(frozen=True)
class Terms:
    """An offer. ``listings`` are keys, or `EVERY` alone; ``first`` and ``last`` day count, ``days_off`` are no days.

    Letters go to ``email``, or to the form at ``form_url``; never to another address.
    """

    purpose: Purpose
    grounds: frozenset[str]
    channels: frozenset[str]
    listings: frozenset[str]
    email: str
    form_url: str | None
    first: date
    last: date
    max_pairs: int
    days_off: frozenset[date] = frozenset()

    @property
    def scope(self) -> Scope:
        """What a consent on these terms covers."""
        by_channel = {Channel.SMTP.value: self.email, Channel.WEBFORM.value: self.form_url}
        addresses = {by_channel[channel] for channel in self.channels if by_channel.get(channel)}
        return Scope(self.grounds, self.channels, frozenset(str(each) for each in addresses), self.listings)

    def record(self) -> dict[str, Any]:
        """As plain values that JSON can hold; `read` is the way back."""
        return {
            "purpose": self.purpose.value,
            "grounds": sorted(self.grounds),
            "channels": sorted(self.channels),
            "listings": sorted(self.listings),
            "email": self.email,
            "form_url": self.form_url,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "max_pairs": self.max_pairs,
            "days_off": sorted(day.isoformat() for day in self.days_off),
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """Return the terms that `record` gave."""
        grounds, channels, listings = (frozenset(told[name]) for name in ("grounds", "channels", "listings"))
        first, last = (date.fromisoformat(told[name]) for name in ("first", "last"))
        off = frozenset(map(date.fromisoformat, told["days_off"]))
        reached = (told["email"], told["form_url"])
        return cls(
            Purpose(told["purpose"]), grounds, channels, listings, *reached, first, last, told["max_pairs"], off
        )  # fmt: skip


def require(terms: Terms) -> None:
    """Raise `BadInput` with everything that is wrong with terms; the code of a problem begins with its field."""
    if problems := list(_problems(terms)):
        raise BadInput(problems)


def require_within(chosen: Terms, offered: Terms) -> None:
    """Raise `BadInput` with everything in which terms are wrong, or ask more than was offered."""
    if problems := [*_problems(chosen), *_wider(chosen, offered)]:
        raise BadInput(problems)


def _problems(terms: Terms) -> Iterator[Problem]:
    yield from _choices(terms)
    if not _EMAIL.fullmatch(terms.email) or not terms.email.isprintable():
        yield Problem("email-bad", "Dit is geen e-mailadres.", found=terms.email, remedy="Schrijf naam@domein.")
    if (Channel.WEBFORM in terms.channels) != (terms.form_url is not None):
        remedy = "Vul beide in, of geen van beide."
        yield Problem("form_url-odd", "Het kanaal formulier en een adres van het formulier horen samen.", remedy=remedy)
    elif terms.form_url is not None and not is_web_address(terms.form_url):
        remedy = "Schrijf het hele adres, met https:// ervoor."
        yield Problem("form_url-bad", "Dit is geen webadres.", found=terms.form_url, remedy=remedy)
    if terms.last < terms.first:
        yield Problem("last-reversed", "De laatste dag ligt voor de eerste.", remedy="Wissel de dagen om.")
    if not 1 <= terms.max_pairs <= MOST_PAIRS:
        remedy = f"Schrijf een getal van 1 tot en met {MOST_PAIRS}."
        yield Problem("max_pairs-bad", "Dit aantal tests kan niet.", found=str(terms.max_pairs), remedy=remedy)


def _choices(terms: Terms) -> Iterator[Problem]:
    known = {"grounds": {each.value for each in Ground}, "channels": set(CHANNELS)}
    for name, words in known.items():
        given = getattr(terms, name)
        if not given or given - words:
            remedy = f"Kies minstens een van: {', '.join(sorted(words))}."
            yield Problem(f"{name}-bad", "Hier is niets gekozen, of iets dat er niet is.", remedy=remedy)
    named = terms.listings - {EVERY}
    if not terms.listings or len(named) > MOST_LISTINGS or not all(re.fullmatch(ROW_KEY, key) for key in named):
        remedy = f"Schrijf hooguit {MOST_LISTINGS} sleutels uit de kolom listing, of kies alle."
        yield Problem("listings-bad", "Dit zijn geen advertenties.", remedy=remedy)
    elif named and EVERY in terms.listings:
        remedy = "Kies alle advertenties, of noem ze."
        yield Problem("listings-odd", "Alle advertenties en een paar ervan gaan niet samen.", remedy=remedy)


def _wider(chosen: Terms, offered: Terms) -> Iterator[Problem]:
    """In which fields more is asked than was offered: the other side must know what it signs."""
    more = {
        "purpose": chosen.purpose is not offered.purpose,
        "grounds": bool(chosen.grounds - offered.grounds),
        "channels": bool(chosen.channels - offered.channels),
        "listings": EVERY not in offered.listings and bool(chosen.listings - offered.listings),
        "email": chosen.email != offered.email,
        "form_url": chosen.form_url not in (offered.form_url, None),
        "first": chosen.first < offered.first,
        "last": chosen.last > offered.last,
        "max_pairs": chosen.max_pairs > offered.max_pairs,
        "days_off": bool(offered.days_off - chosen.days_off),
    }
    for name in (name for name, wider in more.items() if wider):
        message = "Dit is meer dan u is aangeboden."
        yield Problem(f"{name}-wider", message, remedy="Kies hetzelfde of minder, of vraag een nieuwe uitnodiging.")
