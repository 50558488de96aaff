"""The production description names the queues, settings and commands that the code has, and lets no letter leave."""

import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import typer.main
from fastapi.routing import APIRoute
from ruamel.yaml import YAML

from orchestrator.clock import Clock
from orchestrator.settings import PREFIX, Settings
from portal.cli import app
from portal.web.app import make_app
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


def test_a_worker_and_a_web_page_can_tell_that_they_live() -> None:
    assert all("healthcheck" in SERVICES[name] for name in SERVICES if name not in ("migrate", "beat"))
    for name in ("worker-send", "worker-inbox", "worker-reports"):
        *start, code, queue = SERVICES[name]["healthcheck"]["test"]
        assert (start, queue) == (["CMD", "python", "-c"], OURS[name]["command"][1])
        compile(code, "healthcheck", "exec")
    page = SERVICES["web"]["healthcheck"]["test"][-1]
    routes = make_app(cast(Any, None), Clock(), settings=Settings()).routes
    assert any(f":8400{route.path}'" in page for route in routes if isinstance(route, APIRoute))


def test_what_ends_starts_again_except_the_migration() -> None:
    restarts = {name: service["restart"] for name, service in SERVICES.items()}
    assert restarts.pop("migrate") == "no"
    assert set(restarts.values()) == {"unless-stopped"}


def test_every_file_outside_our_volume_is_read_only_and_no_right_is_kept() -> None:
    for service in OURS.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["environment"]["PRAKTIJKTEST_DATA"] == "/data"
        assert service["volumes"] == ["data:/data"]


def test_the_record_and_the_queue_cannot_be_reached_from_outside() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis", "migrate", "beat", "worker-reports"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_nothing_lets_a_letter_leave_and_no_password_is_in_the_file() -> None:
    for service in OURS.values():
        assert not {"PRAKTIJKTEST_LIVE", "PRAKTIJKTEST_SMTP_HOST"} & set(service["environment"])
        assert "${POSTGRES_PASSWORD:?" in service["environment"]["PRAKTIJKTEST_DATABASE_URL"]
    assert all(str(port).startswith("127.0.0.1:") for service in OURS.values() for port in service.get("ports", []))


def test_the_image_is_built_from_the_lock_and_runs_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert all("--frozen" in line for line in lines.splitlines() if "uv sync" in line)
    assert lines.count("uv sync") == 2
    assert "\nUSER praktijktest\n" in lines
    assert lines.index("USER") > lines.index("chown")


def test_the_image_leaves_out_what_only_developers_and_this_machine_have() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", ".venv", "tests", "praktijktest-data"} <= set(left_out)
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert not {*rooms["wheel"]["packages"], "examples", "README.md", "LICENSE", "uv.lock"} & set(left_out)
