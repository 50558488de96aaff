"""What an answer says: greeting, message and signature in Dutch; pure text, no mail format."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

from market.chance import Chance
from market.habits import AMSTERDAM, Habits, Staff
from market.hearing import Person
from market.minds import Kind
from market.world import Advertiser, Listing

DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
_SUNDAY = 6
_MACHINE = (Kind.RECEIPT, Kind.AWAY)


@dataclass(frozen=True)
class Wording:
    """One way to say something; ``subject`` is empty when the answer keeps the subject of the question."""

    tone: str
    text: str
    subject: str = ""


@dataclass(frozen=True)
class Text:
    """A finished answer; ``subject`` is empty when it keeps the subject of the question."""

    subject: str
    body: str


@dataclass(frozen=True)
class Occasion:
    """Everything an answer may refer to; ``at`` is the (aware) moment at which it is sent."""

    advertiser: Advertiser
    listing: Listing
    habits: Habits
    staff: Staff
    person: Person
    subject: str
    at: datetime


def compose(kind: Kind, occasion: Occasion, chance: Chance) -> Text:
    """Word an answer of this kind; which wording it becomes depends on ``chance`` only."""
    wording = chance.pick(f"wording {kind}", wordings()[kind])
    facts = _facts(occasion, chance)
    lines = [greeting(occasion.person, wording.tone, chance, personal=kind not in _MACHINE), ""]
    lines += [wording.text.strip().format_map(facts), "", *_farewell(kind, wording.tone, occasion, chance)]
    return Text(wording.subject.format_map(facts), "\n".join(lines))


@cache
def wordings() -> Mapping[Kind, tuple[Wording, ...]]:
    """Every wording by kind, from answers.toml."""
    data = tomllib.loads(files("market").joinpath("answers.toml").read_text(encoding="utf-8"))
    return {Kind(kind): tuple(Wording(**entry) for entry in entries) for kind, entries in data.items()}


def greeting(person: Person, tone: str, chance: Chance, *, personal: bool = True) -> str:
    """How the letter opens, by name where the name is known; machines greet everybody alike."""
    if not personal or not person.first:
        return chance.pick("greeting", ("Geachte heer/mevrouw,", "Beste woningzoekende,", "Goedendag,"))
    if tone == "informal" or not person.last:
        return chance.pick("greeting", ("Hallo {0},", "Beste {0},", "Hoi {0},", "Dag {0},")).format(person.first)
    return chance.pick("greeting", _formal(person)).format(person.last[:1].upper() + person.last[1:])


def dutch_day(day: date) -> str:
    """ "woensdag 16 september"."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def _formal(person: Person) -> tuple[str, ...]:
    if person.gender == "m":
        return ("Beste meneer {0},", "Geachte heer {0},", "Beste heer {0},")
    if person.gender == "f":
        return ("Beste mevrouw {0},", "Geachte mevrouw {0},")
    return ("Geachte heer/mevrouw {0},", f"Beste {person.first} {person.last},".replace("{", "").replace("}", ""))


def _farewell(kind: Kind, tone: str, occasion: Occasion, chance: Chance) -> list[str]:
    name, office = occasion.staff.name, occasion.advertiser.name
    if kind in _MACHINE:
        return ["Met vriendelijke groet,", office]
    closings = (
        ("Groetjes,", "Groet,", "Tot ziens,")
        if tone == "informal"
        else ("Met vriendelijke groet,", "Hartelijke groet,")
    )
    closing = [chance.pick("closing", closings), ""]
    if name == office:
        return [*closing, name]
    full = [*closing, name, office, f"T {occasion.habits.phone}"]
    return full if chance.happens("full signature", 0.7) else [*closing, f"{name}, {office}"]


def _facts(occasion: Occasion, chance: Chance) -> dict[str, str]:
    listing, local = occasion.listing, occasion.at.astimezone(AMSTERDAM)
    day = local.date() + timedelta(days=2 + int(chance.uniform("day") * 6))
    day += timedelta(days=day.weekday() == _SUNDAY)
    hour, quarter = 10 + int(chance.uniform("hour") * 8), chance.pick("quarter", ("00", "15", "30", "45"))
    domain = occasion.advertiser.domain
    back = occasion.habits.away_until(occasion.at)
    return {
        "straat": listing.street,
        "plaats": listing.city,
        "ref": listing.reference or listing.key,
        "huur": str(listing.rent),
        "inkomen": str(listing.rent * 4),
        "dag": dutch_day(day),
        "tijd": f"{hour}.{quarter}",
        "tot": f"{hour + 1}.{quarter}",
        "link": f"https://agenda.{domain}/bezichtiging/{chance.token('link', 4)}",
        "site": f"https://www.{domain}/inschrijven",
        "nummer": str(12 + int(chance.uniform("number") * 60)),
        "kantoor": occasion.advertiser.name,
        "onderwerp": occasion.subject,
        "terug": dutch_day(back.date()) if back else "donderdag",
    }
