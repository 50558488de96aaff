"""What an office always does: who answers, from which address, and what its mailbox adds by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from market.chance import Chance
from market.hearing import plain
from market.world import Advertiser, World

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_RECEIPTS = 0.2
_AWAY = 0.1
_MANY = 8
_THURSDAY = 3
_BOUNCE = 0.15
_FIRST = (
    *("Marja", "Ton", "Saskia", "Ruud", "Carla", "Edwin", "Wendy", "Marco", "Ilse"),
    *("Frank", "Petra", "Arno", "Judith", "Mark", "Debbie", "Rob", "Yvonne", "Hans"),
)
_LAST = (
    *("van Ommeren", "Slotboom", "Kamerling", "de Nijs", "Terlouw", "Boerrigter", "van Ravenzwaaij", "Hagendoorn"),
    *("Wolthuis", "Zandbergen", "van Loenen", "Oudshoorn", "Rietveld", "Bennink", "van Hasselt", "Duursma"),
)


@dataclass(frozen=True)
class Staff:
    """Who signs an answer, and the address it comes from."""

    name: str
    address: str


@dataclass(frozen=True)
class Habits:
    """Fixed ways of one advertiser; ``phone`` is a number that cannot be assigned to anybody."""

    staff: tuple[Staff, ...]
    phone: str
    receipts: bool = False
    away_week: int | None = None
    bounces: bool = False

    def away_until(self, at: datetime) -> datetime | None:
        """When the office is back, if it is out of office at ``at``: Monday to Wednesday of every third week."""
        local = at.astimezone(AMSTERDAM)
        if self.away_week is None or local.isocalendar().week % 3 != self.away_week or local.weekday() >= _THURSDAY:
            return None
        thursday = local.date() + timedelta(days=_THURSDAY - local.weekday())
        return datetime.combine(thursday, time(9), AMSTERDAM)


def habits(world: World, seed: int) -> dict[str, Habits]:
    """Habits for every advertiser: a fifth confirms receipt, a tenth is away at times, one mailbox bounces.

    The bouncing mailbox exists only among at least eight advertisers reached by mail.
    """
    chance = Chance(seed, "habits")
    keys = list(world.advertisers)
    receipts = set(chance.shuffled("receipts", keys)[: round(_RECEIPTS * len(keys))])
    away = set(chance.shuffled("away", keys)[: round(_AWAY * len(keys))])
    mailboxes = [key for key in keys if world.advertisers[key].channel == "smtp"]
    bouncing = chance.shuffled("bounces", mailboxes)[0] if len(mailboxes) >= _MANY else None
    shared = _shared_domains(world.advertisers)
    return {
        key: Habits(
            staff=_staff(one, Chance(seed, "staff", key), own_domain=one.domain.casefold() not in shared),
            phone=_phone(Chance(seed, "phone", key)),
            receipts=key in receipts,
            away_week=chance.pick(f"week {key}", (0, 1, 2)) if key in away else None,
            bounces=key == bouncing,
        )
        for key, one in world.advertisers.items()
    }


def loses(habit: Habits, chance: Chance) -> bool:
    """Whether this letter is returned as undeliverable; the same for every applicant."""
    return habit.bounces and chance.happens("bounce", _BOUNCE)


def _shared_domains(advertisers: Mapping[str, Advertiser]) -> set[str]:
    domains = [one.domain.casefold() for one in advertisers.values()]
    return {domain for domain in domains if domains.count(domain) > 1}


def _staff(advertiser: Advertiser, chance: Chance, *, own_domain: bool) -> tuple[Staff, ...]:
    """Two people; where they have a mail domain to themselves, some answer from another address than written to."""
    if advertiser.kind != "broker":
        return (Staff(advertiser.name, advertiser.email),)
    way = "same"
    if own_domain and advertiser.channel == "smtp":
        way = chance.weigh("address", {"same": 0.65, "department": 0.2, "personal": 0.15})
    names = [f"{chance.pick(f'first {n}', _FIRST)} {chance.pick(f'last {n}', _LAST)}" for n in (1, 2)]
    return tuple(Staff(name, _address(name, advertiser, way)) for name in names)


def _address(name: str, advertiser: Advertiser, way: str) -> str:
    if way == "department":
        return f"verhuur@{advertiser.domain}"
    if way == "personal":
        first, _, last = plain(name).partition(" ")
        return f"{first}.{last.replace(' ', '')}@{advertiser.domain}"
    return advertiser.email


def _phone(chance: Chance) -> str:
    digits = int(chance.uniform("number") * 100_000)
    return f"033 - 0{digits // 1000:02d} {digits % 1000:03d}0"
