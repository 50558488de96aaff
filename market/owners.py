"""An owner who asks an office to leave a group out: how the market hears that, and what each office says to it."""

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from market.answers import greeting
from market.chance import Chance
from market.hearing import hear
from market.mail import Sheet, build, choose_style, reply_subject
from market.minds import patience
from market.office import Market, Outgoing
from market.quotes import quote
from market.reading import Inquiry

_LETS = re.compile(r"\b(?:verhuren|verhuur)\b", re.IGNORECASE)
_LEAVES_OUT = re.compile(r"\b(?:liever (?:geen|niet)|geen huurders)\b", re.IGNORECASE)
SILENT = "silent"
MOST = timedelta(hours=30)
"""An owner has an answer within so long, or none."""


def asks_to_leave_out(body: str) -> bool:
    """Say whether somebody with a dwelling to let asks not to let it to some."""
    return bool(_LETS.search(body) and _LEAVES_OUT.search(body))


def stance(seed: int, advertiser: str, mailbox: str) -> str:
    """What an office makes of such a request: one of the keys of owners.toml, or `SILENT`."""
    place, drawn = 0.0, Chance(seed, "owner", advertiser, mailbox.casefold()).uniform("stance")
    for key, share in shares().items():
        place += share
        if drawn < place:
            return key
    return SILENT


def reply(market: Market, inquiry: Inquiry, at: datetime) -> Outgoing | None:
    """The one mail that answers a request of an owner, received at market time ``at``; None of a silent office.

    It is no inquiry of a home-seeker: no listing, no viewing, and the owner's name changes nothing.
    """
    key = stance(market.seed, inquiry.advertiser, inquiry.mailbox)
    if key == SILENT:
        return None
    office, habits = market.world.advertisers[inquiry.advertiser], market.habits[inquiry.advertiser]
    chance = Chance(market.seed, "owner answer", office.key, inquiry.mailbox.casefold())
    due = at + min(patience(chance), MOST)
    staff, style = chance.pick("staff", habits.staff), choose_style(chance, inquiry.channel)
    lines = [greeting(hear(inquiry.applicant), "formal", chance), "", chance.pick(key, wordings()[key]), ""]
    sheet = Sheet(
        sender_name=staff.name,
        sender=staff.address,
        to_name=inquiry.applicant,
        to=inquiry.mailbox,
        subject=reply_subject(style, inquiry, ""),
        text="\n".join([*lines, "Met vriendelijke groet,", "", staff.name, office.name, f"T {habits.phone}"]),
        at=due,
        message_id=f"<{chance.token('message', 12)}@{office.domain}>",
        headers={},
    )
    raw = build(sheet, style, inquiry, quote(style.client, inquiry, inquiry.sent or at))
    return Outgoing(
        due=due, kind=f"owner:{key}", channel=inquiry.channel, advertiser=office.key, listing="",
        applicant=inquiry.applicant, mailbox=inquiry.mailbox, envelope=staff.address, to=inquiry.mailbox,
        message_id=sheet.message_id, raw=raw,
    )  # fmt: skip


@cache
def shares() -> Mapping[str, float]:
    """How often each stance is taken; what is left of one keeps silent."""
    return {key: float(each["share"]) for key, each in _file().items()}


@cache
def wordings() -> Mapping[str, tuple[str, ...]]:
    """How each stance is worded."""
    return {key: tuple(each["texts"]) for key, each in _file().items()}


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("market").joinpath("owners.toml").read_text(encoding="utf-8"))
