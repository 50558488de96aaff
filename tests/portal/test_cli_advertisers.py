"""Pauses, the detection meter and the burden ledger on the command line."""

from pathlib import Path

import pytest
from cli_makers import PARTICIPANTS, ROUND, User, a_user


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def first_advertiser(user: User) -> str:
    return user.file(PARTICIPANTS).read_text(encoding="utf-8").splitlines()[1].partition(",")[0]


@pytest.mark.long
def test_a_pause_is_set_listed_shown_in_every_status_and_lifted(user: User) -> None:
    user.starts()
    key = first_advertiser(user)
    assert user.does("holds") == "Geen aanbieder heeft een pauze.\n"
    assert f"praktijktest lift {key}" in user.does("hold", key, "--reason", "belde met vragen", "--by", "anna")
    for words in (("holds",), ("status",), ("status", ROUND)):
        shown = user.does(*words)
        assert "1 aanbieder heeft een pauze:" in shown
        assert f"  {key}, sinds " in shown
        assert "belde met vragen" in shown
        assert "reacties wachten; de eerste vervalt na" in shown
        assert "telt dan niet mee" in shown
    assert "opgeheven door bert" in user.does("lift", key, "--by", "bert")
    assert "pauze" not in user.does("status")
    assert "gaaf" in user.does("ledger", "verify")


@pytest.mark.long
def test_a_pause_that_cannot_be_set_or_lifted_says_why(user: User) -> None:
    user.starts()
    key = first_advertiser(user)
    assert "praktijktest holds" in user.says("lift", key).err
    user.does("hold", key, "--reason", "kijk")
    twice = user.says("hold", key, "--reason", "kijk nog eens")
    assert (twice.code, "heeft al een pauze: kijk" in twice.err) == (2, True)
    assert "Er is geen woningaanbieder 'niemand'" in user.says("hold", "niemand", "--reason", "kijk").err
    assert user.says("hold", key).code == 2


@pytest.mark.long
def test_the_detection_meter_tells_of_each_advertiser_what_it_has_and_will_have(user: User) -> None:
    user.plans()
    shown = user.does("detection", ROUND)
    assert first_advertiser(user) in shown
    assert "0 → 1" in shown
    assert "A  Reacties onder één naam (pauze vanaf 5)" in shown
    assert "E  Regelmaat van de tijd tussen reacties (pauze vanaf 80%)" in shown


@pytest.mark.long
def test_the_burden_ledger_of_a_round_that_sent_nothing_is_all_zero(user: User) -> None:
    user.plans()
    shown = user.does("burden", ROUND)
    assert shown.split("samen")[1].split()[:6] == ["0", "0", "0", "0", "0", "–"]
    assert "Dat zijn aannames, geen metingen." in shown


@pytest.mark.parametrize("command", ["detection", "burden"])
def test_an_unknown_round_is_refused(user: User, command: str) -> None:
    done = user.says(command, "bestaat-niet")
    assert (done.code, "Er is geen ronde" in done.err) == (2, True)
