"""The numbered reply rules: read from ``data/reply_rules.toml`` and tried on a text, sentence by sentence."""

import re
import tomllib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import re2

from profiles.errors import BadInput, Problem

# Nobody says more in a reply; both keep a hostile text from costing minutes.
_READ, _LONGEST = 10_000, 1_000

RULES_FILE = Path(__file__).parent / "data" / "reply_rules.toml"

_ABBREVIATION = re.compile(
    r"\b(a\.s|o\.a|i\.v\.m|m\.b\.t|t\.a\.v|n\.a\.v|d\.w\.z|z\.s\.m|s\.v\.p|a\.u\.b|p\.m|j\.l|e\.d|d\.d|b\.v|v\.d|"
    r"bijv|dhr|mevr|mw|mr|mrs|ms|tel|max|min|incl|excl|ca|nr|evt|resp|aub|svp|[a-z])\.(?=\s)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\s*(?:beste|geachte|hallo|hoi|hi|hey|dag|dear|hello|goede?\s?(?:morgen|middag|avond|dag))\b[^,\n.!?]*(?:[,!.]|\n|$)",
    re.IGNORECASE,
)
# "Maar" turns a sentence round, except where it only softens: "bel maar even", "kom zaterdag maar kijken".
# A run of spaces is tried from its first one only, or a page of them would take minutes.
_BREAK = re.compile(
    r"(?<=[.!?;])\s+|\n\s*\n|\n(?=\s*[-*•])|,\s+(?=(?:maar|echter|but|however)\b)|"
    r"(?<!\s)\s+(?=maar (?:de|het|er|ik|wij|we|u|je|deze|die|dat|helaas|in|wel|voor|op|aan|dan|niet|eerst)\b)|"
    r"(?<!\s)\s+(?=(?:but|however)\b)",
    re.IGNORECASE,
)
_WORD_LIST = re.compile(r"<([a-z]+)>")


@dataclass(frozen=True)
class Rule:
    """One numbered rule; fits a sentence that holds ``pattern`` and not ``unless``. Earlier rules have priority."""

    number: int
    label: str
    confidence: float
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None


class Sieve:
    """Which rules a text can fit at all, told in one pass over it: those of which a needed word stands in it.

    RE2 works out which words a pattern cannot do without. It lets a rule through too many at times, never one too few,
    and the rules themselves are tried as ever, so that nothing that is read depends on it but the time it takes.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        options = re2.Options()
        options.case_sensitive, options.log_errors = False, False
        self._filter, self._rules, self._always = re2.Filter(), rules, list[int]()
        self._places: list[int] = []
        for place, rule in enumerate(rules):
            try:
                self._filter.Add(rule.pattern.pattern, options)
                self._places.append(place)
            except re2.error:  # it knows no look ahead
                self._always.append(place)
        self._filter.Compile()

    def candidates(self, text: str) -> Sequence[Rule]:
        """Return the rules that may fit, in order of priority."""
        try:
            # Beyond the western letters the two libraries take different ones for equal, such as the Turkish i.
            text.encode("cp1252")
        except UnicodeEncodeError:
            return self._rules
        found = self._filter.Match(text, potential=True) or ()
        return [self._rules[place] for place in sorted([*self._always, *(self._places[each] for each in found)])]


@dataclass(frozen=True)
class RuleBook:
    """The rules in order of priority, and what makes them unsure (see the head of the data file)."""

    rules: tuple[Rule, ...]
    loaded: re.Pattern[str]
    harmless: re.Pattern[str]
    regret: re.Pattern[str]
    reason: re.Pattern[str]

    @cached_property
    def sieve(self) -> Sieve:
        """The sieve of these rules."""
        return Sieve(self.rules)


@dataclass(frozen=True)
class Hit:
    """A rule that fits one sentence; ``phrase`` holds the words that made it fit, as they were written."""

    rule: Rule
    phrase: str


@dataclass(frozen=True)
class Reading:
    """What the rules see in a text: hits by priority, then position.

    ``unread``: a loaded sentence stays unexplained; ``regret``, ``reason``: such a word stands anywhere.
    """

    hits: tuple[Hit, ...]
    unread: bool
    regret: bool
    reason: bool


@cache
def rule_book() -> RuleBook:
    """The rules this version ships. Raises BadInput when the file cannot be used."""
    return read_book(RULES_FILE)


def read_book(path: Path) -> RuleBook:
    """Read and check a rules file; every wrong rule is named in one BadInput."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    words = data["words"]
    doubt = {name: _compiled(pattern, words) for name, pattern in data["doubt"].items()}
    return RuleBook(
        _rules(path, data["rule"], words), doubt["loaded"], doubt["harmless"], doubt["regret"], doubt["reason"]
    )


def _rules(path: Path, entries: Sequence[Mapping[str, object]], words: Mapping[str, str]) -> tuple[Rule, ...]:
    problems, found = list[Problem](), dict[int, Rule]()
    for entry in entries:
        try:
            rule = _rule(entry, words)
        except (KeyError, re.error) as error:
            problems.append(_problem(path, entry, f"De regel kan niet worden gelezen: {error}."))
            continue
        if rule.number in found:
            problems.append(_problem(path, entry, "Dit nummer is al gebruikt."))
        found[rule.number] = rule
    if problems:
        raise BadInput(problems)
    return tuple(found.values())


def _rule(entry: Mapping[str, object], words: Mapping[str, str]) -> Rule:
    unless = str(entry["unless"]) if "unless" in entry else None
    return Rule(
        number=int(str(entry["number"])),
        label=str(entry["label"]),
        confidence=float(str(entry["confidence"])),
        pattern=_compiled(str(entry["pattern"]), words),
        unless=None if unless is None else _compiled(unless, words),
    )


def _compiled(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_WORD_LIST.sub(lambda match: words[match[1]], pattern), re.IGNORECASE)


def _problem(path: Path, entry: Mapping[str, object], message: str) -> Problem:
    return Problem("bad-reply-rule", message, file=path.name, found=str(entry.get("number", "zonder nummer")))


def sentences(text: str) -> Iterator[str]:
    """The sentences of a reply without its greeting, each on one line; "maar" and "but" start a new one.

    The greeting goes because it holds little but a name, and no rule may depend on a name.
    """
    text = _ABBREVIATION.sub(r"\1", text[:_READ])
    for part in _BREAK.split(_GREETING.sub("", text, count=1)):
        if line := " ".join(part.split()):
            yield line[:_LONGEST]


def read(text: str, book: RuleBook) -> Reading:
    """Try the rules on a text. In each sentence the first fitting rule speaks for the whole sentence."""
    joined = "\n".join(sentences(text))
    taken: dict[int, Hit] = {}
    for rule in book.sieve.candidates(joined):
        for match in rule.pattern.finditer(joined):
            start = joined.rfind("\n", 0, match.start()) + 1
            if start not in taken and not _excused(rule, joined, start):
                taken[start] = Hit(rule, match[0])
    unread = len(text) > _READ or _unread(joined, taken, book)
    regret, reason = (pattern.search(joined) is not None for pattern in (book.regret, book.reason))
    return Reading(tuple(taken.values()), unread, regret, reason)


def _excused(rule: Rule, joined: str, start: int) -> bool:
    if rule.unless is None:
        return False
    end = joined.find("\n", start)
    return rule.unless.search(joined, start, len(joined) if end < 0 else end) is not None


def _unread(joined: str, taken: Container[int], book: RuleBook) -> bool:
    start = 0
    for line in joined.split("\n"):
        if start not in taken and book.loaded.search(line) and not book.harmless.search(line):
            return True
        start += len(line) + 1
    return False
