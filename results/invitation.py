"""What an office reads, signs and tells its staff, in plain Dutch: texts that a municipality can replace, and terms.

All of it is in Dutch, whatever language a page is in: what is signed is one text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from pathlib import Path

from orchestrator.design import Purpose
from orchestrator.intake import Channel
from orchestrator.invitations import Signature, fingerprint
from orchestrator.scope import EVERY, PHONE
from orchestrator.terms import Terms
from profiles import grounds
from profiles.errors import BadInput, Problem
from profiles.profile import Ground
from results import formats
from results.language import DUTCH
from results.paper import Paper
from results.paper.blocks import Block
from results.toolkit.making import PLACEHOLDER, items, plain, unknown
from results.toolkit.texts import Folder, Passage, fingerprint_of, passages_of

INDEX, LETTER, NOTICE = "invitation.toml", "invitation.md", "notice.md"
PURPOSES = {
    Purpose.LEARNING: "om van te leren: u krijgt een terugkoppeling, en die is alleen voor u",
    Purpose.MONITORING: "om te volgen hoe het gaat in de hele markt",
}
CHANNELS = {
    Channel.SMTP.value: "e-mail",
    Channel.WEBFORM.value: "het formulier op uw website",
    PHONE: "telefoon: iemand vraagt u als eigenaar een keer iets",
}
KNOWN = frozenset({"office", "municipality", "contact"})
PERIOD = frozenset({"first", "last"})
WHEN = formats.Formats(DUTCH)


@dataclass(frozen=True)
class Texts:
    """Letter and notice with their placeholders; ``version`` names one text only."""

    version: str
    letter: str
    notice: str
    municipality: str
    contact: str


def read_texts(own: Path | None = None) -> Texts:
    """Read the texts, each from the folder of a municipality where that has one.

    Raises BadInput with file and line of each placeholder that does not exist, and for what is wrong with a file.
    """
    folder = Folder(own)
    told, texts = folder.table(INDEX), {name: folder.read(name) for name in (LETTER, NOTICE)}
    allowed = {LETTER: KNOWN, NOTICE: KNOWN | PERIOD}
    problems = [
        unknown(passage, name, allowed[file])
        for file, text in texts.items()
        for passage in passages_of(text, folder.name(file))
        for name in PLACEHOLDER.findall(passage.text)
        if name not in allowed[file]
    ]
    problems += [
        Problem("missing-value", "Hierin ontbreekt een tekst.", folder.name(INDEX), remedy=f'Schrijf {name} = "…".')
        for name in ("version", "municipality", "contact")
        if not isinstance(told.get(name), str) or not told[name].strip()
    ]
    if problems:
        raise BadInput(problems)
    mark = fingerprint_of({**texts, INDEX: folder.read(INDEX)})
    return Texts(f"{told['version']} ({mark})", texts[LETTER], texts[NOTICE], told["municipality"], told["contact"])


def letter(texts: Texts, office: str) -> str:
    """Return the text that an office is shown with its offer."""
    return _filled(texts.letter, {"office": office, **_sender(texts)})


def told_terms(terms: Terms) -> tuple[tuple[str, str], ...]:
    """Terms in words: what each is about, and what it says."""
    labels = grounds.load().grounds
    off = ", ".join(WHEN.day(day) for day in sorted(terms.days_off))
    return (
        ("Doel", PURPOSES[terms.purpose]),
        ("Gronden", ", ".join(sorted(labels[Ground(each)].label for each in terms.grounds))),
        ("Manieren", ", ".join(CHANNELS[each] for each in CHANNELS if each in terms.channels)),
        ("Adressen", ", ".join(sorted(terms.scope.addresses)) or "geen"),
        ("Advertenties", "alle van uw kantoor" if EVERY in terms.listings else ", ".join(sorted(terms.listings))),
        ("Periode", f"{WHEN.day(terms.first)} tot en met {WHEN.day(terms.last)}"),
        ("Hoogstens", formats.many(terms.max_pairs, "test", "tests")),
        ("Vrije dagen", off or "geen"),
    )


def worded(signature: Signature) -> str:
    """Return exactly what is signed: the letter, the terms, and who signs."""
    terms = "\n".join(f"- **{what}:** {said}" for what, said in told_terms(signature.terms))
    signed = f"Getekend op {WHEN.moment(signature.at)} door {signature.signer}, {signature.function}, namens"
    return (
        f"{signature.text.rstrip()}\n\n## Waarvoor u tekent\n\n{terms}\n\n## Handtekening\n\n"
        f"{signed} {signature.office}. Tekstversie {signature.version}.\n"
    )


def blocks(text: str) -> tuple[Block, ...]:
    """A text as blocks, without its title."""
    body = [each for each in passages_of(text, "") if each.kind != "title"]
    return tuple(_grouped(body))


def copy(office: str, signed_text: str, signed_at: datetime, countersigned: datetime | None) -> Paper:
    """Return the copy for the office: word for word what it signed, its fingerprint, and the second signature."""
    second = f"Medeondertekend namens het onderzoek op {WHEN.moment(countersigned)}." if countersigned else ""
    waits = "Dit wacht nog op de handtekening van het onderzoek; tot die tijd doet u niet mee."
    told = (plain("heading1", "Bewijs"), plain("text", second or waits))
    proof = plain("text", f"SHA-256 van de getekende tekst: {fingerprint(signed_text)}")
    return _paper(office, _title(signed_text), signed_at, (*blocks(signed_text), *told, proof))


def notice(texts: Texts, office: str, terms: Terms) -> Paper:
    """Return the announcement to staff: that tests can come in a period, never which."""
    period = {"first": WHEN.day(terms.first), "last": WHEN.day(terms.last)}
    text = _filled(texts.notice, {"office": office, **_sender(texts), **period})
    moment = datetime.combine(terms.first, time(), formats.STUDY_ZONE)
    return _paper(office, _title(text), moment, blocks(text))


def _paper(office: str, title: str, moment: datetime, body: tuple[Block, ...]) -> Paper:
    return Paper(title=title, subtitle=office, author="Praktijktest", footer=office, moment=moment, blocks=body)


def _title(text: str) -> str:
    return next((each.text for each in passages_of(text, "") if each.kind == "title"), "Praktijktest")


def _grouped(body: list[Passage]) -> Iterator[Block]:
    for kind, group in groupby(body, key=lambda each: each.kind):
        if kind in ("item", "numbered"):
            yield items((each.text for each in group), numbered=kind == "numbered")
        else:
            yield from (plain(kind, each.text) for each in group)


def _sender(texts: Texts) -> dict[str, str]:
    return {"municipality": texts.municipality, "contact": texts.contact}


def _filled(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found.group(1)], text)
