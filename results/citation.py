"""How to cite a round: by who commissioned it, the year it closed, its name, and the fingerprint of its design."""

from results.tables import RoundFacts

_BIBTEX_SPECIAL = {"\\": r"\textbackslash{}", **{each: f"\\{each}" for each in "&%$#_{}"}}


def apa(facts: RoundFacts) -> str:
    """Return the reference in the style of the APA, seventh edition, as plain text."""
    return f"{facts.commissioner}. ({_year(facts)}). {facts.study} ({_round(facts)}) [Onderzoeksrapport]. Praktijktest."


def bibtex(facts: RoundFacts) -> str:
    """Return the reference as an entry for a BibTeX file."""
    fields = {
        "author": f"{{{_plain(facts.commissioner)}}}",
        "title": _plain(facts.study),
        "year": str(_year(facts)),
        "type": "Onderzoeksrapport",
        "institution": "Praktijktest",
        "note": _plain(_round(facts)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@techreport{{{facts.round}-v{facts.version},\n{lines}}}\n"


def _round(facts: RoundFacts) -> str:
    return f"ronde {facts.round}, versie {facts.version}, vingerafdruk {facts.digest[:12]}"


def _year(facts: RoundFacts) -> int:
    return facts.closed_at.year if facts.closed_at else facts.last_day.year


def _plain(text: str) -> str:
    return "".join(_BIBTEX_SPECIAL.get(each, each) for each in text)
