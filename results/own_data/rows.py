"""Which row belongs to which test, arm, advertiser and stratum, with everything that is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.own_data.frame import Codes, Column, Frame
from results.own_data.wishes import Wishes

ARMS = {"control": 0, "treatment": 1}
OUTCOMES = {**dict.fromkeys(("1", "true", "ja", "yes"), 1), **dict.fromkeys(("0", "false", "nee", "no"), 0)}
CONTROL, TREATMENT = 0, 1


@dataclass(frozen=True)
class Grouping:
    """Names in order, and per row or test the place of its name; ``asked`` when somebody named the column."""

    names: tuple[str, ...]
    codes: Codes
    asked: bool = False

    def take(self, rows: Codes) -> "Grouping":
        return Grouping(self.names, self.codes[rows], self.asked)


class Rows:
    """A frame read with somebody's wishes; ``problems`` grows while columns are read."""

    def __init__(self, frame: Frame, wishes: Wishes) -> None:
        self.frame, self.wishes = frame, wishes
        self.problems: list[Problem] = []

    def stop_at_problems(self) -> None:
        """Raise BadInput with everything found, in the order of the file."""
        if self.problems:
            raise BadInput(sorted(self.problems, key=lambda each: (each.line or 0, each.column or 0)))

    def outcomes(self) -> Codes:
        """Per row 1 (positive) or 0; anything else is a problem ``unknown-outcome``."""
        column = self.frame.column(self.wishes.positive or "positive")
        found = column.mapped(OUTCOMES)
        remedy = "Schrijf 1 of 0, of ja of nee."
        self._each("unknown-outcome", "Dit is geen uitkomst.", column, found < 0, remedy)
        return found

    def arms(self, most: int | None = 2) -> tuple[tuple[str, ...], Codes]:
        """The arms, the control first, and per row its arm; ``most`` is how many the design has (None: any number)."""
        column = self.frame.column(self.wishes.arm or "arm")
        if self.wishes.control is None and most == 2:
            found, names = column.mapped(ARMS), tuple(ARMS)
        else:
            names = self._named(column, most)
            found = column.mapped({name.lower(): place for place, name in enumerate(names)})
        known = " of ".join(names) if len(names) == 2 else ", ".join(names)
        remedy = f"Schrijf {known}."
        if self.wishes.control is None and most == 2:
            remedy += " Heten de profielen anders? Noem het controleprofiel met --control."
        self._each("unknown-arm", "Dit profiel bestaat niet.", column, found < 0, remedy)
        return names, found

    def _named(self, column: Column, most: int | None) -> tuple[str, ...]:
        control = (self.wishes.control or "control").lower()
        texts = dict(zip(column.texts, (str(level) for level in column.levels), strict=True))
        first = [text for text in texts if control in (text.lower(), texts[text].lower())]
        others = sorted((text for text in texts if text not in first), key=str.casefold)
        listed = ", ".join([*first, *others]) or "niets"
        if not first:
            message = f"Het controleprofiel '{self.wishes.control or 'control'}' komt niet voor."
            remedy = "Noem het controleprofiel met --control zoals het in het bestand staat."
            raise BadInput(Problem("unknown-arm", message, self.frame.file, None, None, listed, remedy))
        if not others:
            message, remedy = "Er is maar één profiel, dus er valt niets te vergelijken.", "Voeg een profiel toe."
            raise BadInput(Problem("one-arm", message, self.frame.file, None, None, listed, remedy))
        if most is not None and 1 + len(others) > most:
            message = "Er zijn meer dan twee profielen."
            remedy = "Schrijf bij meer profielen per advertentie --design sets."
            raise BadInput(Problem("unknown-arm", message, self.frame.file, None, None, listed, remedy))
        return (*first, *others)

    def groups(self) -> Iterator[Grouping | None]:
        """Advertiser and stratum per row, None where the file or the wish is not there."""
        wishes = self.wishes
        advertiser = wishes.advertiser or ("advertiser" if "advertiser" in self.frame.columns else None)
        yield self._grouping(
            advertiser, bool(wishes.advertiser), "no-advertiser", "De woningaanbieder ontbreekt.", "advertiser"
        )
        yield self._grouping(wishes.stratum, True, "empty-stratum", "Het stratum ontbreekt.", "stratum")

    def _grouping(self, name: str | None, asked: bool, code: str, message: str, what: str) -> Grouping | None:
        if name is None:
            return None
        column = self.frame.column(name)
        self._each(code, message, column, column.codes < 0, f"Vul {what} in, of haal de kolom weg.")
        order = sorted(range(len(column.texts)), key=lambda place: column.texts[place])
        names, place = _numbered([column.texts[each] for each in order])
        new = np.empty(len(order) + 1, dtype=np.intp)
        new[order], new[-1] = place, -1
        return Grouping(names, new[column.codes], asked)

    def _each(self, code: str, message: str, column: Column, wrong: npt.NDArray[np.bool_], remedy: str) -> None:
        self.problems.extend(self.frame.problems(code, message, column, np.flatnonzero(wrong), remedy))


def _numbered(texts: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Distinct texts of a sorted list, and per text its place: two values with one label are one name."""
    names = tuple(dict.fromkeys(texts))
    places = {name: place for place, name in enumerate(names)}
    return names, [places[text] for text in texts]


class Tests(Rows):
    """Rows that hang together in tests: one row per arm of a pair or a set."""

    __test__ = False

    def __init__(self, frame: Frame, wishes: Wishes) -> None:
        super().__init__(frame, wishes)
        self.pair = frame.column(wishes.pair or "pair")
        self._each(
            "no-pair", "Er staat niet bij welke test deze regel hoort.", self.pair, self.pair.codes < 0, "Vul pair in."
        )
        self.rows = np.flatnonzero(self.pair.codes >= 0)
        self.codes = self.pair.codes[self.rows]
        self.size = np.bincount(self.codes, minlength=len(self.pair.levels))
        self.last = np.zeros(len(self.size), dtype=np.intp)
        self.last[self.codes] = self.rows

    def check_pairs(self, names: tuple[str, ...], arms: Codes) -> None:
        """Two rows per test, one per arm."""
        one_each = f"Geef per test één regel {names[CONTROL]} en één regel {names[TREATMENT]}."
        for test in np.flatnonzero((self.size != 2) & (self.size > 0))[:50]:
            rows = int(self.size[test])
            message = f"Test {self.pair.texts[test]} heeft {rows} {'regel' if rows == 1 else 'regels'}."
            self._at_last("pair-not-two", message, self.pair, test, one_each)
        column = self.frame.column(self.wishes.arm or "arm")
        twice = self._filled(arms, 2) & (self.size == 2)
        for test in np.flatnonzero(twice)[:50]:
            message = f"Test {self.pair.texts[test]} heeft twee keer {names[arms[self.last[test]]]}."
            self._at_last("arm-twice", message, column, test, one_each)

    def check_sets(self, names: tuple[str, ...], arms: Codes) -> None:
        """No arm twice in a set; a set may lack an arm."""
        column = self.frame.column(self.wishes.arm or "arm")
        for test in np.flatnonzero(self._filled(arms, len(names)))[:50]:
            message = f"Test {self.pair.texts[test]} heeft een profiel twee keer."
            self._at_last("arm-twice", message, column, test, "Geef per test hooguit één regel per profiel.")

    def check_same(self, grouping: Grouping | None, name: str, code: str, what: str) -> None:
        """One advertiser (stratum) in all rows of a test."""
        if grouping is None:
            return
        found, last = grouping.codes[self.rows], grouping.codes[self.last[self.codes]]
        differ = np.unique(self.codes[(found != last) & (found >= 0) & (last >= 0)])
        for test in differ[:50]:
            message = f"Test {self.pair.texts[test]} heeft meer dan één {what}."
            self._at_last(code, message, self.frame.column(name), test, "Schrijf in elke regel van een test dezelfde.")

    def _filled(self, arms: Codes, many: int) -> npt.NDArray[np.bool_]:
        """Per test whether some arm stands there more than once."""
        known = arms[self.rows] >= 0
        place = self.codes[known] * many + arms[self.rows][known]
        return np.asarray((np.bincount(place, minlength=many * len(self.size)) > 1).reshape(-1, many).any(axis=1))

    def _at_last(self, code: str, message: str, column: Column, test: int, remedy: str) -> None:
        self.problems.append(self.frame.problem(code, message, column, int(self.last[test]), remedy))

    def by_arm(self, arms: Codes, many: int) -> Codes:
        """Row number per arm and test, shape (many, tests); -1 where a test lacks an arm. Tests as in the file."""
        place = np.full((many, len(self.size)), -1, dtype=np.intp)
        place[arms[self.rows], self.codes] = self.rows
        return place[:, self.size > 0]
