"""Every ground is described, in law or as policy, and what is wrong in the file is told with its line."""

import shutil
from pathlib import Path

import pytest

from profiles.errors import BadInput, Problem
from profiles.grounds import DATA, SignalKind, load, word_pattern
from profiles.profile import Ground, Language

GROUNDS = load()
FILE = (DATA / "grounds.toml").read_text(encoding="utf-8")
SIGNALS = {key: signal for ground in GROUNDS.grounds.values() for key, signal in ground.signals.items()}


def problem_after(tmp_path: Path, old: str, new: str) -> Problem:
    """The first problem of the packaged file with one change."""
    assert old in FILE
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "grounds.toml").write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load(folder)
    return caught.value.problems[0]


def line_of(text: str, within: str = FILE) -> int:
    return within[: within.index(text)].count("\n") + 1


def test_every_ground_of_the_programme_is_described_and_can_be_shown() -> None:
    assert set(GROUNDS.grounds) == set(Ground)
    for ground in GROUNDS.grounds.values():
        assert ground.signals
        assert ground.claim.endswith(".")
        assert ground.equal
        assert ground.words


def test_a_ground_is_protected_by_a_law_that_is_named_or_it_is_a_policy_ground() -> None:
    policy = {ground for ground, told in GROUNDS.grounds.items() if told.policy}
    assert policy == {Ground.LONE_PARENT, Ground.BENEFIT_INCOME, Ground.AGE, Ground.LANGUAGE}
    for ground, told in GROUNDS.grounds.items():
        assert ("beleidsgrond" in told.basis) == (ground in policy)
        assert ("artikel" in told.basis) == (ground not in policy)
    assert "WGBH/CZ" in GROUNDS.grounds[Ground.DISABILITY].basis


def test_a_wheelchair_needs_a_dwelling_it_can_reach_and_a_guide_dog_is_held_against_a_dog() -> None:
    assert SIGNALS["wheelchair"].needs.accessible
    assert not SIGNALS["assistance_dog"].needs.accessible
    assert all("hond" in text for text in SIGNALS["assistance_dog"].control.sentences[Language.DUTCH])
    assert all("geleidehond" in text for text in SIGNALS["assistance_dog"].treatment.sentences[Language.DUTCH])


def test_every_sentence_has_words_that_are_hidden_from_who_codes() -> None:
    for signal in SIGNALS.values():
        for side in (signal.control, signal.treatment):
            for text in (text for texts in side.sentences.values() for text in texts):
                assert word_pattern(signal.cues).search(text.replace("{age}", "67")), text


def test_a_ground_with_two_signals_needs_a_choice_and_one_with_one_does_not() -> None:
    assert GROUNDS.signal(Ground.AGE).kind is SignalKind.SENTENCE
    assert GROUNDS.signal(Ground.DISABILITY, "wheelchair").key == "wheelchair"
    with pytest.raises(BadInput, match=r"signal-not-chosen.*wheelchair, assistance_dog"):
        GROUNDS.signal(Ground.DISABILITY)
    with pytest.raises(BadInput, match=r"unknown-signal.*mosque, church"):
        GROUNDS.signal(Ground.RELIGION, "wheelchair")


@pytest.mark.parametrize("word", ["political_opinion", "politieke gezindheid", "belief", "levensovertuiging"])
def test_what_is_not_offered_is_refused_with_the_reason(word: str) -> None:
    assert "geen grond die u hier kunt testen" in GROUNDS.refused[word]


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("[grounds.age]", "[grounds.lengte]", "unknown-ground", "[grounds.age]"),
        ('label = "Taal"\npolicy = true', 'label = "Taal"', "law-or-policy", "[grounds.language]"),
        ('kind = "language"', 'kind = "language"\nhue = 3', "unknown-key", 'kind = "language"\n'),
        ('partner = ["other", "same"]', "", "incomplete-signal", "[signals.same_sex_partner]"),
        ('control = "een fiets"\n', "", "unnamed-sides", "[signals.wheelchair]"),
        ('signal = "church"', 'signal = "chapel"', "unknown-signal", 'signal = "church"'),
        ("Ik gebruik een rolstoel en daarvoor lijkt de woning geschikt.", "Rolstoel.", "unequal-sentences",
         "Ik gebruik een rolstoel"),
        ("bij de moskee.", "bij de moskee!", "not-a-plain-sentence", "bij de moskee."),
        ("mee in de moskee.", "mee in de buurt.", "sentence-without-cue", "mee in de moskee."),
        ("{income} bruto per maand, uit loon", "{salary} bruto per maand, uit loon", "unknown-field",
         "{income} bruto per maand, uit loon"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, code: str, at: str) -> None:
    problem = problem_after(tmp_path, old, new)
    assert problem.code == code
    assert problem.file is not None
    assert problem.file.endswith("grounds.toml")
    moved = 1 if code == "unknown-key" else 0
    assert problem.line == line_of(at) + moved


def test_a_signal_with_one_wording_is_refused_for_both_letters_would_have_it(tmp_path: Path) -> None:
    begin = FILE.index('[[sentences]]\nsignal = "age"\ncontrol = "Mijn')
    second = FILE[begin : FILE.index('[[sentences]]\nsignal = "wheelchair"\nlanguage')]
    assert problem_after(tmp_path, second, "").code == "too-few-sentences"


def test_a_star_stands_for_the_rest_of_a_word_and_nothing_else() -> None:
    pattern = word_pattern(["kerk*", "hond"])
    assert [found[0] for found in pattern.finditer("De kerkelijke hond, honderd Honden, een HOND.")] == [
        "kerkelijke",
        "hond",
        "HOND",
    ]


def test_the_manual_names_every_ground_and_every_signal() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "grounds.md").read_text(encoding="utf-8")
    for ground, told in GROUNDS.grounds.items():
        assert f"| `{ground.value}` |" in manual
        assert all(f"`{key}`" in manual for key in told.signals)
