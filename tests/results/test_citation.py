"""How a round is cited."""

import re

from report_makers import facts

from results import citation


def test_the_reference_names_who_asked_when_what_and_which_design() -> None:
    told = citation.apa(facts())
    assert told == (
        "Gemeente Amersfoort. (2026). Gelijke kansen op de Amersfoortse huurmarkt (ronde amersfoort-2026-najaar, "
        "versie 1, vingerafdruk 9f2c1e7ab04d) [Onderzoeksrapport]. Praktijktest."
    )


def test_the_year_is_that_of_closing_and_else_that_of_the_last_day() -> None:
    assert "(2026)" in citation.apa(facts(closed_at=None))


def test_a_bibtex_entry_survives_signs_that_mean_something_to_latex() -> None:
    entry = citation.bibtex(facts(study="Huur & kans: 100% {gelijk}_"))
    assert r"title = {Huur \& kans: 100\% \{gelijk\}\_}," in entry
    bare = re.sub(r"\\.", "", entry)
    assert bare.count("{") == bare.count("}")
