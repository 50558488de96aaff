"""The shape of the house: imports point one way, and each outside thing has one door."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("profiles", "orchestrator", "results", "workers", "portal")
HOUSE = (*ROOMS, "market")
FILES = sorted(path for room in HOUSE for path in (ROOT / room).rglob("*.py"))

DOORS = {
    "celery": ("workers/app.py", "workers/tasks.py"),
    "sqlalchemy": ("orchestrator/", "results/tables.py"),
    "alembic": ("orchestrator/schema.py", "orchestrator/migrations/"),
    "httpx": (
        "workers/channels/webform.py",
        "orchestrator/feeds.py",
        "orchestrator/openid_wire.py",
        "orchestrator/outbound.py",
    ),
    "httpcore": ("orchestrator/outbound.py",),
    "lxml": ("orchestrator/feed_items.py", "workers/channels/form_page.py"),
    "smtplib": ("workers/channels/smtp.py",),
    "imapclient": ("workers/inbox/",),
    "imaplib": ("workers/inbox/",),
    "jinja2": ("profiles/letters.py", "results/reports/", "portal/web/"),
    "fastapi": ("portal/web/", "portal/api/", "market/"),
    "uvicorn": ("portal/commands/serving.py", "market/"),
    "aiosmtpd": ("workers/inbox/", "market/"),
    "typer": ("portal/cli/",),
    "docx": ("results/toolkit/",),
    "authlib": ("orchestrator/openid_provider.py",),
    "joserfc": ("orchestrator/openid_provider.py",),
    "re2": ("results/rules.py",),
    "typst": ("results/paper/typeset.py",),
}
PURE = (
    "profiles/", "orchestrator/design/", "orchestrator/assignment.py", "orchestrator/schedule/",
    "orchestrator/chance.py", "orchestrator/feed_items.py", "orchestrator/states.py", "orchestrator/detection.py",
    "results/outcomes.py", "results/rules.py",
    "results/disclosure.py", "results/suppression.py", "results/charts.py", "results/formats.py", "results/statistics/",
    "results/diagnosis/",
)  # fmt: skip
IMPURE_MODULES = {"sqlalchemy", "httpx", "socket", "smtplib", "random", "time", "subprocess", "requests"}
CLOCK_CALLS = {"now", "utcnow", "today"}
GIANTS = 500
LONGEST = 60


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions and behind TYPE_CHECKING."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}: relative import"
            yield node.module or ""


def _top(module: str) -> str:
    return module.partition(".")[0]


def _under(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


@pytest.mark.long
def test_imports_point_one_way() -> None:
    wrong = [
        f"{_name(path)} imports {module}"
        for path in FILES
        for module in _imports(path)
        if _top(module) in ROOMS
        and _top(_name(path).replace("/", ".")) in ROOMS
        and ROOMS.index(_top(module)) > ROOMS.index(_top(_name(path).replace("/", ".")))
    ]
    assert wrong == []


def test_the_market_stands_apart() -> None:
    market = [
        f"{_name(p)}: {m}" for p in FILES if _name(p).startswith("market/") for m in _imports(p) if _top(m) in ROOMS
    ]
    others = [
        f"{_name(p)}: {m}"
        for p in FILES
        if not _name(p).startswith("market/")
        for m in _imports(p)
        if _top(m) == "market"
    ]
    assert market + others == []


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_its_own_door(library: str) -> None:
    users = {_name(path) for path in FILES if library in {_top(module) for module in _imports(path)}}
    if library == "smtplib":
        users = {name for name in users if not name.startswith("market/")}
    assert [name for name in sorted(users) if not _under(name, DOORS[library])] == []


def test_pure_rooms_touch_neither_clock_nor_network_nor_database_nor_global_chance() -> None:
    wrong = []
    for path in FILES:
        if not _under(_name(path), PURE):
            continue
        wrong += [f"{_name(path)} imports {m}" for m in _imports(path) if _top(m) in IMPURE_MODULES]
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
                wrong.append(f"{_name(path)}:{node.lineno} asks the clock")
    assert wrong == []


def test_only_the_rounds_room_changes_the_state_of_rounds_pairs_and_letters() -> None:
    """No other file assigns to `.state` of a row, or updates it in SQL."""
    wrong = []
    for path in FILES:
        if _under(_name(path), ("orchestrator/rounds/", "market/", "orchestrator/migrations/")):
            continue
        for node in ast.walk(_tree(path)):
            targets = node.targets if isinstance(node, ast.Assign) else []
            wrong += [
                f"{_name(path)}:{node.lineno}" for t in targets if isinstance(t, ast.Attribute) and t.attr == "state"
            ]
    assert wrong == []


def test_nobody_schedules_in_the_broker() -> None:
    """No Celery ETA, countdown or retry: the row decides."""
    wrong = []
    for path in FILES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.keyword) and node.arg in {"eta", "countdown", "autoretry_for", "max_retries"}:
                wrong.append(f"{_name(path)}:{node.value.lineno}")
            if isinstance(node, ast.Attribute) and node.attr == "retry":
                wrong.append(f"{_name(path)}:{node.lineno}")
    assert wrong == []


def test_nothing_is_swallowed() -> None:
    """A bare or broad except only at the outermost edge of a process."""
    broad = [
        f"{_name(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]
    assert broad == []


def test_files_and_functions_fit_in_the_head() -> None:
    long = [f"{_name(p)}: {n} lines" for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > GIANTS]
    for path in FILES:
        if "migrations/versions" in _name(path):
            continue
        for node in ast.walk(_tree(path)):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and (node.end_lineno or 0) - node.lineno > LONGEST
            ):
                long.append(f"{_name(path)}:{node.lineno} {node.name}")
    assert long == []


def test_every_room_is_in_the_wheel_and_is_type_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(HOUSE)
    assert set(project["tool"]["mypy"]["packages"]) == set(HOUSE)
    assert project["tool"]["mypy"]["strict"] is True
