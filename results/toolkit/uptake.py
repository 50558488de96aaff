"""How many participants use each part of the toolkit, told of all together."""

from dataclasses import dataclass

from orchestrator.toolkit_uses import Uptake
from profiles.errors import Refused
from results import formats
from results.disclosure import CELL_LEAST_ADVERTISERS
from results.toolkit.texts import Texts


@dataclass(frozen=True)
class Used:
    """One part, and how many of the participants use it, as text."""

    part: str
    many: str
    share: str


def told(found: Uptake, texts: Texts) -> tuple[Used, ...]:
    """Every part with its uptake; raises `Refused` with too few participants to tell of without pointing at one."""
    if found.participants < CELL_LEAST_ADVERTISERS:
        message = f"Er zijn minder dan {CELL_LEAST_ADVERTISERS} deelnemers: een aantal zou er een kunnen aanwijzen."
        raise Refused("too-few-participants", message, "Wacht tot meer kantoren meedoen.")
    return tuple(_used(part.key, found.using.get(part.key, 0), found.participants) for part in texts.parts)


def _used(part: str, many: int, of: int) -> Used:
    return Used(part, f"{formats.count(many)} van {formats.count(of)}", formats.percent(many / of))
