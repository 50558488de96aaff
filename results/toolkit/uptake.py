"""How many participants use each part of the toolkit, told of all together."""

from dataclasses import dataclass

from orchestrator.toolkit_uses import Uptake
from profiles.errors import Refused
from results.disclosure import CELL_LEAST_ADVERTISERS
from results.toolkit.texts import Texts

TOO_FEW = "Er doen te weinig kantoren mee: een aantal zou er een kunnen aanwijzen."
"""Fewer than `CELL_LEAST_ADVERTISERS`."""


@dataclass(frozen=True)
class Used:
    """One part, and how many of the participants use it."""

    name: str
    many: int
    of: int


def told(found: Uptake, texts: Texts) -> tuple[Used, ...]:
    """Every part with its uptake; raises `Refused` with too few participants to tell of without pointing at one."""
    if found.participants < CELL_LEAST_ADVERTISERS:
        raise Refused("too-few-participants", TOO_FEW, "Wacht tot meer kantoren meedoen.")
    return tuple(Used(part.name, found.using.get(part.key, 0), found.participants) for part in texts.parts)
