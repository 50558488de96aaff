"""What a reply says: text to label to outcome by numbered rules, blind to the arm. Pure.

A rule proposes, it does not decide. Below ``THRESHOLD``, and for every label that may point at a ground or at detection
of the test, people read the reply with every cue of the applicant hidden (``mask_cues``).
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from profiles.errors import BadInput, Problem
from profiles.grounds import word_pattern
from results.rules import Hit, Reading, read, rule_book

LABELS_FILE = Path(__file__).parent / "data" / "reply_labels.toml"
THRESHOLD = 0.8
VERSION = 1
"""Of how rows come to outcomes, here and in `tables`: whoever changes it counts up, and what is kept is made again."""

MASK = "█████"

_DOUBT = 0.5
_OWN_SUBJECT = re.compile(r"\s*(?:re|antw|aw|sv|fw|fwd|doorst)\s*:", re.IGNORECASE)
_BY_KIND = MappingProxyType({"automatic": "AUTOMATISCHE_ONTVANGST", "away": "AFWEZIG", "bounce": "ONBESTELBAAR"})


class Outcome(StrEnum):
    """What the design counts; ``NONE`` is silence, a machine, or an answer that says nothing about the dwelling."""

    POSITIVE = "positive"
    CONDITIONAL = "conditional"
    NEGATIVE = "negative"
    NONE = "none"


@dataclass(frozen=True)
class Label:
    """What a reply says. ``person``: always coded by people. ``technical``: a machine's; never ends the wait.

    ``demand``: asks something of the home-seeker before a viewing: a form, papers, income, a guarantor, who one is.
    """

    code: str
    number: int
    outcome: Outcome
    meaning: str
    example: str
    person: bool
    technical: bool
    demand: bool


@dataclass(frozen=True)
class Proposal:
    """A label with the rule that proposes it and the words it rests on; rule 0: no rule, or the kind of mail."""

    label: str
    confidence: float
    rule: int
    phrase: str


@cache
def labels() -> Mapping[str, Label]:
    """The thirty labels by code, in order of number."""
    data = tomllib.loads(LABELS_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({entry["code"]: _label(entry) for entry in data["label"]})


def fingerprint(design: str) -> str:
    """SHA-256 of what a label comes to, and of how; and of the ``design``, by its digest, that says what counts."""
    rank = [(label.code, label.number, label.outcome.value, label.technical) for label in labels().values()]
    return sha256(repr((VERSION, rank, design)).encode()).hexdigest()


def _label(entry: Mapping[str, object]) -> Label:
    return Label(
        code=str(entry["code"]),
        number=int(str(entry["number"])),
        outcome=Outcome(str(entry["outcome"])),
        meaning=str(entry["meaning"]),
        example=str(entry["example"]),
        person=bool(entry.get("person", False)),
        technical=bool(entry.get("technical", False)),
        demand=bool(entry.get("demand", False)),
    )


def propose(text: str, subject: str = "", kind: str = "human") -> Proposal:
    """The label the rules would give a reply; ``kind`` is the MailKind: human, automatic, away or bounce.

    ``text`` is what the sender wrote, without our own letter; masked or not makes no difference. Confidence drops under
    the threshold when sentences point at different outcomes, when a promise stands beside a word of regret, when a
    sentence that may matter ("dat kan niet") fits no rule, or when a refusal "without a reason" holds a reason.
    """
    if kind == "human":
        return _from_text(text) or _from_subject(subject) or Proposal("OVERIG", 0.0, 0, "")
    if kind not in _BY_KIND:
        raise ValueError(f"unknown kind of mail {kind!r}: expected human, {', '.join(_BY_KIND)}")
    return (_carried(text) if kind == "automatic" else None) or Proposal(_BY_KIND[kind], 1.0, 0, "")


def needs_person(proposal: Proposal) -> bool:
    """Whether people code this reply: the rules are not sure, or the label is one that rules may not give."""
    return proposal.confidence < THRESHOLD or labels()[proposal.label].person


def best(codes: Iterable[str]) -> str:
    """The one label that counts when an inquiry got several replies; none at all is GEEN_REACTIE.

    Positive beats conditional beats negative beats none; inside a class the lowest number; what a machine sent counts
    only when there is nothing else.
    """
    return min((_known(code) for code in codes), key=_rank, default=labels()["GEEN_REACTIE"]).code


def _rank(label: Label) -> tuple[bool, int, int]:
    return label.technical, tuple(Outcome).index(label.outcome), label.number


def _known(code: str) -> Label:
    if code not in labels():
        raise BadInput(
            Problem("unknown-label", "Dit label bestaat niet.", found=code, remedy="Kies een van de 30 labels.")
        )
    return labels()[code]


def _from_text(text: str) -> Proposal | None:
    reading = read(text, rule_book())
    # A human answer often opens with "wij hebben uw bericht ontvangen"; that sentence then says nothing.
    said = [hit for hit in reading.hits if not labels()[hit.rule.label].technical] or reading.hits
    return _weighed(said, reading) if said else None


def _weighed(said: Sequence[Hit], reading: Reading) -> Proposal:
    first = said[0].rule
    outcomes = {labels()[hit.rule.label].outcome for hit in said}
    promise = not outcomes.isdisjoint({Outcome.POSITIVE, Outcome.CONDITIONAL})
    reasoned = first.label == "AFWIJZING_ZONDER_REDEN" and reading.reason
    unsure = len(outcomes) > 1 or reading.unread or (promise and reading.regret) or reasoned
    confidence = min(first.confidence, _DOUBT) if unsure else first.confidence
    return Proposal(first.label, confidence, first.number, said[0].phrase)


def _from_subject(subject: str) -> Proposal | None:
    """A guess from a subject the sender wrote; never sure, because a subject says little."""
    guess = None if _OWN_SUBJECT.match(subject) else _from_text(subject)
    return guess and Proposal(guess.label, min(guess.confidence, _DOUBT), guess.rule, guess.phrase)


def _carried(text: str) -> Proposal | None:
    """What an automatic mail says beyond "received": the systems of brokers also send invitations and refusals."""
    for hit in filter(_says_something, read(text, rule_book()).hits):
        return Proposal(hit.rule.label, _DOUBT, hit.rule.number, hit.phrase)
    return None


def _says_something(hit: Hit) -> bool:
    label = labels()[hit.rule.label]
    # "Wij nemen contact met u op" and "bel ons gerust" stand in every receipt.
    spoken = label.technical or label.code in {"BELVERZOEK", "TERUGBELLEN_DOOR_KANTOOR", "OVERIG"}
    return not spoken and hit.rule.confidence >= THRESHOLD


# --- Hiding who applied ---------------------------------------------------------------------------------------------

_PARTICLES = frozenset(
    re.findall(r"\w+", "van von v vd d de den der het t ten ter te op in el al ait ben bin ould abu da dos di du la le")
)
# Names that are also everyday words: hidden only with a capital, or every "ik ben" and "niet meer" would go.
_EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "ben bos jong groot klein wit vos berg dijk meer boer koning graaf roos storm can kan sen laan brug beek "
        "heide velde veld haar hof kok prins bruin zwart post pool an bas bo do ram mark van de den der"
        " het ten ter te op in al",
    )
)
_STROKES = {
    "ı": "i",
    "ł": "l",
    "Ł": "L",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
}
_SPELT_OUT = {"ö": "oe", "ü": "ue", "ä": "ae", "å": "aa", "ø": "oe"}
# Letters a word needs to count inside another: "eyildiz", "emre84@…".
_GLUED, _TELLING = 5, 3
_LETTER = r"[^\W\d_]"
_SMALL = (
    r"(?:(?:van|von|v\.?d|v|d|de|den|der|het|'?t|ten|ter|te|op|in|el|al|ait|ben|bin|ould|abu|da|dos|di|du|la|le)"
    r"[\s.'’_-]*)"
)
_TITLE = re.compile(
    rf"(?<!{_LETTER})(?:de\s+)?(?:meneer|mijnheer|heer|heren|mevrouw|mevr|mw|mej|juffrouw|dhr|dames?|mr|mrs|ms|miss|mister|"
    rf"sir|madam|ma'am)(?!{_LETTER})\.?",
    re.IGNORECASE,
)
_MAIL_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w.-]*\w")
_ROW_OF_MASKS = re.compile(rf"{MASK}(?:[\s./&_-]*{MASK})+")


def mask_cues(text: str, names: Sequence[str], addresses: Sequence[str], words: Sequence[str] = ()) -> str:
    """The text with every cue of the applicant replaced by one bar of fixed length.

    ``names`` are full names or parts of them, ``addresses`` mail addresses or their local parts, ``words`` what else
    tells the arms apart, as `grounds.word_pattern` takes them. Hidden in any case,
    with or without diacritics, also garbled by a wrong character set: first name, last name with its particles and
    initials, mail addresses that hold either, and forms of address (meneer, mevrouw, dhr.). A name that is also an
    everyday word ("Bos", "Ben") is hidden only where it has a capital.
    """
    folded, origin = _folded(text)
    patterns = (_TITLE, _cues(tuple(names)), _telling_words(words))
    spans = [match.span() for pattern in patterns for match in pattern.finditer(folded)]
    spans += _address_spans(folded, tuple(names), tuple(addresses))
    pieces, at = [], 0
    for start, end in sorted(spans):
        # Up to the next letter, so that a combining mark goes along; "¼" folds to more than one letter.
        first, last = origin[start], max(origin[end], origin[end - 1] + 1)
        if last > at:
            pieces += [text[at : max(first, at)], MASK]
            at = last
    return _ROW_OF_MASKS.sub(MASK, "".join(pieces) + text[at:])


def leaks(text: str, names: Sequence[str], addresses: Sequence[str], words: Sequence[str] = ()) -> tuple[str, ...]:
    """The cues of the applicant that still stand in a text; empty when it may be shown to a coder."""
    folded, _ = _folded(text)
    found = [match[0] for pattern in (_TITLE, _telling_words(words)) for match in pattern.finditer(folded)]
    found += [
        word
        for word in _words(names)
        if re.search(rf"(?<!{_LETTER}){_cased(word, re.escape(_fold(word)))}(?!{_LETTER})", folded)
    ]
    found += [address for address in addresses if _fold(address) and _fold(address).lower() in folded.lower()]
    return tuple(dict.fromkeys(found))


def _telling_words(words: Sequence[str]) -> re.Pattern[str]:
    return word_pattern(_fold(word) for word in words)


def _folded(text: str) -> tuple[str, list[int]]:
    """Text without diacritics, with for every position the position in the original text (and one past the end)."""
    out, origin = [], []
    for at, char in enumerate(text):
        plain = char if char.isascii() else _fold(char)
        out.append(plain)
        origin += [at] * len(plain)
    return "".join(out), [*origin, len(text)]


def _fold(text: str) -> str:
    spread = unicodedata.normalize("NFKD", "".join(_STROKES.get(char, char) for char in text))
    return "".join(char for char in spread if unicodedata.category(char) not in {"Mn", "Cf"})


def _visible(text: str) -> str:
    """Composed letters only, without the characters nobody sees (soft hyphen, zero-width space)."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(char for char in composed if unicodedata.category(char) not in {"Mn", "Cf"})


def _words(names: Sequence[str]) -> list[str]:
    """The telling words of names: particles only where a name has nothing else."""
    telling = []
    for name in names:
        words = [word for word in re.split(r"[\s.\-'’]+", _visible(name)) if len(_fold(word)) > 1]
        telling += [word for at, word in enumerate(words) if not _particle(words, at)]
    return list(dict.fromkeys(telling))


def _particle(words: Sequence[str], at: int) -> bool:
    followed = any(_fold(word).lower() not in _PARTICLES for word in words)
    return followed and _fold(words[at]).lower() in _PARTICLES - {"ben"}


def _cased(word: str, pattern: str) -> str:
    plain = _fold(word)
    if plain.lower() in _EVERYDAY:
        return f"(?:{re.escape(plain.capitalize())}|{re.escape(plain.upper())})"
    return f"(?i:{pattern})"


@lru_cache(maxsize=256)
def _cues(names: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all the words of the names, with initials and particles before and a genitive s behind."""
    words = sorted(_words(names), key=len, reverse=True)
    if not words:
        return re.compile(r"(?!)")
    one = "|".join(_spellings(word) for word in words)
    glued = "|".join(_spellings(word) for word in words if len(word) >= _GLUED) or "(?!)"
    return re.compile(
        rf"(?<!{_LETTER})(?:(?:{_LETTER}[._]\s*|[A-Z]\s+){{0,3}}(?i:{_SMALL}){{0,3}}(?:{one})|{_LETTER}(?:{glued}))"
        rf"(?:[\W_]{{0,2}}(?i:{_SMALL}){{0,3}}(?:{one}))*(?:['’]?s)?(?!{_LETTER})"
    )


@lru_cache(maxsize=1024)
def _spellings(word: str) -> str:
    return _cased(word, "".join(_letter(char) for char in word))


def _letter(char: str) -> str:
    if char.isascii():
        return re.escape(char)
    ways = {_fold(char), _SPELT_OUT.get(char.lower(), ""), *(_fold(way) for way in _garbled(char))} - {""}
    return f"(?:{'|'.join(sorted((re.escape(way) for way in ways), key=len, reverse=True))}|[?\ufffd]{{1,2}})"


def _garbled(char: str) -> set[str]:
    """What a letter becomes when somebody's mail program reads it in the wrong character set."""
    ways = {char.encode("utf-8").decode("latin-1"), char.encode("utf-8").decode("cp1252", errors="replace")}
    return ways | {
        char.encode(page).decode("cp1252", errors="replace") for page in ("cp1254", "cp1250") if _fits(char, page)
    }


def _fits(char: str, page: str) -> bool:
    return bool(char.encode(page, errors="ignore"))


def _address_spans(folded: str, names: tuple[str, ...], addresses: tuple[str, ...]) -> list[tuple[int, int]]:
    lowered = folded.lower() if len(folded.lower()) == len(folded) else folded
    parts = [_fold(word).lower() for word in _words(names) if len(word) >= _TELLING]
    own = [part for part in (_fold(address).lower() for address in addresses) if part]
    spans = [match.span() for address in own for match in re.finditer(re.escape(address), lowered)]
    for match in _MAIL_ADDRESS.finditer(lowered):
        if any(part in match[0].rpartition("@")[0] for part in parts):
            spans.append(match.span())
    return spans
