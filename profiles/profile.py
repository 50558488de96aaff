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
    """The protected characteristic that a round tests; only what a name can show."""

    ORIGIN = "origin"
    GENDER = "gender"


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

    ``contract`` and ``household`` are Dutch words as a letter uses them ("vast contract", "alleenstaand").
    """

    name: Name
    age: int
    occupation: str
    contract: str
    income: int
    household: str
    move_in: date

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
