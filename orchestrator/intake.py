"""Participants and listings from CSV, checked row by row and against each other; `fitting` asks what a design needs."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TypeVar

from orchestrator.design import AdvertiserKind, Purpose
from orchestrator.design.kinds import ROW_KEY
from orchestrator.forms import Form
from orchestrator.scope import Scope
from orchestrator.sheet import Row, Sheet, parse_sheet, read_sheet
from orchestrator.web_address import is_web_address
from profiles.errors import BadInput, Problem

__all__ = [
    "HOW_DAYS",
    "AdvertiserKind",
    "Channel",
    "ListingRow",
    "Participant",
    "Purpose",
    "doorstep",
    "limited",
    "listing_of",
    "parse_listings",
    "parse_participants",
    "read_days",
    "read_listings",
    "read_participants",
    "without_participant",
]

PARTICIPANT_COLUMNS = (
    "advertiser", "name", "kind", "email", "channel", "form_url",
    "consent_from", "consent_until", "purpose", "max_pairs",
)  # fmt: skip
LISTING_COLUMNS = (
    "listing", "advertiser", "street", "postcode", "city", "district", "rent", "rooms", "reference", "url",
)  # fmt: skip

DAYS_OFF = "days_off"
"""A column of participants.csv that may be left out."""

MOST_DAYS_OFF = 366
HOW_DAYS = "Schrijf dagen met een puntkomma ertussen, een reeks met twee punten: 2026-10-12..2026-10-16."

OPTIONAL_COLUMN = "accessible"
"""Whether a wheelchair can reach the dwelling; a list need not say."""
LONGEST_EMAIL = 254

# RFC 5321 and 5322 without the quoted forms; the part before the @ has at most 64 characters.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@({_LABEL}\.)+{_LABEL}")
_KEY = re.compile(ROW_KEY)
_POSTCODE = re.compile(r"([1-9]\d{3}) ?([A-Za-z]{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_YES_OR_NO = {"yes": True, "ja": True, "true": True, "no": False, "nee": False, "false": False, "": None}


class Channel(StrEnum):
    """How an advertiser is written to."""

    SMTP = "smtp"
    WEBFORM = "webform"


@dataclass(frozen=True)
class Participant:
    """An advertiser and its consent; first and last day of the consent both count, ``max_pairs`` None is no own cap.

    On its ``days_off`` no inquiry goes; None where the file says nothing of them, and what was known stays.
    ``form`` describes the form at ``form_url``; without one it is `forms.simple`, unless it was described before.
    ``scope`` is what it signed for; None for one that is enrolled by a list and signed nothing here.
    """

    advertiser: str
    name: str
    kind: AdvertiserKind
    email: str
    channel: Channel
    form_url: str | None
    consent_from: date
    consent_until: date
    purpose: Purpose
    max_pairs: int | None
    line: int
    row: Row | None = field(default=None, compare=False, repr=False)
    form: Form | None = None
    days_off: frozenset[date] | None = None
    scope: Scope | None = None


def limited(participants: Iterable[Participant]) -> list[str]:
    """Return the keys of those whose consent is for a number of tests."""
    return [each.advertiser for each in participants if each.max_pairs is not None]


@dataclass(frozen=True)
class ListingRow:
    """An advertised dwelling; ``street`` includes the house number, ``rent`` is whole EUR per month.

    ``reference`` and ``url`` may be empty; ``accessible`` is whether a wheelchair can reach it, None when nobody tells.
    """

    listing: str
    advertiser: str
    street: str
    postcode: str
    city: str
    district: str
    rent: int
    rooms: int
    reference: str
    url: str
    line: int
    row: Row | None = field(default=None, compare=False, repr=False)
    accessible: bool | None = None


def read_participants(path: Path) -> tuple[Participant, ...]:
    """Read participants.csv (UTF-8; comma, semicolon or tab); BadInput with every problem, by line and column.

    A column is counted as in a spreadsheet: the number of the field.
    """
    return _participants(read_sheet(path, PARTICIPANT_COLUMNS))


def parse_participants(text: str, file: str) -> tuple[Participant, ...]:
    """As `read_participants`, for text that is here already; ``file`` is what problems call it."""
    return _participants(parse_sheet(text, file, PARTICIPANT_COLUMNS))


def _participants(sheet: Sheet) -> tuple[Participant, ...]:
    cells = [_Cells(row) for row in sheet.rows]
    participants = [_participant(each) for each in cells]
    twice = [
        *_twice(sheet.rows, "advertiser", "duplicate-advertiser", "Deze aanbieder"),
        *_twice(sheet.rows, "email", "duplicate-advertiser", "Een aanbieder met dit e-mailadres"),
    ]
    _require([*sheet.problems, *(problem for each in cells for problem in each.problems), *twice])
    return tuple(participants)


def read_listings(path: Path, participants: Sequence[Participant]) -> tuple[ListingRow, ...]:
    """Read listings.csv, whose advertisers are all among the participants; else as `read_participants`."""
    return _listings(read_sheet(path, LISTING_COLUMNS), participants)


def parse_listings(text: str, file: str, participants: Sequence[Participant]) -> tuple[ListingRow, ...]:
    """As `read_listings`, for text that is here already."""
    return _listings(parse_sheet(text, file, LISTING_COLUMNS), participants)


def _listings(sheet: Sheet, participants: Sequence[Participant]) -> tuple[ListingRow, ...]:
    known = dict.fromkeys(participant.advertiser for participant in participants)
    cells = [_Cells(row) for row in sheet.rows]
    listings = [_listing(each, known) for each in cells]
    twice = [
        *_twice(sheet.rows, "listing", "duplicate-listing", "Deze advertentie"),
        *_same_dwelling(sheet.rows),
    ]
    _require([*sheet.problems, *(problem for each in cells for problem in each.problems), *twice])
    return tuple(listings)


def listing_of(row: Row, advertisers: Collection[str]) -> ListingRow:
    """Return the listing of one row, whose advertiser is among these; BadInput with every cell that is wrong."""
    cells = _Cells(row)
    listing = _listing(cells, advertisers)
    _require(cells.problems)
    return listing


def read_days(text: str) -> frozenset[date]:
    """Read "2026-10-12..2026-10-16; 2026-12-24"; ValueError for anything else, or for more than a year of days."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not all(re.fullmatch(rf"{_DAY.pattern}(\.\.{_DAY.pattern})?", part, re.ASCII) for part in parts):
        raise ValueError(text)
    spans = [[date.fromisoformat(day) for day in part.split("..")] for part in parts]
    if any(span[0] > span[-1] or (span[-1] - span[0]).days >= MOST_DAYS_OFF for span in spans):
        raise ValueError(text)
    days = ((span[0] + timedelta(days=ahead) for ahead in range((span[-1] - span[0]).days + 1)) for span in spans)
    return frozenset(chain.from_iterable(days))


def without_participant(advertiser: str, known: Collection[str]) -> tuple[str, str, str, str]:
    """Return code, message, what was found and remedy for a listing whose advertiser is not among these."""
    near = get_close_matches(advertiser, known, n=1, cutoff=0.8)
    guess = f"Bedoelt u '{near[0]}'? Zo niet: " if near else ""
    return (
        "listing-without-participant",
        "Deze aanbieder staat niet bij de deelnemers, dus er is geen toestemming.",
        advertiser,
        f"{guess}Voeg de aanbieder met toestemming toe aan de deelnemers, of haal de advertentie weg.",
    )


def _require(problems: Iterable[Problem]) -> None:
    found = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    if found:
        raise BadInput(found)


# Rows as typed values.


def _participant(cells: "_Cells") -> Participant:
    channel = cells.word("channel", Channel, "unknown-channel")
    consent_from, consent_until = cells.consent()
    return Participant(
        advertiser=cells.key("advertiser"),
        name=cells.text("name"),
        kind=cells.word("kind", AdvertiserKind, "unknown-kind"),
        email=cells.email("email"),
        channel=channel,
        form_url=cells.form_url(channel),
        consent_from=consent_from,
        consent_until=consent_until,
        purpose=cells.word("purpose", Purpose, "unknown-purpose"),
        max_pairs=cells.whole("max_pairs", 1, 1000) if cells.row["max_pairs"] else None,
        line=cells.row.line,
        row=cells.row,
        days_off=cells.days_off() if DAYS_OFF in cells.row.cells else None,
    )


def _listing(cells: "_Cells", advertisers: Collection[str]) -> ListingRow:
    return ListingRow(
        listing=cells.key("listing"),
        advertiser=cells.advertiser(advertisers),
        street=cells.text("street"),
        postcode=cells.postcode(),
        city=cells.text("city", most=100),
        district=cells.text("district", most=100),
        rent=cells.whole("rent", 50, 50_000),
        rooms=cells.whole("rooms", 1, 50),
        reference=cells.text("reference", most=80, empty=True),
        url=cells.url("url") if cells.row["url"] else "",
        line=cells.row.line,
        row=cells.row,
        accessible=cells.yes_or_no(OPTIONAL_COLUMN),
    )


Word = TypeVar("Word", bound=StrEnum)


@dataclass
class _Cells:
    """Takes typed values from a row and keeps what is wrong; a value that is wrong is replaced, for the row is lost."""

    row: Row
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, column: str, code: str, message: str, remedy: str) -> None:
        self.problems.append(self.row.problem(column, code, f"{column}: {message}", self.row[column], remedy))

    def text(self, column: str, *, most: int = 200, empty: bool = False) -> str:
        value = self.row[column]
        if not value and not empty:
            self.wrong(column, "missing-value", "Deze cel is leeg.", "Vul de cel in.")
        elif len(value) > most:
            self.wrong(column, "too-long", f"Deze tekst is langer dan {most} tekens.", "Kort de tekst in.")
        elif any(not letter.isprintable() for letter in value):
            message = "Deze tekst bevat een regeleinde of een onzichtbaar teken."
            self.wrong(column, "control-character", message, "Typ de tekst opnieuw, op één regel.")
        return value

    def key(self, column: str) -> str:
        value = self.row[column]
        if not value:
            self.wrong(column, "missing-value", "Deze cel is leeg.", "Vul de cel in.")
        elif not _KEY.fullmatch(value):
            remedy = "Gebruik hooguit 80 letters zonder accent, cijfers, streepjes, punten en liggende streepjes."
            self.wrong(column, "bad-key", "Deze sleutel heeft andere tekens of is te lang.", remedy)
        return value

    def advertiser(self, known: Collection[str]) -> str:
        before = len(self.problems)
        value = self.key("advertiser")
        if value not in known and len(self.problems) == before:
            code, message, _, remedy = without_participant(value, known)
            self.wrong("advertiser", code, message, remedy)
        return value

    def word(self, column: str, words: type[Word], code: str) -> Word:
        choices = [word.value for word in words]
        if self.row[column] in choices:
            return words(self.row[column])
        near = get_close_matches(self.row[column], choices, n=1, cutoff=0.6)
        guess = f"Bedoelt u '{near[0]}'? " if near else ""
        self.wrong(column, code, "Dit woord kennen we niet.", f"{guess}Kies uit: {', '.join(choices)}.")
        return next(iter(words))

    def whole(self, column: str, least: int, most: int) -> int:
        value = self.row[column]
        if not _WHOLE.fullmatch(value):
            remedy = "Schrijf alleen cijfers, zonder punt, komma of euroteken: 1250."
            self.wrong(column, "bad-number", "Dit is geen heel getal.", remedy)
        elif not least <= int(value) <= most:
            remedy = f"Schrijf een getal van {least} tot en met {most}."
            self.wrong(column, "bad-number", "Dit getal kan hier niet.", remedy)
        else:
            return int(value)
        return least

    def yes_or_no(self, column: str) -> bool | None:
        value = self.row.cells.get(column, "").casefold()
        if value not in _YES_OR_NO:
            remedy = "Schrijf ja of nee, of laat de cel leeg."
            self.wrong(column, "not-yes-or-no", "Dit is geen ja en geen nee.", remedy)
        return _YES_OR_NO.get(value)

    def day(self, column: str) -> date | None:
        try:
            if _DAY.fullmatch(self.row[column]):
                return date.fromisoformat(self.row[column])
        except ValueError:
            pass  # the form is right and the day does not exist: 2026-02-30
        remedy = "Schrijf jaar-maand-dag: 2026-09-07. In Excel: geef de kolom de opmaak Tekst."
        self.wrong(column, "bad-date", "Dit is geen datum.", remedy)
        return None

    def consent(self) -> tuple[date, date]:
        """First and last day of the consent."""
        given = {column: self._consent_day(column) for column in ("consent_from", "consent_until")}
        first, last = given["consent_from"], given["consent_until"]
        if first and last and last < first:
            message = f"De toestemming eindigt voor zij begint ({first})."
            self.wrong("consent_until", "consent-reversed", message, "Wissel de dagen om.")
        return first or date.min, last or date.max

    def _consent_day(self, column: str) -> date | None:
        if self.row[column]:
            return self.day(column)
        remedy = "Vul de dag in die op het toestemmingsformulier staat, of haal de regel weg."
        self.wrong(column, "missing-consent", "Zonder deze dag is er geen toestemming.", remedy)
        return None

    def days_off(self) -> frozenset[date]:
        """Days and spans of days, both ends included: "2026-10-12..2026-10-16; 2026-12-24"."""
        try:
            return read_days(self.row[DAYS_OFF])
        except ValueError:
            self.wrong(DAYS_OFF, "bad-days-off", "Dit zijn geen dagen.", HOW_DAYS)
            return frozenset()

    def email(self, column: str) -> str:
        value = self.row[column]
        if len(value) > LONGEST_EMAIL or not _EMAIL.fullmatch(value):
            remedy = "Schrijf één adres, zonder naam of spaties: verhuur@kantoor.example."
            self.wrong(column, "bad-email", "Dit is geen e-mailadres.", remedy)
        return value

    def url(self, column: str) -> str:
        value = self.row[column]
        if not is_web_address(value):
            remedy = "Schrijf het hele adres: https://kantoor.example/contact."
            self.wrong(column, "bad-url", "Dit is geen webadres.", remedy)
        return value

    def form_url(self, channel: Channel) -> str | None:
        value = self.row["form_url"]
        if self.row["channel"] == Channel.SMTP and value:
            remedy = "Maak de cel leeg, of schrijf webform bij channel."
            self.wrong("form_url", "unexpected-form-url", "Een aanbieder met smtp heeft geen formulier.", remedy)
        if channel is not Channel.WEBFORM:
            return None
        if value:
            return self.url("form_url")
        remedy = "Vul het adres van het formulier in, of schrijf smtp bij channel."
        self.wrong("form_url", "missing-form-url", "Het adres van het formulier ontbreekt.", remedy)
        return None

    def postcode(self) -> str:
        """As "3811 AB", however it was written."""
        match = _POSTCODE.fullmatch(self.row["postcode"])
        if match is None:
            self.wrong(
                "postcode", "bad-postcode", "Dit is geen postcode.", "Schrijf vier cijfers en twee letters: 3811 AB."
            )
            return ""
        return f"{match[1]} {match[2].upper()}"


# Rows against each other.


def _twice(rows: Sequence[Row], column: str, code: str, what: str) -> Iterator[Problem]:
    yield from _repeated(
        rows, column, lambda row: row[column].casefold(), code, f"{what} staat er al, op regel {{line}}."
    )


def _same_dwelling(rows: Sequence[Row]) -> Iterator[Problem]:
    message = "Deze woning (straat en postcode) staat er al, op regel {line}."
    yield from _repeated(rows, "street", _dwelling, "duplicate-listing", message)


def _dwelling(row: Row) -> str:
    return doorstep(row["street"], row["postcode"])


def doorstep(street: str, postcode: str) -> str:
    """Return what one dwelling's address always is, however it was written; empty when a part of it is missing."""
    parts = [re.sub(r"\s+", "", part).casefold() for part in (street, postcode)]
    return " ".join(parts) if all(parts) else ""


def _repeated(
    rows: Sequence[Row], column: str, same: Callable[[Row], str], code: str, message: str
) -> Iterator[Problem]:
    first: dict[str, Row] = {}
    for row in rows:
        value = same(row)
        earlier = first.setdefault(value, row)
        if value and earlier is not row:
            remedy = "Haal een van de twee regels weg."
            yield row.problem(column, code, message.format(line=earlier.line), row[column], remedy)
