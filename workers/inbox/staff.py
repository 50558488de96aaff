"""Names of the advertiser's staff go at intake: a test judges an office, never the person who answered."""

import re
from collections.abc import Iterator
from itertools import islice

PERSON, PHONE, ADDRESS = "[medewerker]", "[telefoonnummer]", "[e-mailadres]"

_PARTICLE = r"(?:van|von|de|den|der|het|'t|ten|ter|te|op|in|el|al|la|le|da|dos|ben|bin|vd|v\.d\.)"
_IS_PARTICLE = re.compile(_PARTICLE, re.IGNORECASE)
_CAPITAL = r"(?:Van|Von|De|Den|Der|Ter|Ten|El|Van de|Van der|Van den)"
_UPPER = r"[^\W\d_a-zà-öø-ÿ]"
# A full stop ends an initial ("J.", "Th.") or stands inside a word; behind a name it ends the sentence.
_NAME_WORD = rf"(?:(?:{_UPPER}\w?\.)+|{_UPPER}(?:[\w'’-]|\.(?=\w))*)"
_NAME = rf"{_NAME_WORD}(?:[ \t]+(?:{_PARTICLE}[ \t]+){{0,3}}{_NAME_WORD}){{0,3}}"
_NAMES = rf"{_NAME}(?:(?:,|[ ]en|[ ]and|[ ]of)[ ]{_NAME}){{0,3}}"
_WHOLE_NAME = re.compile(_NAME)
_INFORMAL = re.compile(r"[^\W\d_]{2,15}(?: [^\W\d_]{2,15})?")

_CLOSING = re.compile(
    r"(?:^\W*|[.!?]\s+)(?:(?:met\s+)?(?:heel\s+)?(?:vriendelijke|vr\.?|hartelijke|warme|beste|zonnige|fijne|"
    r"vele|de)\s+(?:groet(?:en|jes)?|gr\.?)|(?:met\s+)?groet(?:en|jes)?|mvg|m\.v\.g\.?|m\.?\s*vr\.?\s*gr\.?|gr\.?|"
    r"hoogachtend|met hoogachting|(?:with )?(?:kind|best|warm) regards|regards|(?:yours )?sincerely|cheers|"
    r"alvast bedankt|bedankt|fijne (?:dag|avond)|fijn weekend|tot dan|tot ziens)(?![^\W\d_])(?P<rest>.*)$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"makela|vastgoed|verhuur|wonen|woning|woon|beheer|rental|estate|housing|holding|huur|\bteam|afdeling|kantoor|office|\bb\.?v\b|"
    r"\bv\.?o\.?f\b|\bn\.?v\b|groep|stichting|corporatie|management|advies|adviseur|medewerk|assistent|manager|binnendienst|consultant|"
    r"\bagent|directeur|eigenaar|receptie|secretari|kandidaat|service|namens|website|\bwww|http|telefoon|mobiel|mail|\btel\b|straat|"
    r"postbus|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|bezichtig|property|agency|living|homes|groet|bedankt|\bdank|"
    r"\b(?:ja|nee|u|uw|je|wij|we|ik|er|tot|dan|ook|alvast|is|kan|kunt|voor|met|en|graag|fijne?|dag|avond|weekend|succes)\b",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?i:(?:u|je) spreekt met|(?:contact|afspraak|overleg) (?:\w+ )?met|"
    r"(?:bellen|bel|mailen|mail) (?:even )?(?:met|naar)|mijn naam is|"
    r"ik heet|collega(?:'s|s)?|contactpersoon(?: is|:)|vraagt? (?:dan |u )?naar|vragen naar|t\.a\.v\.|"
    r"ter attentie van|(?:onze|de) (?:verhuur)?makelaar|mijn (?:man|vrouw|zoon|dochter|partner)|namens|my name is|"
    r"(?:my )?colleague|ask for)"
    rf"(?:[ ](?i:de heer|dhr\.?|meneer|mevrouw|mevr\.?|mw\.?))?[ ]+(?P<names>{_NAMES})"
)
_I_AM = re.compile(
    rf"\b(?i:ik ben|this is|i am|i'm) (?P<names>{_NAME_WORD}(?:[ ]+{_NAME_WORD})?)"
    r"(?=[ ](?i:van|from|bij|at|en)\b|\W*$|[,.!])",
    re.MULTILINE,
)

_MAIL = re.compile(r"(?<![\w.+%-])(?P<local>[\w.+%-]+)@[\w-]+(?:\.[\w-]+)+")
_ROLE = re.compile(
    r"(?:info|verhuur|contact|kantoor|office|makelaar|huur|wonen|welkom|mail|hallo|hello|sales|service|support|administratie|aanvraag|"
    r"reactie|bezichtiging|rent|no-?reply|beheer|receptie|secretariaat|team)(?:[\W_]|ij|dij|en|s|al|ders|\d|$).*",
    re.IGNORECASE,
)
_GAP = r"[ \u00a0./()\u2010-\u2013-]{0,3}"
_DATE_AHEAD = r"(?!\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b)"
_PHONE = re.compile(
    rf"(?<![\w€.,:/-]){_DATE_AHEAD}\(?(?:(?:\+|00)[1-9](?:{_GAP}\d){{8,13}}|0[1-9](?:{_GAP}\d){{8}})(?!\d)"
)
_BELOW_CLOSING = 4  # lines: a name, or an office with a name under it


def mask_staff(text: str, sender_name: str = "") -> str:
    """The text with staff as "[medewerker]", telephone numbers and personal mail addresses masked too.

    Names are found under a closing ("Met vriendelijke groet,"), after "u spreekt met", "mijn collega", "ik ben … van"
    and the like, and in ``sender_name`` (the name shown in From); once found they go everywhere in the text. The name
    of the office, and addresses such as info@, stay.
    """
    lines = text.split("\n")
    names = [*_signed(lines), *_introduced(text), *([sender_name] if _is_name(sender_name) else [])]
    text = _everywhere("\n".join(lines), names)
    text = _MAIL.sub(lambda match: match[0] if _ROLE.fullmatch(match["local"]) else ADDRESS, text)
    return _PHONE.sub(PHONE, text)


def _is_name(text: str) -> bool:
    text = text.strip(" \t.,!*_\"'")
    return _WHOLE_NAME.fullmatch(text) is not None and _NO_NAME.search(text) is None and PERSON not in text


def _signed(lines: list[str]) -> list[str]:
    """Masks signatures in ``lines`` in place; returns the names found, to be masked elsewhere too."""
    found = []
    for at, line in enumerate(lines):
        closing = _CLOSING.search(line)
        if closing is None:
            continue
        for row, start in _places(lines, at, closing.start("rest")):
            head, tail = lines[row][:start], lines[row][start:]
            if (name := _signature(tail)) is not None:
                lines[row] = head + tail.replace(name, PERSON, 1)
                found += [name] if _is_name(name) else []
                break
    return found


def _places(lines: list[str], at: int, rest: int) -> Iterator[tuple[int, int]]:
    """Where a signature may stand: behind the closing itself, then on the next lines that hold something."""
    yield at, rest
    below = (row for row in range(at + 1, len(lines)) if lines[row].strip())
    yield from ((row, 0) for row in islice(below, _BELOW_CLOSING))


def _signature(line: str) -> str | None:
    piece = re.split(r"[|•·/,]|\s[-–]\s|\s{3,}|\((?=\w)", line.strip(" \t,.!;:-–—*_"), maxsplit=1)[0].strip(" \t.!*_")
    if _is_name(piece):
        return piece
    return piece if _INFORMAL.fullmatch(piece) and _NO_NAME.search(piece) is None else None


def _introduced(text: str) -> Iterator[str]:
    for match in (*_INTRODUCED.finditer(text), *_I_AM.finditer(text)):
        for part in re.split(r",\s*|\s+(?:en|and|of)\s+", match["names"]):
            name = _without_office(part)
            if _is_name(name):
                yield name


def _without_office(name: str) -> str:
    """ "Sanne van Eem Wonen" is Sanne; "Sanne van Dijk" stays whole."""
    first, particle, rest = name.partition(" van ")
    return first if particle and _NO_NAME.search(rest) else name


def _everywhere(text: str, names: list[str]) -> str:
    whole = {name.strip(" \t.,!*_\"'") for name in names}
    words = {word.strip(".,!*_") for name in whole for word in name.split()}
    telling = {word for word in words if len(word) > 1 and not _IS_PARTICLE.fullmatch(word)}
    # Whole names first, so that the particles inside them go too.
    # A name that stands nowhere is not looked for: to compile what looks for it takes longer than all else here.
    there = sorted((name for name in whole | telling if name and name in text), key=len, reverse=True)
    one = "|".join(map(re.escape, there))
    if not one:
        return text
    return re.sub(
        rf"(?<![\w\[@.])(?:[A-Z]\.[ ]?){{0,4}}(?:{_CAPITAL}[ ])?(?:{one})(?!\w)(?:[ ](?:{one})(?!\w))*", PERSON, text
    )
