"""The production description names the queues, settings and commands that the code has, and lets no letter leave."""

from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from orchestrator.settings import PREFIX, Settings
from portal.cli import app
from workers.app import QUEUES, TICKS

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "praktijktest"}


def test_there_is_one_worker_for_each_queue_and_each_tick_goes_to_one_of_them() -> None:
    workers = [service["command"][1] for service in OURS.values() if service["command"][0] == "worker"]
    assert sorted(workers) == sorted(QUEUES)
    assert {queue for _, queue, _ in TICKS.values()} == set(QUEUES)


def test_there_are_web_and_beat_and_a_migration_before_all_of_them() -> None:
    assert {"web", "beat", "migrate", "postgres", "redis"} <= set(SERVICES)
    for name in set(OURS) - {"migrate"}:
        assert OURS[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_and_command_is_one_that_exists(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert {key for key in OURS[name]["environment"] if key.startswith(PREFIX)} <= known
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert OURS[name]["command"][0] in commands


def test_nothing_lets_a_letter_leave_and_no_password_is_in_the_file() -> None:
    for service in OURS.values():
        assert not {"PRAKTIJKTEST_LIVE", "PRAKTIJKTEST_SMTP_HOST"} & set(service["environment"])
        assert "${POSTGRES_PASSWORD:?" in service["environment"]["PRAKTIJKTEST_DATABASE_URL"]
    assert all(str(port).startswith("127.0.0.1:") for service in OURS.values() for port in service.get("ports", []))


def test_the_image_is_built_from_the_lock_and_runs_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "uv sync --frozen" in lines
    assert "\nUSER praktijktest\n" in lines
