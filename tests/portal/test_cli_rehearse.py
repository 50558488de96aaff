"""A design tried out from the command line: the same figures every time, one round by real mail, and named errors."""

import json
from pathlib import Path

import pytest
from cli_makers import DESIGN, LISTINGS, PARTICIPANTS, User, a_user, of_its_own

FILES = (DESIGN, "--participants", PARTICIPANTS, "--listings", LISTINGS)
QUICK = ("rehearse", *FILES, "--rounds", "20", "--no-mail")


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


@pytest.mark.long
def test_a_design_is_diagnosed_without_mail_and_without_leaving_anything_behind(user: User) -> None:
    before = sorted(path.name for path in user.folder.iterdir())
    told = user.does(*QUICK)
    for words in ("aanname", "geclusterd interval", "minuten, gemiddeld en hoogste", "Wat de gemeente niet", "Met "):
        assert words in told
    assert sorted(path.name for path in user.folder.iterdir()) == before


@pytest.mark.long
def test_the_same_design_gives_the_same_document_and_another_seed_another(user: User) -> None:
    first = user.does(*QUICK, "--format", "json")
    assert user.does(*QUICK, "--format", "json") == first
    user.edits(DESIGN, "seed: 20260907", "seed: 20260908")
    other = json.loads(user.does(*QUICK, "--format", "json"))
    assert other["diagnosis"] != json.loads(first)["diagnosis"]


@pytest.mark.long
def test_an_assumption_that_is_given_says_so_and_changes_the_figures(user: User) -> None:
    usual = json.loads(user.does(*QUICK, "--format", "json"))
    given = json.loads(user.does(*QUICK, "--format", "json", "--base", "0.8", "0.9", "--uncertain", "0.5"))
    sources = {each["option"]: each["source"] for each in given["assumptions"]}
    assert (sources["--base"], sources["--uncertain"], sources["--shared"]) == ("opgegeven", "opgegeven", "aanname")
    assert given["diagnosis"]["control"]["median"] > usual["diagnosis"]["control"]["median"] + 0.1
    assert given["diagnosis"]["lost"]["verzending-onzeker"] == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--bias", "0.5"), "impossible-bias"),
        (("--base", "0.6", "0.3"), "impossible-base"),
        (("--shared", "1.5"), "not-a-share"),
        (("--doubts", "0.95"), "not-a-share"),
        (("--format", "xml"), "unknown-format"),
    ],
)
def test_an_assumption_that_no_market_can_have_is_named(user: User, words: tuple[str, ...], code: str) -> None:
    done = user.says(*QUICK, *words)
    assert (done.code, done.out) == (2, "")
    assert f"{code}: " in done.err


def test_a_mistake_in_the_files_is_told_as_when_planning(user: User) -> None:
    user.edits(DESIGN, "seed: 20260907 ", "sede: 20260907 ")
    done = user.says(*QUICK)
    assert done.code == 2
    assert "unknown-key" in done.err


@pytest.mark.long
def test_a_difference_that_the_market_cannot_hear_is_refused_rather_than_found_absent(user: User) -> None:
    user.edits(DESIGN, "sham_share: 0.1", "sham_share: 0.0")
    user.edits(DESIGN, "control: dutch", "control: moroccan")
    user.edits(DESIGN, "treatment: moroccan", "treatment: dutch")
    done = user.says(*QUICK)
    assert done.code == 2
    assert "market-hears-no-difference: " in done.err


@pytest.mark.long
def test_of_a_set_the_first_treatment_is_judged_and_every_letter_is_a_burden(user: User) -> None:
    pair = json.loads(user.does(*QUICK, "--format", "json"))["diagnosis"]
    user.edits(DESIGN, "treatment: moroccan ", "treatment: moroccan\n  also: [turkish] ")
    whole = json.loads(user.does(*QUICK, "--format", "json"))["diagnosis"]
    assert whole["letters"]["mean"] == pytest.approx(1.5 * pair["letters"]["mean"], rel=0.1)
    assert whole["net"]["median"] == pytest.approx(0.15, abs=0.08)


@pytest.mark.long
def test_an_unpaired_design_is_half_the_burden_and_judges_nobody(user: User) -> None:
    pair = json.loads(user.does(*QUICK, "--format", "json"))["diagnosis"]
    user.edits(DESIGN, "sham_share: 0.1", "approach: unpaired\n  sham_share: 0.0")
    alone = json.loads(user.does(*QUICK, "--format", "json"))["diagnosis"]
    assert alone["letters"]["mean"] == pytest.approx(pair["letters"]["mean"] / 2, rel=0.1)
    assert alone["net"]["median"] == pytest.approx(0.15, abs=0.1)
    assert alone["width"]["median"] > pair["width"]["median"]
    assert alone["marks"]["too_little"] == 1
    assert "toets van Fisher" in user.does(*QUICK)


@pytest.mark.long
def test_a_round_by_real_mail_gives_the_outcomes_that_were_predicted_without(user: User) -> None:
    """A process of its own, as for a user; on a machine that is busy a letter late by weeks may still differ."""
    words = ("rehearse", *FILES, "--rounds", "20", "--seconds", "20", "--out", "oefening", "--format", "json")
    done = of_its_own(*words, cwd=user.folder)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    mail = found["mail"]
    assert mail["sent"] == mail["letters"] == 2 * (found["diagnosis"]["pairs"] + found["diagnosis"]["sham"])
    assert mail["predicted"] >= 0.7 * mail["letters"] / 2
    assert mail["same"] >= 0.9 * mail["predicted"]
    assert (user.folder / "oefening" / "results.json").exists()
