"""Whether a round goes as it should, check by check: what was seen, what that means, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from orchestrator.wellbeing import Gaps, Part
from profiles.sentences import Sentence
from results.balance import Line
from results.balance import verdict as balance_verdict
from results.formats import number

MOST_LOST, MOST_BOUNCED = 0.05, 0.02
"""Shares of the letters; above them a person should look: more loss costs power, more bounces point at addresses."""

UNEVEN = 0.05
MOST_LATE = timedelta(hours=1)
MOST_AHEAD = timedelta(seconds=30)
KINDS = {"order": "Eerste of latere brief", "variant": "Briefversie", "arm": "Profiel"}


@dataclass(frozen=True)
class Check:
    """One check: ``well`` or not, what was seen, what it means, and what to do when it is not well."""

    key: str
    heading: str
    well: bool
    said: str
    means: str
    do: str
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    lines: Sequence[Line] = ()


def balanced(lines: Sequence[Line]) -> Check:
    """Judge whether order, texts and weeks came out of the draw evenly."""
    worst = min((line.adjusted for line in lines), default=1.0)
    return Check(
        "evenwicht",
        "Evenwicht van volgorde, teksten en weken",
        worst >= UNEVEN,
        balance_verdict(lines),
        "De loting bepaalt wie eerst schrijft en met welke tekst. Is zij in evenwicht, dan kan het verschil tussen de "
        "profielen daar niet van komen.",
        "Kijk of de loting van de opzet is gewijzigd: praktijktest balance laat elke regel zien.",
        lines=lines,
    )


def lost(parts: Mapping[str, Sequence[Part]]) -> Check:
    """Judge how many letters were lost or came back, and whether that fell evenly."""
    ended, gone, back = (sum(getattr(part, what) for part in parts["order"]) for what in ("ended", "lost", "bounced"))
    uneven = [kind for kind, of in parts.items() if kind != "order" and _uneven(of)]
    words = "Van %(ended)s brieven die klaar zijn gingen er %(lost)s niet uit; %(bounced)s kwamen onbestelbaar terug."
    told: list[str] = [Sentence.of(words, ended=ended, lost=gone, bounced=back)]
    told += [Sentence.of("Niet gelijk verdeeld: %(kind)s.", kind=KINDS[kind]) for kind in uneven]
    too_many = ended and (gone / ended > MOST_LOST or back / ended > MOST_BOUNCED)
    return Check(
        "uitval",
        "Uitval en onbestelbare brieven",
        not too_many and not uneven,
        Sentence.joined(told),
        "Een test telt alleen mee als al zijn brieven aankwamen. Uitval kost tests; uitval die bij één tekst of één "
        "profiel vaker voorkomt, vertekent de uitkomst.",
        "Kijk bij Status naar storingen, en controleer de adressen van de aanbieders waarvan brieven terugkomen.",
        parts=parts,
    )


def _uneven(parts: Sequence[Part]) -> bool:
    """Say whether any part lost more than the others: exact, each against the rest, Bonferroni over the parts."""
    from scipy.stats import fisher_exact  # slow to import

    ended, gone = sum(part.ended for part in parts), sum(part.lost + part.bounced for part in parts)
    for part in parts:
        own, rest = part.lost + part.bounced, gone - part.lost - part.bounced
        table = np.array([[own, max(part.ended - own, 0)], [rest, max(ended - part.ended - rest, 0)]])
        if len(parts) * float(fisher_exact(table)[1]) < UNEVEN:
            return True
    return False


def kept_apart(gaps: Gaps | None) -> Check:
    """Judge whether the time between the letters of a pair is what was planned."""
    if gaps is None:
        said: str = "Er zijn nog geen tests waarvan twee brieven uitgingen."
    else:
        words = (
            "Van %(pairs)s tests gingen beide brieven uit: mediaan %(real)s uur na elkaar, gepland %(planned)s uur. "
            "De grootste afwijking is %(worst)s uur."
        )
        told = {name: number(getattr(gaps, name)) for name in ("real", "planned", "worst")}
        said = Sentence.of(words, pairs=gaps.pairs, **told)
    return Check(
        "tussentijd",
        "Tijd tussen de twee brieven",
        gaps is None or gaps.worst <= MOST_LATE / timedelta(hours=1),
        said,
        "De tweede brief wacht op de eerste en op de rust bij de aanbieder. Een grote afwijking is geen fout in de "
        "meting, want de volgorde is geloot, maar de aanbieder kan intussen hebben verhuurd.",
        "Kijk of de verzending stil lag: zie Status, en de pauzes van aanbieders.",
    )


def single(mails: int, twice: int) -> Check:
    """Tell how many mails came more than once; each content counts once, so that is never wrong."""
    words = "Er kwamen %(mails)s berichten binnen; %(twice)s daarvan kwamen vaker. Zij tellen één keer."
    return Check(
        "dubbel",
        "Dubbele berichten",
        True,
        Sentence.of(words, mails=mails, twice=twice),
        "Een bericht is herkend aan zijn inhoud, ook als een mailbox opnieuw is opgebouwd of een server het twee keer "
        "bezorgt. Twee verzendingen van één brief verbiedt de database zelf.",
        "",
    )


def on_time(ahead: timedelta) -> Check:
    """Judge whether the clocks agree."""
    words = "De nieuwste regel van het logboek ligt %(seconds)s seconden voor op de klok van deze machine."
    return Check(
        "klok",
        "Klok",
        ahead <= MOST_AHEAD,
        Sentence.of(words, seconds=number(ahead.total_seconds(), 0)),
        "Wie wanneer schrijft, hangt van de klok af. Springt zij meer dan 30 seconden, dan stopt alles vanzelf.",
        "Laat alle machines hun tijd bij dezelfde server halen (NTP).",
    )


def saved() -> Check:
    """Tell who makes backups: not this program by itself."""
    return Check(
        "back-up",
        "Back-ups",
        True,
        "Praktijktest maakt niet vanzelf back-ups en ziet niet of een ander dat doet.",
        "Na een verloren database is niet meer te zien welke brieven al uitgingen; alleen de kopieën weten dat nog.",
        "Laat praktijktest backup elke nacht draaien en oefen het terugzetten.",
    )
