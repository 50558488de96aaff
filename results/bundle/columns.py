"""The codebook: every column of the data files of a round, with what it says in Dutch and English."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from profiles.pairs import Arm
from results.reports import wording

Kind = Literal["string", "integer", "number", "boolean", "datetime"]
PAIR_STATES = {"open": "nog open", "usable": "telt mee", "excluded": "telt niet mee"}
YES_NO = {"1": "ja", "0": "nee"}


@dataclass(frozen=True)
class Column:
    """One column; ``labels`` says what its codes mean, empty where it is no code. Hours are hours, times are UTC."""

    name: str
    kind: Kind
    dutch: str
    english: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


PAIR: Sequence[Column] = (
    Column("pair", "string", "Kenmerk van de test", "Key of the pair"),
    Column("listing", "string", "Kenmerk van de advertentie", "Key of the listing"),
    Column("advertiser", "string", "Code van de woningaanbieder", "Pseudonym of the advertiser"),
    Column("advertiser_kind", "string", "Soort woningaanbieder", "Kind of advertiser", wording.KINDS),
    Column("district", "string", "Wijk", "District"),
    Column(
        "sham",
        "string",
        "Schijntest: beide brieven toonden dit profiel",
        "Sham pair: both showed this arm",
        wording.ARM_NAMES,
    ),
    Column("level", "string", "Niveau van het tweede kenmerk", "Level of the second factor", wording.LEVELS),
    Column("first", "string", "Welk profiel eerst schreef", "Which arm wrote first", wording.ARM_NAMES),
    Column("gap_hours", "number", "Uren tussen de eerste en tweede reactie", "Hours between both letters"),
    Column("state", "string", "Of de test meetelt", "Whether the pair counts", PAIR_STATES),
    Column("reason", "string", "Waarom de test niet meetelt", "Why the pair does not count", wording.EXCLUSIONS),
)
ARM: Sequence[Column] = (
    Column("name_set", "string", "Namenset", "Name set"),
    Column("variant", "string", "Briefversie", "Letter text"),
    Column("sent_at", "datetime", "Wanneer de reactie is verzonden (UTC)", "When the letter was sent (UTC)"),
    Column("label", "string", "Label van het beste antwoord", "Label of the best answer"),
    Column("outcome", "string", "Uitkomst", "Outcome", wording.OUTCOMES),
    Column("positive", "boolean", "Telt als positief antwoord", "Counts as a positive answer", YES_NO),
    Column("answer_hours", "number", "Uren tot het eerste antwoord van een mens", "Hours until the first human answer"),
)
LETTER: Sequence[Column] = (*PAIR, Column("arm", "string", "Profiel", "Arm", wording.ARM_NAMES), *ARM)
ANALYSIS: Sequence[Column] = (
    Column("pair", "string", "Kenmerk van de test", "Key of the pair"),
    Column("arm", "string", "Profiel", "Arm", wording.ARM_NAMES),
    Column("positive", "boolean", "Telt als positief antwoord", "Counts as a positive answer", YES_NO),
    Column("advertiser", "string", "Code van de woningaanbieder", "Pseudonym of the advertiser"),
)


def pair_columns(arms: Sequence[Arm]) -> tuple[Column, ...]:
    """The columns of the file with one line per pair: those of the pair, then those of each arm."""
    return (*PAIR, *_of_arms(arms))


def _of_arms(arms: Sequence[Arm]) -> Iterator[Column]:
    for arm in arms:
        for each in ARM:
            yield replace(
                each,
                name=f"{arm}_{each.name}",
                dutch=f"{each.dutch}, {wording.ARM_NAMES[arm]}",
                english=f"{each.english}, {arm}",
            )
