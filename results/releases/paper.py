"""A released document on paper: the sentences of its page, made of the document alone.

So the file is the same byte for byte wherever and whenever it is made, and says what was signed and nothing newer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from profiles.pairs import Arm
from results import charts, disclosure, formats
from results.language import DUTCH, _, note, written_in
from results.paper.blocks import Alert, Block, Lead, Paper, Table, Terms, Text
from results.paper.common import what_it_says
from results.paper.parts import Told, alert, before_after, card, flat, four_cells, intervals, net, small
from results.releases import units
from results.releases.files import read
from results.reports import figures, retests, wording
from results.reports.values import IntervalRow, IntervalTable
from results.seal import digest
from results.statistics import Counts, Estimate

Document = Mapping[str, Any]
PARTS = {**wording.LEVELS, units.UNKNOWN: wording.NO_LEVEL}
SMALLEST_WHOLE = 0.005
"""From here a difference is told in whole numbers of a hundred listings."""


def paper_of(text: str, language: str = DUTCH, seal: str | None = None) -> Paper:
    """Return the paper of a document, from its canonical text; its only moment is the last day of the round.

    ``seal`` is that of its version, None of a version without one.
    """
    document, fingerprint = read(text), digest(text)
    study, last = document["study"], date.fromisoformat(document["protocol"]["lastDay"])
    with written_in(language):
        version = _("versie %(number)s", number=document["version"])
        return Paper(
            title=_("Uitkomst van ronde %(name)s", name=document["round"]),
            subtitle=f"{study['name']} · {study['commissioner']} · {version}",
            author=study["commissioner"],
            footer=_(
                "Praktijktest · %(commissioner)s · uitkomst %(version)s, vingerafdruk %(digest)s",
                commissioner=study["commissioner"],
                version=version,
                digest=fingerprint[:12],
            ),
            moment=datetime.combine(last, time(), UTC),
            blocks=tuple(flat(_told(document, fingerprint, seal))),
            language=language,
            seal=seal,
        )


def _told(document: Document, fingerprint: str, seal: str | None) -> Iterator[Told]:
    if document["study"]["mode"] == disclosure.REHEARSAL:
        practice = _("Deze cijfers zijn gemaakt om te oefenen. Ze zeggen niets over echte woningaanbieders.")
        yield Alert(_("Oefenronde."), practice)
    yield alert(_("Waarom er een nieuwe versie kwam:"), document["reason"])
    yield _finding(document)
    if counts := document["result"].get("counts"):
        cells = four_cells(figures.four_cells(Counts(**counts)), _("Geslaagde tests"))
        yield card(_("Wat er per test gebeurde"), cells)
    yield before_after(retests.of_document(document))
    yield _charts(document)
    yield from (_groups(table, document) for table in document["tables"] if table["name"] == units.ARM)
    yield what_it_says()
    yield card(_("Wat er is getest, en hoe"), _design(document))
    yield card(_("Deelname en belasting"), _burden(document))
    yield card(_("Tests die niet meetellen"), _excluded(document["excluded"]))
    yield card(_("Methode"), _method(document, fingerprint, seal))


# --- what was found ---------------------------------------------------------------------------------------------------


def _finding(document: Document) -> Iterator[Block]:
    result = document["result"]
    if not result["shown"]:
        yield Lead("", _("De cijfers van deze versie tonen wij niet."), f" {_hidden(result['reason'])}")
    elif "net" not in result and (treatment := _one_treatment(document)):
        yield from _two_groups(*treatment)
    elif not result.get("net"):
        yield Text(_("Deze ronde vergelijkt groepen advertenties. De aantallen per groep staan hieronder."))
    elif result["net"]["low"] > 0 or result["net"]["high"] < 0:
        yield _difference(result["net"])
    else:
        yield _no_difference(result)


def _one_treatment(document: Document) -> tuple[Document, Document] | None:
    """The control and the treatment group of an unpaired round with two, where their difference is shown."""
    parts = [part for table in document["tables"] if table["name"] == units.ARM for part in table["parts"]]
    return (parts[0], parts[1]) if len(parts) == 2 and parts[1].get("net") else None


def _two_groups(control: Document, treatment: Document) -> Iterator[Text]:
    rates = (_per_hundred(each["share"]["value"]) for each in (control, treatment))
    found = treatment["net"]
    low, value, high = (_per_hundred(found[key]) for key in ("low", "value", "high"))
    yield Text(
        _(
            "Het controleprofiel kreeg bij %(control)s van de 100 advertenties een uitnodiging, het testprofiel bij "
            "%(treatment)s van de 100.",
            **dict(zip(("control", "treatment"), rates, strict=True)),
        )
    )
    if found["low"] > 0 or found["high"] < 0:
        shown = _(
            "Het verschil is %(number)s op de 100 advertenties. De onzekerheidsmarge loopt van %(low)s tot %(high)s: "
            "nul ligt daar niet in, dus toeval verklaart dit verschil niet goed.",
            number=value, low=low, high=high,
        )  # fmt: skip
        yield Text(shown)
        return
    yield Text(_measured(value, low, high))
    yield Text(_("Elk verschil binnen de marge kan er dus zijn."))


def _hidden(reason: str) -> str:
    if reason == "too-small":
        return _(
            "Er zijn te weinig tests, of zij waren bij te weinig woningaanbieders. "
            "Anders is een woningaanbieder te herkennen."
        )
    if reason == "too-little-changed":
        return _(
            "Zij verschillen van een eerdere versie in te weinig tests. Wie de twee naast elkaar legt, zou die tests "
            "kunnen herkennen. Lees de eerdere versie."
        )
    return _("Er zijn geen geslaagde tests.")


def _difference(found: Document) -> Lead:
    """The lead of a difference that is no chance, counted in the direction in which it is positive."""
    control = found["low"] > 0
    low, value, high = sorted(abs(found[key]) for key in ("low", "value", "high"))
    after = (
        _("kreeg alleen het controleprofiel een uitnodiging, méér dan andersom.")
        if control
        else _("kreeg alleen het testprofiel een uitnodiging, méér dan andersom.")
    )
    margin = _("De onzekerheidsmarge loopt van %(low)s tot %(high)s.", low=_per_hundred(low), high=_per_hundred(high))
    figure = _("%(number)s van de 100 advertenties", number=_per_hundred(value))
    return Lead(f"{_('Bij')} ", figure, f" {after}", (margin,))


def _no_difference(result: Document) -> Lead:
    low, value, high = (_per_hundred(result["net"][key]) for key in ("low", "value", "high"))
    found, told = _("Geen aantoonbaar verschil gevonden"), (_measured(value, low, high), _limits(result["detectable"]))
    return Lead("", found, f" {_('tussen de twee profielen.')}", told)


def _measured(value: str, low: str, high: str) -> str:
    return _(
        "Het gemeten verschil is %(number)s op de 100 advertenties. De onzekerheidsmarge loopt van %(low)s tot "
        "%(high)s: nul ligt daarin, dus dit kan toeval zijn.",
        number=value, low=low, high=high,
    )  # fmt: skip


def _limits(detectable: float | None) -> str:
    if detectable is None:
        return _("Deze ronde is te klein om te zeggen welk verschil zij had kunnen vinden.")
    return _(
        "Een verschil van %(points)s of meer had deze ronde waarschijnlijk gevonden (kans van 80%%). "
        "Een kleiner verschil kan er dus zijn.",
        points=formats.points(detectable),
    )


def _per_hundred(value: float) -> str:
    return formats.number(100 * value, 0 if abs(value) >= SMALLEST_WHOLE or value == 0 else 1)


# --- tables -----------------------------------------------------------------------------------------------------------


def _charts(document: Document) -> Iterator[Told]:
    result = document["result"]
    if not result["shown"]:
        return
    if "net" not in result:
        yield _against_control(document)
        return
    headings = {
        units.DISTRICT: (_("Verschil per wijk"), _("Wijk"), _("Alle wijken")),
        units.LEVEL: (_("Verschil naar het tweede kenmerk"), _("Kenmerk"), _("Alle tests")),
    }
    for table in document["tables"]:
        if table["shown"]:
            heading, first, whole = headings[table["name"]]
            yield card(heading, _chart(document, table["parts"], first, {**result, "name": whole}))
    if sets := result["treatments"]:
        named = [{**each, "name": document["protocol"]["arms"][each["arm"]]} for each in sets]
        yield card(_("Elk testprofiel tegen het controleprofiel"), _chart(document, named, _("Testprofiel")))


def _against_control(document: Document) -> Iterator[Told]:
    arms = document["protocol"]["arms"]
    groups = [part for table in document["tables"] if table["name"] == units.ARM for part in table["parts"]]
    told = [{**each, "name": arms[each["name"]]} for each in groups if each["name"] != Arm.CONTROL]
    if any(each.get("net") for each in told):
        heading = _("Elk testprofiel tegen het controleprofiel")
        yield card(heading, _chart(document, told, _("Testprofiel")))


def _chart(document: Document, parts: Sequence[Document], first: str, whole: Document | None = None) -> Iterator[Told]:
    rows = [*parts, *([whole] if whole else [])]
    scale = charts.scale(each["net"][limit] for each in rows if each["net"] for limit in ("low", "high"))
    drawn = tuple(_row(each, scale, total=each is whole) for each in rows)
    caption = _("Verschil in uitnodigingen; rechts van nul: nadeel voor het testprofiel")
    yield intervals(IntervalTable(drawn, scale, document["protocol"]["level"]), caption, first)
    yield small(
        _(
            "De streep is de onzekerheidsmarge. Raakt de streep de nullijn, dan kan het verschil toeval zijn. "
            "Vergelijk de regels daarom niet op het getal alleen."
        )
    )
    if any(row.hidden for row in drawn):
        yield small(_suppressed(document["policy"]))


def _row(part: Document, scale: charts.Scale, *, total: bool) -> IntervalRow:
    name, counts, told = part["name"], part["counts"], part["net"]
    known = told is not None and told["low"] is not None and told["high"] is not None
    bar = charts.bar(told["low"], told["value"], told["high"], scale) if known else None
    hidden = _(disclosure.HIDDEN_PART) if counts is None else None
    estimate = Estimate(name="net_discrimination", over="all", **told) if told else None
    label = _(PARTS[name]) if name in PARTS else _(name)
    return IntervalRow(label, sum(counts.values()) if counts else None, estimate, bar, hidden, total)


def _suppressed(policy: Document) -> str:
    return _(
        "x: dit cijfer tonen wij niet. Een deel van de ronde tonen wij vanaf %(tests)s tests bij %(advertisers)s "
        "woningaanbieders, als geen van hen meer dan de helft van de tests kreeg. Soms is een tweede vakje verborgen, "
        "omdat het eerste anders is uit te rekenen.",
        tests=policy["leastTests"],
        advertisers=policy["leastAdvertisers"],
    )


def _groups(table: Document, document: Document) -> Iterator[Block]:
    if table["shown"]:
        rows = tuple(_group(part, document) for part in table["parts"])
        head: tuple[str, ...] = (_("Groep"), _("Advertenties"), _("Uitgenodigd"))
        head += (_("Van de 100 (met marge)"),) if "share" in table["parts"][0] else ()
        made = Table(_("Op elke advertentie reageerde één kandidaat"), head, rows)
        yield from card(_("Uitnodigingen per groep"), made)


def _group(part: Document, document: Document) -> tuple[str, ...]:
    name, counts, symbol = _(document["protocol"]["arms"][part["name"]]), part["counts"], document["policy"]["symbol"]
    if counts is None:
        return (name, symbol, symbol, *((symbol,) if "share" in part else ()))
    share = part.get("share")
    told = Estimate(name="rate", over="all", **share) if share else None
    shown = (formats.count(sum(counts.values())), formats.count(counts.get("yes", 0)))
    return (name, *shown, *((net(told),) if "share" in part else ()))


# --- how it was done --------------------------------------------------------------------------------------------------


def _design(document: Document) -> Terms:
    study, protocol = document["study"], document["protocol"]
    first, last = (date.fromisoformat(protocol[key]) for key in ("firstDay", "lastDay"))
    test = (
        _("op elke advertentie reageert één verzonnen kandidaat; wie van hen, is geloot")
        if protocol["approach"] == "unpaired"
        else _("verzonnen kandidaten die in één ding verschillen, reageren op dezelfde advertentie")
    )
    frozen = _(
        "versie %(number)s, vastgelegd voor de eerste reactie, vingerafdruk %(digest)s",
        number=protocol["version"],
        digest=protocol["digest"],
    )
    return Terms(
        (
            (_("Grond"), _(study["groundName"])),
            (_("Test"), test),
            (_("Controleprofiel"), _(protocol["candidates"]["control"])),
            (_("Testprofiel"), _(protocol["candidates"]["treatment"])),
            (
                _("Periode"),
                _("%(first)s tot en met %(last)s", first=formats.day(first), last=formats.day(last)),
            ),
            (_("Antwoord telt tot"), _("%(days)s dagen na de reactie", days=protocol["responseDays"])),
            (_("Wettelijke basis"), study["legalBasis"]),
            (_("Ethische toetsing"), study["ethics"]),
            (_("DPIA"), study["dpia"]),
            (_("Onderzoeksopzet"), frozen),
        )
    )


def _burden(document: Document) -> Iterator[Block]:
    took, burden = document["participation"], document["burden"]
    yield small(
        _(
            "Alle woningaanbieders stemden vooraf in. Elke uitnodiging wordt netjes afgezegd, zodat geen bezichtiging "
            "bezet blijft. Aantallen zijn afgerond op tientallen."
        )
    )
    yield Terms(
        (
            (_("Deelnemende woningaanbieders"), _few(took["advertisers"])),
            (_("Waarvan deelname ingetrokken"), _few(took["withdrawn"])),
            (_("Geplande tests"), _about(burden["planned"])),
            (_("Verzonden reacties"), _about(burden["sent"])),
            (_("Uitnodigingen ontvangen"), _about(burden["invitations"])),
            (_("Uitnodigingen afgezegd"), _about(burden["declined"])),
        )
    )


def _few(number: int | None) -> str:
    return _("minder dan 5") if number is None else formats.count(number)


def _about(number: int) -> str:
    return _("ongeveer %(number)s", number=formats.count(number))


def _excluded(excluded: Document) -> Block:
    if excluded["tests"] is None:
        return Text(
            _(
                "Er zijn tests die niet meetellen. Het zijn er te weinig, of zij waren bij te weinig "
                "woningaanbieders, om aantallen te noemen."
            )
        )
    if excluded["tests"] == 0:
        return Text(_("Er zijn geen tests uitgesloten."))
    rows = tuple(
        (
            wording.told(wording.EXCLUSIONS, each["reason"]),
            disclosure.SYMBOL if each["tests"] is None else formats.count(each["tests"]),
        )
        for each in excluded["reasons"]
    )
    return Table(_("Samen %(number)s", number=formats.count(excluded["tests"])), (_("Reden"), _("Tests")), rows)


def _method(document: Document, fingerprint: str, seal: str | None) -> Terms:
    found, coding = document["result"].get("net"), document["coding"]
    kappa = _("niet te berekenen") if coding["kappa"] is None else formats.number(coding["kappa"], 2)
    return Terms(
        (
            *(_estimated(found) if found else ()),
            (_("Gecodeerd door een vaste regel"), _about(coding["byRule"])),
            (_("Gecodeerd door mensen, zonder het profiel te zien"), _about(coding["byPeople"])),
            (_("Overeenstemming tussen twee codeurs (Cohens kappa)"), kappa),
            (_("Vingerafdruk van deze uitkomst"), fingerprint),
            (_("Zegel van de vrijgave"), seal or _("geen: deze versie is van voordat er zegels waren")),
        )
    )


def _estimated(found: Document) -> Iterator[tuple[str, str]]:
    over = _(
        "(alleen controleprofiel − alleen testprofiel) gedeeld door alle geslaagde tests: %(points)s",
        points=formats.points(found["value"]),
    )
    wide = _(
        "%(level)s; het breedste van twee methoden, want een aanbieder beantwoordt soms meer tests",
        level=formats.percent(found["level"]),
    )
    yield _("Nettoverschil"), over
    yield _("Interval"), wide
    yield _("Rekenwijze"), wording.told(wording.METHODS, found["method"])
    yield _("Waarover"), note(found["convention"])
