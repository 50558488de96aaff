import re
import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.catalogue import load
from profiles.errors import BadInput, Problem
from profiles.letters import (
    TEMPLATES,
    Dwelling,
    Letter,
    Level,
    decline,
    declines,
    facts,
    home,
    render,
    signed,
    variants,
)
from profiles.pairs import BOTH, Arm, Matched, match
from profiles.profile import Gender, Ground, Language, Name, Profile
from profiles.words import told_in

CATALOGUE = load()
DWELLING = Dwelling("Langestraat 12", "Amersfoort", "AM-0042", 3)
VARIANTS = variants()
DECLINES = declines()
FACTS = ("33", "docent", "vast contract", "4.560", "alleenstaand", "1 november 2026")


def profile() -> Profile:
    name = Name("Emre", "Yıldız", "turkish", Gender.MALE)
    return Profile(name, 33, "docent", "vast contract", 4560, "alleenstaand", date(2026, 11, 1))


def pair(treatment: str, seed: int) -> Matched:
    sets = {Arm.CONTROL: "dutch", Arm.TREATMENT: treatment}
    return match(CATALOGUE, Ground.ORIGIN, sets, 1200, date(2026, 11, 1), np.random.default_rng(seed))


def templates_with(tmp_path: Path, **texts: str) -> Path:
    """The packaged templates with a variant "proef"; texts by file stem."""
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    shutil.copytree(templates / "nl" / VARIANTS[0], templates / "nl" / "proef")
    for stem, text in texts.items():
        (templates / "nl" / "proef" / f"{stem}.txt").write_text(text, encoding="utf-8")
    return templates


def problem_of(templates: Path, level: str = "minimal") -> Problem:
    with pytest.raises(BadInput) as caught:
        render("proef", profile(), DWELLING, level, templates=templates)
    (problem,) = caught.value.problems
    return problem


def whole(letter: Letter) -> str:
    return f"{letter.subject}\n{letter.body}"


def test_there_are_eight_letters_on_both_levels_and_four_courtesy_letters() -> None:
    assert len(VARIANTS) == 8
    assert variants("full") == VARIANTS == tuple(sorted(VARIANTS))
    assert len(DECLINES) == 4
    assert not set(VARIANTS) & {"decline", *DECLINES}


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_letter_names_the_dwelling_in_its_subject_and_ends_with_the_full_name(variant: str, level: str) -> None:
    letter = render(variant, profile(), DWELLING, level)
    assert "Langestraat 12" in letter.subject
    assert "Langestraat 12" in letter.body
    assert letter.body.endswith("\nEmre Yıldız\n")
    assert letter.body.count("Emre Yıldız") == 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_minimal_letter_asks_to_view_by_mail_and_tells_nothing_else(variant: str) -> None:
    text = whole(render(variant, profile(), DWELLING, "minimal"))
    assert re.search(r"nog|beschikbaar", text)
    assert re.search(r"kijken|bekijken|bezichtig|zien", text)
    assert re.search(r"[Mm]ail", text)
    assert not [fact for fact in FACTS if fact in text]
    assert not re.search(r"\d", text.replace("Langestraat 12", "").replace("AM-0042", ""))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_full_letter_tells_every_fact_in_dutch(variant: str) -> None:
    text = whole(render(variant, profile(), DWELLING, "full"))
    assert not [fact for fact in FACTS if fact not in text]
    assert "€ 4.560" in text


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_full_letter_opens_like_its_minimal_letter_and_is_longer(variant: str) -> None:
    minimal, full = (render(variant, profile(), DWELLING, level) for level in Level)
    assert minimal.subject == full.subject
    assert minimal.body.splitlines()[0] == full.body.splitlines()[0]
    assert len(full.body) > len(minimal.body)


@pytest.mark.parametrize("level", list(Level))
def test_no_two_letters_look_alike(level: str) -> None:
    letters = [render(variant, profile(), DWELLING, level) for variant in VARIANTS]
    assert len({letter.subject for letter in letters}) == len(letters)
    for one, other in combinations(letters, 2):
        assert SequenceMatcher(None, one.body.split(), other.body.split()).ratio() < 0.6


@given(
    st.sampled_from(sorted(key for key, name_set in CATALOGUE.sets.items() if name_set.ground is Ground.ORIGIN)),
    st.integers(0, 2**32),
    st.sampled_from(VARIANTS),
    st.sampled_from(list(Level)),
)
def test_a_letter_is_the_same_for_both_arms_but_for_the_name(
    treatment: str, seed: int, variant: str, level: str
) -> None:
    letters = []
    for arm in BOTH:
        applicant = pair(treatment, seed).of(arm)
        letter = render(variant, applicant, DWELLING, level)
        assert applicant.full_name in letter.body
        letters.append(whole(letter).replace(applicant.full_name, "[naam]"))
    assert letters[0] == letters[1]


@given(st.sampled_from(DECLINES), st.integers(0, 2**32))
def test_a_courtesy_letter_is_the_same_for_both_arms_but_for_the_name(variant: str, seed: int) -> None:
    matched = pair("moroccan", seed)
    one, other = (
        whole(decline(variant, matched.of(arm), DWELLING)).replace(matched.of(arm).full_name, "[naam]") for arm in BOTH
    )
    assert one == other


@pytest.mark.parametrize("variant", DECLINES)
def test_a_courtesy_letter_thanks_names_the_dwelling_and_tells_no_facts(variant: str) -> None:
    letter = decline(variant, profile(), DWELLING)
    assert "Langestraat 12" in letter.subject
    assert "Langestraat 12" in letter.body
    assert re.search(r"dank|Dank", letter.body)
    assert letter.body.endswith("\nEmre Yıldız\n")
    assert not [fact for fact in FACTS if fact in whole(letter)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_listing_without_reference_leaves_no_gap(variant: str) -> None:
    text = whole(render(variant, profile(), Dwelling("Havik 3", "Amersfoort", "", 2), "minimal"))
    assert not re.search(r"\(\s*\)|  | [.,]|kenmerk|nummer|referentie", text)


@given(st.text(max_size=30))
def test_a_subject_is_one_line_whatever_the_listing_says(street: str) -> None:
    subject = render(VARIANTS[0], profile(), Dwelling(street, "Amersfoort", "", 2), "minimal").subject
    assert len(subject.splitlines()) == 1


@pytest.mark.parametrize("level", list(Level))
def test_a_field_that_does_not_exist_is_told_with_template_line_and_field(tmp_path: Path, level: str) -> None:
    text = "Hallo,\n\nBel mij op {{ profile.phone }}.\n"
    templates = templates_with(tmp_path, body=text, body_full=text)
    problem = problem_of(templates, level)
    body = {"minimal": "body.txt", "full": "body_full.txt"}[level]
    assert problem.file == str(templates / "nl" / "proef" / body)
    assert (problem.code, problem.line, problem.found) == ("unknown-field", 3, "phone")
    assert problem.remedy
    assert "profile.full_name" in problem.remedy


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{{ profile.income }}", "income"),
        ("{{ profile.mailbox }}", "mailbox"),
        ("{% if profile.age %}jong{% endif %}", "age"),
        ("{{ dwelling.rent }}", "rent"),
        ("{{ arm }}", "arm"),
        ("{{ listing.street }}", "listing"),
    ],
)
def test_a_minimal_letter_cannot_reach_more_than_name_and_dwelling(tmp_path: Path, text: str, field: str) -> None:
    problem = problem_of(templates_with(tmp_path, body=text))
    assert (problem.code, problem.line, problem.found) == ("unknown-field", 1, field)


@pytest.mark.parametrize("text", ["Hallo\n{{ profile.full_name", "\n{% if %}", "\n{{ profile.age | default(3) }}"])
def test_a_template_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    problem = problem_of(templates_with(tmp_path, body=text))
    assert (problem.code, problem.line) == ("bad-template", 2)


def test_a_letter_without_subject_file_is_told(tmp_path: Path) -> None:
    templates = templates_with(tmp_path)
    (templates / "nl" / "proef" / "subject.txt").unlink()
    problem = problem_of(templates)
    assert (problem.code, problem.file) == ("missing-file", str(templates / "nl" / "proef" / "subject.txt"))


def test_a_template_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    templates = templates_with(tmp_path)
    (templates / "nl" / "proef" / "body.txt").write_bytes("vóór".encode("latin-1"))
    assert problem_of(templates).code == "not-utf8"


def test_a_variant_has_only_the_levels_it_has_a_text_for(tmp_path: Path) -> None:
    templates = templates_with(tmp_path)
    (templates / "nl" / "proef" / "body_full.txt").unlink()
    assert "proef" in variants("minimal", templates=templates)
    assert "proef" not in variants("full", templates=templates)
    assert problem_of(templates, "full").code == "unknown-variant"


@pytest.mark.parametrize("variant", ["decline", "../nl/beknopt", "", "onbekend"])
def test_an_unknown_variant_is_refused_with_the_known_ones(variant: str) -> None:
    with pytest.raises(BadInput, match=r"unknown-variant.*beknopt, formeel"):
        render(variant, profile(), DWELLING, "minimal")


def test_an_unknown_courtesy_letter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown-variant.*andere_woning"):
        decline("beknopt", profile(), DWELLING)


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown-level.*minimal, full"):
        variants("standaard")


# Couples, English and the sentence of a signal.

HOMES = [(Language.DUTCH, False), (Language.DUTCH, True), (Language.ENGLISH, False)]


def writer(language: Language, *, couple: bool, sentence: str = "") -> Profile:
    partner = Name("Thijs", "Kuipers", "dutch", Gender.MALE) if couple else None
    return replace(profile(), town="Soest", language=language, partner=partner, sentence=sentence)


def texts(language: Language, *, couple: bool, body: str) -> dict[str, str]:
    folder = TEMPLATES / home(language, couple=couple)
    return {path.parent.name: path.read_text(encoding="utf-8") for path in folder.glob(f"*/{body}")}


def test_there_are_letters_for_couples_and_in_english_on_both_levels() -> None:
    assert len(variants("minimal", couple=True)) >= 4
    assert variants("minimal", couple=True) == variants("full", couple=True)
    assert variants("minimal", "en") == variants("full", "en") == VARIANTS
    for language, couple in HOMES:
        assert len(declines(language, couple=couple)) >= 2


@pytest.mark.parametrize(("language", "couple"), HOMES)
@pytest.mark.parametrize("level", list(Level))
def test_every_letter_names_the_dwelling_and_ends_with_who_wrote_it(
    language: Language, couple: bool, level: str
) -> None:
    who = writer(language, couple=couple)
    for variant in variants(level, language, couple=couple):
        letter = render(variant, who, DWELLING, level)
        assert "Langestraat 12" in letter.subject
        assert "Langestraat 12" in letter.body
        assert letter.body.endswith(f"\n{signed(who)}\n")
        assert not re.search(r"[ ]{2}|\n{3}| \n", letter.body), variant


@pytest.mark.parametrize(("language", "couple"), HOMES)
def test_a_full_letter_tells_every_fact_in_its_own_language_and_a_minimal_one_none(
    language: Language, couple: bool
) -> None:
    who = writer(language, couple=couple)
    told = [str(words) for words in facts(who, "full").values()]
    for variant in variants("full", language, couple=couple):
        full, minimal = (whole(render(variant, who, DWELLING, level)) for level in ("full", "minimal"))
        assert not [words for words in told if words not in full], variant
        assert not [words for words in told if words in minimal], variant
        assert re.search(r"[Mm]ail", minimal)


@pytest.mark.parametrize(("language", "couple"), HOMES)
@pytest.mark.parametrize("level", list(Level))
def test_a_sentence_stands_once_in_every_letter_and_leaves_no_gap(language: Language, couple: bool, level: str) -> None:
    without = writer(language, couple=couple)
    sentence = "Deze zin toont iets."
    for variant in variants(level, language, couple=couple):
        shown = render(variant, replace(without, sentence=sentence), DWELLING, level).body
        plain = render(variant, without, DWELLING, level).body
        assert shown.count(sentence) == 1
        assert re.sub(rf"\n\n{sentence}\n\n", "\n\n", shown.replace(f" {sentence}", "")) == plain


@pytest.mark.parametrize("body", ["body.txt", "body_full.txt"])
@pytest.mark.parametrize(("language", "couple"), HOMES)
def test_no_two_letters_share_a_sentence(language: Language, couple: bool, body: str) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for variant, text in texts(language, couple=couple, body=body).items():
        filled = re.sub(r"\{\{.*?\}\}", "X", re.sub(r"\{%.*?%\}", " ", text))
        for sentence in re.split(r"[.!?\n]+", filled):
            words = re.findall(r"\w+", sentence.casefold())
            if len(words) > 2:  # a salutation is anybody's
                owners[" ".join(words)].add(variant)
    assert {sentence: of for sentence, of in owners.items() if len(of) > 1} == {}


def test_a_letter_of_one_person_cannot_name_a_partner_and_a_couple_needs_letters_of_its_own(tmp_path: Path) -> None:
    templates = templates_with(tmp_path, body="Dag, {{ profile.partner }}\n")
    assert problem_of(templates).code == "unknown-field"
    with pytest.raises(BadInput, match=r"unknown-variant.*kort"):
        render("beknopt", writer(Language.DUTCH, couple=True), DWELLING, "minimal")
    with pytest.raises(BadInput, match="unknown-variant"):
        render("kort", writer(Language.ENGLISH, couple=True), DWELLING, "minimal")


def test_a_couple_declines_as_a_couple_and_who_wrote_english_in_english() -> None:
    couple = decline("verder", writer(Language.DUTCH, couple=True), DWELLING)
    assert couple.body.endswith("\nEmre Yıldız en Thijs Kuipers\n")
    assert re.search(r"\bik\b", couple.body) is None
    assert "Thank you" in decline("toch_niet", writer(Language.ENGLISH, couple=False), DWELLING).body


def test_every_word_of_jobs_and_households_has_its_english() -> None:
    for job in CATALOGUE.jobs:
        assert told_in("en", job.occupation) != job.occupation
        assert told_in("en", job.contract) != job.contract
    assert {told_in("en", each.label) for each in CATALOGUE.households} == {"single", "living with my partner"}
    with pytest.raises(BadInput, match=r"no-english.*kapper"):
        told_in("en", "kapper")
