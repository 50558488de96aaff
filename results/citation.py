"""How to cite a round: by who commissioned it, the year it closed, its name, and the fingerprint of its design."""

from results.language import _
from results.tables import RoundFacts

_BIBTEX_SPECIAL = {"\\": r"\textbackslash{}", **{each: f"\\{each}" for each in "&%$#_{}"}}


def apa(facts: RoundFacts) -> str:
    """Return the reference in the style of the APA, seventh edition, as plain text."""
    return _(
        "%(commissioner)s. (%(year)s). %(study)s (%(round)s) [Onderzoeksrapport]. Praktijktest.",
        commissioner=facts.commissioner,
        year=_year(facts),
        study=facts.study,
        round=_round(facts),
    )


def bibtex(facts: RoundFacts) -> str:
    """Return the reference as an entry for a BibTeX file."""
    fields = {
        "author": f"{{{_plain(facts.commissioner)}}}",
        "title": _plain(facts.study),
        "year": str(_year(facts)),
        "type": _("Onderzoeksrapport"),
        "institution": "Praktijktest",
        "note": _plain(_round(facts)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@techreport{{{facts.round}-v{facts.version},\n{lines}}}\n"


def _round(facts: RoundFacts) -> str:
    return _(
        "ronde %(round)s, versie %(version)s, vingerafdruk %(digest)s",
        round=facts.round,
        version=facts.version,
        digest=facts.digest[:12],
    )


def _year(facts: RoundFacts) -> int:
    return facts.closed_at.year if facts.closed_at else facts.last_day.year


def _plain(text: str) -> str:
    return "".join(_BIBTEX_SPECIAL.get(each, each) for each in text)
