"""Configuration: read once, typed, and loud about what it does not know."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestrator.settings import Settings
from profiles.errors import BadInput, Problem


def problems() -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        Settings.from_env()
    return caught.value.problems


def test_without_any_setting_everything_stays_on_this_machine() -> None:
    settings = Settings.from_env()
    assert settings.live is False
    assert settings.smtp_host is None
    assert settings.redis_url is None
    assert (settings.listen_host, settings.web_host) == ("127.0.0.1", "127.0.0.1")
    assert settings.database == "sqlite:///praktijktest-data/praktijktest.db"


def test_a_setting_is_read_from_the_environment_and_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_LIVE", "yes")
    monkeypatch.setenv("PRAKTIJKTEST_DATA", "elders")
    monkeypatch.setenv("PRAKTIJKTEST_LEASE_SECONDS", "15")
    settings = Settings.from_env()
    assert settings.live is True
    assert settings.data == Path("elders")
    assert settings.lease_seconds == 15.0


def test_a_database_url_goes_before_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", "postgresql+psycopg://db/praktijktest")
    assert Settings.from_env().database == "postgresql+psycopg://db/praktijktest"


def test_an_unknown_setting_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_LIFE", "yes")
    (problem,) = problems()
    assert problem.code == "unknown-setting"
    assert "PRAKTIJKTEST_LIFE" in problem.message
    assert "PRAKTIJKTEST_LIVE" in str(problem.remedy)


def test_every_unusable_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_SMTP_PORT", "vijfentwintig")
    monkeypatch.setenv("PRAKTIJKTEST_LIVE", "misschien")
    found = problems()
    assert {problem.code for problem in found} == {"bad-setting"}
    assert {problem.found for problem in found} == {"vijfentwintig", "misschien"}
    assert all("PRAKTIJKTEST_" in problem.message for problem in found)


def test_other_peoples_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTESTER", "1")
    assert Settings.from_env().live is False


def test_settings_do_not_change_once_read() -> None:
    settings = Settings.from_env()
    with pytest.raises(ValidationError):
        settings.live = True  # type: ignore[misc]
