"""The detection meter: what it counts, that more never counts less, and that our own rounds stay under it."""

import runpy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.detection import (
    ALIKE,
    THRESHOLDS,
    Meter,
    Received,
    Sign,
    Wording,
    evenness,
    likeness,
    measure,
)
from profiles import grounds, letters
from profiles.letters import Dwelling, Level
from profiles.profile import Gender, Language, Name, Profile

BENCH: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "detection.py"))
MONDAY = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = "Is de woning nog te huur?"
HOME = Dwelling("Langestraat 12", "Amersfoort", "KV-1", 3)


def a_letter(first: str = "Eva", last: str = "Kok", body: str = "", at: datetime = MONDAY) -> Received:
    return Received(at, first, last, body, ("Langestraat 12", "Amersfoort", "KV-1"))


def written(
    variant: str, first: str, last: str, home: Dwelling = HOME, level: Level = Level.MINIMAL, income: int = 5000
) -> Received:
    """A letter of ours, as an advertiser gets it."""
    name = Name(first, last, "dutch", Gender.FEMALE)
    profile = Profile(name, 30 + income % 7, "docent", "vast contract", income, "alleenstaand", MONDAY.date())
    body = letters.render(variant, profile, home, level).body
    return Received(MONDAY, first, last, body, (home.street, home.city, home.reference))


def values(meter: Meter) -> dict[Sign, float | None]:
    return {each.sign: each.value for each in meter.measures}


def of(sign: Sign, received: Sequence[Received], questions: int = 0) -> float | None:
    return values(measure(received, questions))[sign]


@given(st.lists(st.tuples(st.sampled_from(["Eva", "Ali", "Noor"]), st.text("ab .-", max_size=12)), max_size=12))
def test_the_same_text_is_counted_as_when_each_letter_is_held_against_each_other(told: list[tuple[str, str]]) -> None:
    received = [a_letter(first, body=body) for first, body in told]
    alike = [{each.first for each in received if likeness(one.wording, each.wording) >= ALIKE} for one in received]
    assert of(Sign.TEXT, received) == max(map(len, alike), default=0)


def test_an_advertiser_that_received_nothing_has_nothing_to_notice() -> None:
    assert values(measure([], 0)) == dict.fromkeys(Sign, 0) | {Sign.RHYTHM: None}
    assert measure([], 0).past == ()
    assert measure([], 0).reason == ""


def test_a_name_counts_its_letters_and_a_surname_or_first_name_its_people() -> None:
    received = [a_letter("Eva", "Kok"), a_letter("EVA", "kok"), a_letter("Iris", "Kok"), a_letter("Eva", "Smit")]
    assert of(Sign.NAME, received) == 2
    assert of(Sign.SURNAME, received) == 2
    assert of(Sign.FIRST_NAME, received) == 2


@pytest.mark.parametrize("level", list(Level))
def test_one_letter_text_is_alike_for_every_applicant_and_dwelling_and_two_texts_never_are(level: Level) -> None:
    other = Dwelling("Lange Beekstraat 3", "Hoogland", "", 5)
    names = letters.variants(level)
    one = {name: written(name, "Eva", "Kok", level=level).wording for name in names}
    two = {name: written(name, "Samira", "El Idrissi", other, level, 6100).wording for name in names}
    for name in names:
        for another in names:
            assert (likeness(one[name], two[another]) >= ALIKE) == (name == another), (name, another)


HOMES = [(Language.DUTCH, False), (Language.DUTCH, True), (Language.ENGLISH, False)]
SENTENCES = {
    (language, signal.couple, text)
    for ground in grounds.load().grounds.values()
    for signal in ground.signals.values()
    for side in (signal.control, signal.treatment)
    for language, told in side.sentences.items()
    for text in told
}


def showing(variant: str, level: Level, language: Language, *, couple: bool, last: str, sentence: str = "") -> Wording:
    """The wording of a letter of somebody called ``last``, who may write for two and show a signal by a sentence."""
    partner = Name("Thijs", "Kuipers", "dutch", Gender.MALE) if couple else None
    name = Name("Eva", last, "dutch", Gender.FEMALE)
    profile = Profile(name, 33, "docent", "vast contract", 4560, "alleenstaand", MONDAY.date(), "Soest", partner,
                      sentence, language)  # fmt: skip
    body = letters.render(variant, profile, HOME, level).body
    own = (HOME.street, HOME.city, HOME.reference, "Thijs", "Kuipers")
    return Received(MONDAY, "Eva", last, body, own).wording


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(("language", "couple"), HOMES)
def test_two_letters_of_couples_or_in_english_are_not_alike_either(
    language: Language, couple: bool, level: Level
) -> None:
    names = letters.variants(level, language, couple=couple)
    one, two = (
        {name: showing(name, level, language, couple=couple, last=last) for name in names} for last in ("Kok", "Smit")
    )
    for name, another in product(names, names):
        value = likeness(one[name], two[another])
        assert value == 1 if name == another else value <= 0.2, (name, another)


@pytest.mark.parametrize("level", list(Level))
def test_one_sentence_of_a_signal_in_two_letters_does_not_make_them_alike(level: Level) -> None:
    for language, couple, sentence in SENTENCES:
        names = letters.variants(level, language, couple=couple)
        told = {name: showing(name, level, language, couple=couple, last="Kok", sentence=sentence) for name in names}
        most = max(likeness(told[name], told[another]) for name, another in combinations(names, 2))
        assert most < 0.48 < ALIKE, sentence


def test_a_paragraph_more_does_not_hide_a_copied_text() -> None:
    short = written("formeel", "Eva", "Kok")
    longer = Received(short.at, "Iris", "Smit", f"Even voorstellen: ik ben Iris.\n\n{short.body}", short.own)
    assert likeness(short.wording, longer.wording) > 0.9


def test_the_same_text_counts_people_not_letters() -> None:
    again = [written("vraag", "Eva", "Kok")] * 9
    assert of(Sign.TEXT, again) == 1
    assert of(Sign.TEXT, [*again, written("vraag", "Iris", "Smit"), written("beknopt", "Bas", "Bos")]) == 2


def test_a_letter_a_working_day_at_the_same_hour_is_even_in_spite_of_the_weekend() -> None:
    working_days = [MONDAY + day * DAY for day in range(12) if day % 7 < 5]
    assert evenness(working_days) == 1
    assert evenness(working_days[:7]) is None


def test_letters_all_at_one_moment_are_as_even_as_can_be() -> None:
    assert evenness([MONDAY] * 8) == 1


@given(st.lists(st.integers(0, 10**7), min_size=8, max_size=40))
def test_evenness_lies_between_chance_and_clock_whatever_the_order(seconds: list[int]) -> None:
    moments = [MONDAY + timedelta(seconds=each) for each in seconds]
    even = evenness(moments)
    assert even is not None
    assert 0 <= even <= 1
    assert evenness(sorted(moments, reverse=True)) == even


NAMES = st.tuples(st.sampled_from(["Eva", "Iris", "Samira"]), st.sampled_from(["Kok", "Smit", "El Idrissi"]))
LETTERS = st.builds(lambda name, body: a_letter(*name, body), NAMES, st.sampled_from(["Is de woning vrij?", "Dag", ""]))


@given(st.lists(LETTERS, max_size=12), LETTERS, st.integers(0, 3))
def test_one_more_letter_or_question_never_lowers_the_meter(
    received: list[Received], extra: Received, questions: int
) -> None:
    before, after = values(measure(received, questions)), values(measure([*received, extra], questions + 1))
    for sign in set(Sign) - {Sign.RHYTHM}:
        assert after[sign] >= before[sign]  # type: ignore[operator]  # only the rhythm may be None
    assert after[Sign.QUESTIONS] == questions + 1


@given(st.lists(LETTERS, min_size=1, max_size=12))
def test_one_more_letter_of_every_name_raises_the_count_of_names_by_one(received: list[Received]) -> None:
    again = [*received, *{(each.first, each.last): each for each in received}.values()]
    assert of(Sign.NAME, again) == of(Sign.NAME, received) + 1  # type: ignore[operator]  # as above


def test_each_sign_is_past_at_its_threshold_and_says_so_without_a_name() -> None:
    planted = {
        Sign.NAME: [a_letter(body=str(number)) for number in range(5)],
        Sign.SURNAME: [a_letter(first, "Kok", first) for first in ("Eva", "Iris", "Bas", "Sanne")],
        Sign.FIRST_NAME: [a_letter("Eva", last, last) for last in ("Kok", "Smit", "Bos", "Visser")],
        Sign.TEXT: [a_letter(f"Eva{each}", f"Kok{each}", TEXT, MONDAY + each**2 * DAY) for each in range(8)],
        Sign.RHYTHM: [a_letter(f"E{day}", f"K{day}", str(day), MONDAY + day * DAY) for day in range(8)],
        Sign.QUESTIONS: [],
    }
    for sign, received in planted.items():
        meter = measure(received, 2 if sign is Sign.QUESTIONS else 0)
        assert [each.sign for each in meter.past] == [sign]
        assert "pauze vanaf" in meter.reason
        assert not any(part in meter.reason for part in ("Eva", "Kok"))
    assert set(planted) == set(THRESHOLDS)


def test_one_letter_less_or_one_question_is_not_past() -> None:
    assert measure([a_letter(body=str(number)) for number in range(4)], 1).past == ()


@pytest.mark.long
@pytest.mark.parametrize("level", list(Level))
def test_no_advertiser_of_an_ordinary_round_would_be_paused(level: Level) -> None:
    """One seed of each level here; `benchmarks/detection.py` plans twenty."""
    found = list(BENCH["meters"]([20260907], level))
    assert len(found) == 40
    assert [meter.reason for meter in found if meter.past] == []
    assert max(meter.letters for meter in found) == 16


@pytest.mark.long
def test_a_round_of_only_two_letter_texts_would_be_paused_where_eight_people_wrote_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted bad case, through the real planner: every test has both texts, and eight tests are the most."""
    monkeypatch.setattr(letters, "variants", lambda *_args, **_keywords: ("beknopt", "formeel"))
    found = list(BENCH["meters"]([20260907]))
    past = [meter for meter in found if Sign.TEXT in {each.sign for each in meter.past}]
    assert len(past) >= 4
    assert {meter.letters for meter in past} == {16}
