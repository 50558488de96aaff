"""A released document of a request test as its page and its paper say it: blocks of finished text.

Page and paper draw the same blocks, so that they cannot say different things.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from profiles.owner_requests import load
from results import disclosure, formats
from results.language import DUTCH, _, written_in
from results.paper.blocks import Alert, Block, Items, Lead, Paper, Table, Terms, Text
from results.paper.parts import Told, alert, card, flat, items, small
from results.releases.files import read
from results.request_releases.document import OTHERS, REFUSING
from results.request_releases.words import CHANNELS, KINDS, WHAT_IT_SAYS
from results.seal import digest

Document = Mapping[str, Any]


def paper_of(text: str, language: str = DUTCH) -> Paper:
    """Return the paper of a document, from its canonical text; its only moment is the last day of the period."""
    document, fingerprint = read(text), digest(text)
    last = date.fromisoformat(document["protocol"]["lastDay"])
    with written_in(language):
        version = _("versie %(number)s", number=document["version"])
        return Paper(
            title=_("Uitkomst van verzoektest %(name)s", name=document["round"]),
            subtitle=f"{_(document['study']['groundName'])} · {version}",
            author="Praktijktest",
            footer=_(
                "Praktijktest · uitkomst van een verzoektest, %(version)s, vingerafdruk %(digest)s",
                version=version,
                digest=fingerprint[:12],
            ),
            moment=datetime.combine(last, time(), UTC),
            blocks=blocks(document, fingerprint),
            language=language,
        )


def blocks(document: Document, fingerprint: str) -> tuple[Block, ...]:
    """Return what is said of a document, in the language of now."""
    return tuple(flat(_told(document, fingerprint)))


def _told(document: Document, fingerprint: str) -> Iterator[Told]:
    if document["study"]["mode"] == disclosure.REHEARSAL:
        practice = _("Deze cijfers zijn gemaakt om te oefenen. Ze zeggen niets over echte woningaanbieders.")
        yield Alert(_("Oefenronde."), practice)
    yield alert(_("Waarom er een nieuwe versie kwam:"), document["reason"])
    yield lead(document)
    if document["tables"]:
        yield card(_("Wat de kantoren antwoordden"), _answers(document))
    yield card(_("Wat dit wel en niet zegt"), items(map(_, WHAT_IT_SAYS)))
    yield card(_("Wat er is gevraagd, en hoe"), _asked(document["protocol"]), _design(document))
    yield card(_("Belasting"), _burden(document["burden"]))
    yield card(_("Methode"), _method(document, fingerprint))


def lead(document: Document) -> Lead:
    """The sentence everything is about: how many of a hundred refused, or why that is not told."""
    result = document["result"]
    if not result["shown"]:
        return Lead("", _("De cijfers van deze versie tonen wij niet."), f" {_why(result['reason'])}")
    share = result["refuses"]
    figure = _("%(number)s van de 100 kantoren", number=_per_hundred(share["value"]))
    after = _("weigerden het verzoek uitdrukkelijk, van de kantoren die wij bereikten.")
    low, high = _per_hundred(share["low"]), _per_hundred(share["high"])
    margin = _("De onzekerheidsmarge loopt van %(low)s tot %(high)s.", low=low, high=high)
    return Lead("", figure, f" {after}", (margin,))


def _why(reason: str) -> str:
    if reason == "too-small":
        return _("Wij bereikten minder dan 10 kantoren. Anders is een kantoor te herkennen.")
    if reason == "too-little-changed":
        return _(
            "Zij verschillen van een eerdere versie in te weinig kantoren. Wie de twee naast elkaar legt, zou die "
            "kantoren kunnen herkennen. Lees de eerdere versie."
        )
    return _("Geen enkel kantoor is bereikt.")


def _per_hundred(value: float) -> str:
    return formats.number(100 * value, 0)


def span(share: Document) -> str:
    """Return a share with its interval, as a cell of a table."""
    low, high = formats.percent(share["low"]), formats.percent(share["high"])
    return _("%(value)s (%(low)s tot %(high)s)", value=formats.percent(share["value"]), low=low, high=high)


def _answers(document: Document) -> Iterator[Block]:
    result, symbol = document["result"], document["policy"]["symbol"]
    rows = (
        (_("weigert uitdrukkelijk"), span(result["refuses"])),
        (_("weigert niet uitdrukkelijk"), span(result["notRefusing"])),
    )
    reached = _("Van de %(number)s kantoren die wij bereikten", number=formats.count(result["offices"]))
    yield Table(reached, (_("Antwoord"), _("Aandeel (met marge)")), rows)
    captions = {REFUSING: _("Wie uitdrukkelijk weigerde"), OTHERS: _("Wie niet uitdrukkelijk weigerde")}
    for table in (each for each in document["tables"] if each["shown"]):
        parts = ((part["name"], part["offices"]) for part in table["parts"])
        told = tuple((_(_answer(name)), symbol if number is None else formats.count(number)) for name, number in parts)
        yield Table(captions[table["name"]], (_("Antwoord"), _("Kantoren")), told)
    yield small(
        _(
            "Een aantal per antwoord tonen wij vanaf %(least)s kantoren; x: te klein, of nodig om een klein aantal te "
            "verbergen.",
            least=document["policy"]["leastOffices"],
        )
    )


def _answer(name: str) -> str:
    return KINDS[name] if name in KINDS else load().code(name).meaning


def _asked(protocol: Document) -> Iterator[Block]:
    yield Text(
        _(
            "Een verzonnen eigenaar vroeg elk kantoor één keer, zonder druk en zonder belofte, om een groep "
            "woningzoekers buiten te sluiten. Dit is wat er werd gezegd of geschreven, woord voor woord:"
        )
    )
    yield Items(tuple(("", line) for line in protocol["text"]), numbered=True)


def _design(document: Document) -> Terms:
    study, protocol = document["study"], document["protocol"]
    first, last = (date.fromisoformat(protocol[key]) for key in ("firstDay", "lastDay"))
    script = _(
        "%(script)s, versie %(number)s, vingerafdruk %(digest)s",
        script=protocol["script"],
        number=protocol["version"],
        digest=protocol["digest"],
    )
    return Terms(
        (
            (_("Grond"), _(study["groundName"])),
            (_("Hoe"), _(CHANNELS[protocol["channel"]])),
            (_("Periode"), _("%(first)s tot en met %(last)s", first=formats.day(first), last=formats.day(last))),
            (_("Script"), script),
        )
    )


def _burden(burden: Document) -> Iterator[Block]:
    yield small(
        _(
            "Alle kantoren stemden vooraf in. Een kantoor wordt één keer gevraagd; van wie niet opneemt, wordt het "
            "nummer hooguit drie keer gebeld. Aantallen zijn afgerond op tientallen."
        )
    )
    labels = {
        "planned": _("Gepland"),
        "asked": _("Gevraagd, of geprobeerd te vragen"),
        "notReached": _("Waarvan niet bereikt"),
        "cancelled": _("Niet gevraagd"),
    }
    about = {key: _("ongeveer %(number)s", number=formats.count(burden[key])) for key in labels}
    yield Terms(tuple((label, about[key]) for key, label in labels.items()))


def _method(document: Document, fingerprint: str) -> Terms:
    kappa = document["coding"]["kappa"]
    return Terms(
        (
            (_("Aandeel"), _("alle kantoren die wij bereikten, met het interval van Wilson van 95%")),
            (_("Codering"), _("twee mensen die het kantoor niet kenden; een derde besliste waar zij verschilden")),
            (
                _("Overeenstemming tussen twee codeurs (Cohens kappa)"),
                _("niet te berekenen") if kappa is None else formats.number(kappa, 2),
            ),
            (_("Vingerafdruk van deze uitkomst"), fingerprint),
        )
    )
