"""Fictitious home-seekers: frozen values that say what an applicant may contain."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# Letters that Unicode does not take apart into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
)
_DROPPED = " -'’.\u00a0"


class Ground(StrEnum):
    """The characteristic that a round tests; ``data/grounds.toml`` says of each which law protects it, if any."""

    ORIGIN = "origin"
    GENDER = "gender"
    SEXUAL_ORIENTATION = "sexual_orientation"
    CIVIL_STATUS = "civil_status"
    DISABILITY = "disability"
    RELIGION = "religion"
    LONE_PARENT = "lone_parent"
    BENEFIT_INCOME = "benefit_income"
    AGE = "age"
    LANGUAGE = "language"


class Language(StrEnum):
    """What a letter is written in."""

    DUTCH = "nl"
    ENGLISH = "en"


class Gender(StrEnum):
    """The gender that a first name suggests."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True)
class Name:
    """A first name and surname, the name set (catalogue key) it was drawn from, and the gender it suggests.

    ``cohort`` is the decade of birth that the first name suits (1980: born 1980 to 1989); None where nobody asks.
    """

    first: str
    last: str
    name_set: str
    gender: Gender
    cohort: int | None = None

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def mailbox(self) -> str:
        """ASCII local part of an e-mail address with exactly one dot: "emre.yildiz", "jeroen.vandijk".

        Raises ValueError when a letter has no plain ASCII form.
        """
        return f"{_ascii(self.first)}.{_ascii(self.last)}"


@dataclass(frozen=True)
class Profile:
    """A fictitious home-seeker; ``income`` is gross EUR per month of the whole household, ``move_in`` a calendar day.

    ``contract`` and ``household`` are Dutch words as a letter uses them ("vast contract", "alleenstaand"), whatever
    ``language`` it writes in. ``town`` is where it lives now. Who has a ``partner`` writes for both; ``sentence`` is
    the one that shows a signal, as it stands in the letter, or empty. Under the name stand its ``address`` and
    ``phone``, if it has them: where somebody truly reads and answers, never invented ones.
    """

    name: Name
    age: int
    occupation: str
    contract: str
    income: int
    household: str
    move_in: date
    town: str = ""
    partner: Name | None = None
    sentence: str = ""
    language: Language = Language.DUTCH
    phone: str = ""
    address: str = ""

    @property
    def full_name(self) -> str:
        return self.name.full

    @property
    def mailbox(self) -> str:
        """See `Name.mailbox`."""
        return self.name.mailbox


def _ascii(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_UNDECOMPOSED))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter) and letter not in _DROPPED)
    if not (plain.isascii() and plain.isalpha()):
        raise ValueError(f"no ASCII form for {text!r}")
    return plain
