"""Configuration: read once, typed, and loud about what it does not know."""

import sys
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


ORGANISATION = {"ISSUER": "https://aanmelden.stad.example/desk", "CLIENT_ID": "praktijktest", "CLIENT_SECRET": "geheim"}


def set_organisation(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in {**ORGANISATION, **changes}.items():
        if value is not None:
            monkeypatch.setenv(f"PRAKTIJKTEST_OIDC_{name}", value)


def test_an_organisation_needs_an_issuer_a_name_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_organisation(monkeypatch)
    assert Settings.from_env().oidc_issuer == ORGANISATION["ISSUER"]
    assert "geheim" not in repr(Settings.from_env())


@pytest.mark.parametrize("missing", ORGANISATION)
def test_a_part_of_an_organisation_is_none(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_organisation(monkeypatch, **{missing: None})
    (problem,) = problems()
    assert problem.code == "half-provider"
    assert f"PRAKTIJKTEST_OIDC_{missing}" in str(problem.remedy)


@pytest.mark.parametrize(
    ("issuer", "live", "fine"),
    [
        ("http://127.0.0.1:9400", "no", True),
        ("http://localhost:9400", "no", True),
        ("http://127.0.0.1:9400", "yes", False),
        ("https://127.0.0.1:9400", "yes", True),
        ("http://aanmelden.stad.example", "no", False),
        ("https://aanmelden.stad.example?x=1", "no", False),
        ("https://naam:geheim@aanmelden.stad.example", "no", False),
        ("aanmelden.stad.example", "no", False),
    ],
)
def test_the_organisation_is_reached_over_https_or_on_this_machine_in_a_rehearsal(
    monkeypatch: pytest.MonkeyPatch, issuer: str, live: str, fine: bool
) -> None:
    set_organisation(monkeypatch, ISSUER=issuer)
    monkeypatch.setenv("PRAKTIJKTEST_LIVE", live)
    if fine:
        assert Settings.from_env().oidc_issuer == issuer
    else:
        assert [problem.code for problem in problems()] == ["bad-issuer"]


def test_a_password_or_a_file_of_the_organisation_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_organisation(monkeypatch, CLIENT_SECRET="géheim", CA_FILE="/bestaat/niet.pem")
    found = problems()
    assert [problem.code for problem in found] == ["bad-login", "no-such-file"]
    assert "géheim" not in "".join(map(str, found))


@pytest.mark.parametrize("library", ["authlib", "joserfc"])
def test_an_organisation_without_what_it_takes_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)  # as Python says that something is not installed
    assert Settings.from_env().oidc_issuer is None
    set_organisation(monkeypatch)
    (problem,) = problems()
    assert problem.code == "no-oidc"
    assert "praktijktest[oidc]" in str(problem.remedy)
