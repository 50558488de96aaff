"""What breaks parity is found, with its diff; an honest round passes."""

import shutil
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from applicant_makers import SIGNALS
from applicant_makers import a_pair as signalling
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import grounds, parity
from profiles.applicants import variants as both_can_have
from profiles.catalogue import load
from profiles.letters import TEMPLATES, Dwelling, Letter, render, variants
from profiles.pairs import BOTH, Arm, match
from profiles.parity import MARKERS, MOST_LEANING, LetterPair, Written, check, check_pair, leanings
from profiles.profile import Ground, Language

CATALOGUE, VARIANTS = load(), variants("full")
ORIGIN, WHEELCHAIR = grounds.load().signal(Ground.ORIGIN), SIGNALS["wheelchair"]
SETS = {Arm.CONTROL: "dutch", Arm.TREATMENT: "moroccan"}


def a_pair(seed: int, number: int = 1, level: str = "full", chosen: tuple[str, str] | None = None) -> LetterPair:
    rng = np.random.default_rng([seed, number])
    dwelling = Dwelling(f"Langestraat {number}", "Amersfoort", f"AM-{number:04d}", 3)
    matched = match(CATALOGUE, Ground.ORIGIN, SETS, int(rng.integers(500, 2500)), date(2026, 11, 1), rng)
    one, other = chosen or (VARIANTS[index] for index in rng.choice(len(VARIANTS), 2, replace=False))
    letters = {
        arm: Written(variant, matched.of(arm), render(variant, matched.of(arm), dwelling, level))
        for arm, variant in zip(BOTH, (one, other), strict=True)
    }
    return LetterPair(f"P-{number:04d}", dwelling, letters)


def changed(pair: LetterPair, arm: Arm, **what: object) -> LetterPair:
    return replace(pair, letters={**pair.letters, arm: replace(pair.letters[arm], **what)})  # type: ignore[arg-type]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["minimal", "full"]))
def test_a_pair_as_the_planner_writes_it_has_parity(seed: int, level: str) -> None:
    assert not list(check_pair(a_pair(seed, level=level), level, ORIGIN))


def test_an_honest_round_leans_to_neither_side() -> None:
    pairs = [a_pair(7, number) for number in range(1, 241)]
    assert check(pairs, "full", ORIGIN) == ()
    assert {leaning.marker for leaning in leanings(pairs, "full")} == set(MARKERS)


@pytest.mark.parametrize(("field", "value"), [("age", 61), ("income", 990), ("occupation", "slager")])
def test_another_fact_on_one_side_is_named_with_both_values(field: str, value: object) -> None:
    pair = a_pair(1)
    profile = replace(pair.letters[Arm.TREATMENT].profile, **{field: value})
    found = list(check_pair(changed(pair, Arm.TREATMENT, profile=profile), "full", ORIGIN))
    assert any(field in violation.sentence and f"+ {value}" in violation.diff for violation in found)


def test_a_letter_that_was_touched_up_by_hand_is_shown_line_by_line() -> None:
    pair = a_pair(1)
    letter = pair.letters[Arm.CONTROL].letter
    warmer = Letter(letter.subject, letter.body + "Alvast heel hartelijk dank!\n")
    (found,) = check_pair(changed(pair, Arm.CONTROL, letter=warmer), "full", ORIGIN)
    assert "+Alvast heel hartelijk dank!" in found.diff
    assert found.pair == pair.code


def test_a_variant_that_one_arm_always_gets_is_found_over_the_round() -> None:
    longest, shortest = sorted(VARIANTS, key=lambda variant: len(render_length(variant)))[::-7]
    pairs = [a_pair(3, number, chosen=(longest, shortest)) for number in range(1, 41)]
    found = check(pairs, "full", ORIGIN)
    assert any(violation.pair is None and "'tekens'" in violation.sentence for violation in found)


def render_length(variant: str) -> str:
    pair = a_pair(1)
    return render(variant, pair.letters[Arm.CONTROL].profile, pair.dwelling, "full").body


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_swapping_the_arms_mirrors_every_leaning(seed: int) -> None:
    pairs = [a_pair(seed, number) for number in range(1, 6)]
    swapped = [replace(pair, letters={arm: pair.letters[BOTH[1 - BOTH.index(arm)]] for arm in BOTH}) for pair in pairs]
    for one, other in zip(leanings(pairs, "full"), leanings(swapped, "full"), strict=True):
        assert (one.control, one.treatment) == (other.treatment, other.control)
        assert one.z == pytest.approx(-other.z)


def test_chance_alone_hardly_ever_blocks_a_round() -> None:
    most = [
        max(abs(leaning.z) for leaning in leanings([a_pair(seed, number) for number in range(1, 61)], "full"))
        for seed in range(12)
    ]
    assert max(most) < MOST_LEANING


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SIGNALS)), st.integers(0, 2**32 - 1), st.sampled_from([None, *BOTH]), st.data())
def test_a_pair_has_parity_under_every_signal_sham_or_not(
    key: str, seed: int, sham: Arm | None, data: st.DataObject
) -> None:
    signal = SIGNALS[key]
    level = data.draw(st.sampled_from(signal.levels))
    pair = signalling(key, seed, both_can_have(signal, level, Language.DUTCH), level, sham=sham)
    assert list(check_pair(pair, level, signal)) == []


@pytest.mark.parametrize("key", ["same_sex_partner", "unmarried", "wheelchair", "english"])
def test_an_honest_round_leans_to_neither_side_under_any_kind_of_signal(key: str) -> None:
    known = both_can_have(SIGNALS[key], "minimal", Language.DUTCH)
    pairs = [signalling(key, number, known, number=number) for number in range(1, 121)]
    assert check(pairs, "minimal", SIGNALS[key]) == ()


def test_an_arm_that_shows_the_sentence_of_the_other_is_found() -> None:
    pair = signalling("wheelchair", 4, VARIANTS)
    other = pair.letters[Arm.CONTROL].profile
    profile = replace(pair.letters[Arm.TREATMENT].profile, sentence=other.sentence)
    letter = render(pair.letters[Arm.TREATMENT].variant, profile, pair.dwelling, "minimal")
    found = list(check_pair(changed(pair, Arm.TREATMENT, profile=profile, letter=letter), "minimal", WHEELCHAIR))
    assert [violation.sentence for violation in found] == ["De twee woningzoekers verschillen ook in sentence."]


def test_a_real_pair_that_says_it_is_a_sham_pair_is_found() -> None:
    pair = replace(signalling("wheelchair", 4, VARIANTS), sham=Arm.CONTROL)
    assert list(check_pair(pair, "minimal", WHEELCHAIR))


@pytest.mark.parametrize(
    "line",
    [
        "{% if profile.sentence == SENTENCE %}Ik kom graag snel langs.{% endif %}",
        "{% if profile.full_name == NAME %}Ik kom graag snel langs.{% endif %}",
    ],
)
def test_a_text_that_hangs_on_the_signal_is_found_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    pair = signalling("wheelchair", 4, ("beknopt", "formeel"))
    profile = pair.letters[Arm.TREATMENT].profile
    line = line.replace("SENTENCE", f'"{profile.sentence}"').replace("NAME", f'"{profile.full_name}"')
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    for variant in ("beknopt", "formeel"):
        body = templates / "nl" / variant / "body.txt"
        body.write_text(f"{line}\n{body.read_text(encoding='utf-8')}", encoding="utf-8")
    monkeypatch.setattr(parity, "render", partial(render, templates=templates))
    letters = {
        arm: replace(
            written, letter=render(written.variant, written.profile, pair.dwelling, "minimal", templates=templates)
        )
        for arm, written in pair.letters.items()
    }
    found = list(check_pair(replace(pair, letters=letters), "minimal", WHEELCHAIR))
    assert len(found) == 2  # once in each variant
    assert all("+Ik kom graag snel langs." in violation.diff for violation in found)


def test_a_street_that_is_called_like_a_partner_is_no_signal() -> None:
    pair = signalling("same_sex_partner", 4, ("kort", "samen"))
    partner = pair.letters[Arm.TREATMENT].profile.partner
    assert partner is not None
    street = Dwelling(f"{partner.first} Vosstraat 3", "Amersfoort", "AM-1", 3)
    letters = {
        arm: replace(written, letter=render(written.variant, written.profile, street, "minimal"))
        for arm, written in pair.letters.items()
    }
    named = replace(pair, dwelling=street, letters=letters)
    assert list(check_pair(named, "minimal", SIGNALS["same_sex_partner"])) == []
