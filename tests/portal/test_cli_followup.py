"""What follows a round by its commands, and a catalogue of a municipality's own."""

from pathlib import Path

import pytest
from cli_makers import User, a_user

from profiles.errors import BadInput
from results.toolkit.actions import read_actions


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def test_the_catalogue_tells_of_each_action_what_is_known_of_its_effect(user: User) -> None:
    said = user.does("followup", "actions")
    assert "staff-trained" in said
    assert said.count("niet gemeten") == len(read_actions()) - 1


@pytest.mark.long
def test_a_step_after_a_round_that_is_not_closed_is_refused(user: User) -> None:
    user.plans()
    who = ("amersfoort-2026-najaar", "bedachte-deuren-makelaars")
    assert "nog niets afgesproken" in user.does("followup", "show", who[0])
    assert "unknown-round" in user.says("followup", "propose", *who, "order-lot", "--due", "2099-01-01").err
    assert "unknown-action" in user.says("followup", "propose", *who, "vlag", "--due", "2099-01-01").err
    assert "unknown-kind" in user.says("followup", "record", *who, "feest", "--day", "2026-01-01").err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("actions = 1", "wrong-actions"),
        ("actions = []\n[parts]\n[evidence]\n", "action-keys"),
        ("[[actions", "not-toml"),
    ],
)
def test_a_catalogue_that_cannot_be_used_names_its_file(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "actions.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=code) as caught:
        read_actions(tmp_path)
    assert "actions.toml" in str(caught.value)
