"""How praktijktest comes onto a machine: the launcher, the wheel, and documents that keep up with the code."""

import os
import re
import shutil
import stat
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer.main

from orchestrator.settings import PREFIX, Settings
from portal.cli import app

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = shutil.which("sh") or "/bin/sh"
FOR_TESTS_ONLY = {"fault_at", "fault_tests"}

SAYS = '#!/bin/sh\necho "{name} $*"\n'
BARE_PYTHON = {
    # A python3 whose venv has a python whose pip installs a uv; there is nothing else on the path than our own folder.
    "python3": '#!/bin/sh\n[ "$1 $2" = "-m venv" ] && mkdir -p "$3/bin" && cp "$PATH/venv-python" "$3/bin/python"\n',
    "venv-python": '#!/bin/sh\n[ "$1 $2" = "-m pip" ] && cp "$PATH/own-uv" "$(dirname "$0")/uv"\n',
    "own-uv": SAYS.format(name="own uv"),
}


def a_machine(folder: Path, **commands: str) -> Path:
    """A folder with the launcher, and beside it a ``bin`` with these commands and the shell's own few."""
    tools = folder / "bin"
    tools.mkdir()
    for name in ("dirname", "mkdir", "cp", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, text in commands.items():
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    clone = folder / "een clone"
    clone.mkdir()
    shutil.copy(ROOT / "praktijktest", clone)
    return clone / "praktijktest"


def launch(launcher: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    path = str(launcher.parents[1] / "bin")
    return subprocess.run(
        [SHELL, str(launcher), *words], env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_launcher_is_a_sound_posix_script_that_may_be_run() -> None:
    script = ROOT / "praktijktest"
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert script.stat().st_mode & stat.S_IXUSR
    assert subprocess.run([SHELL, "-n", str(script)], check=False).returncode == 0


def test_the_launcher_uses_uv_when_it_is_there(tmp_path: Path) -> None:
    launcher = a_machine(tmp_path, **{name: SAYS.format(name=name) for name in ("uv", "pipx", "python3")})
    done = launch(launcher, "demo", "--out", "mijn map")
    assert done.returncode == 0
    assert done.stdout.startswith("uv run --frozen ")
    assert done.stdout.endswith(f"--project {launcher.parent} praktijktest demo --out mijn map\n")


def test_the_launcher_asks_pipx_when_there_is_no_uv(tmp_path: Path) -> None:
    done = launch(a_machine(tmp_path, **{name: SAYS.format(name=name) for name in ("pipx", "python3")}), "demo")
    assert done.stdout.startswith("pipx run uv run --frozen ")


def test_the_launcher_makes_its_own_uv_with_plain_python_and_keeps_it(tmp_path: Path) -> None:
    launcher = a_machine(tmp_path, **BARE_PYTHON)
    for _ in range(2):
        done = launch(launcher, "status")
        assert done.stdout.startswith("own uv run --frozen "), done.stderr
        assert done.stdout.endswith(" praktijktest status\n")
    assert (launcher.parent / ".uv" / "bin" / "uv").is_file()


@pytest.mark.parametrize("commands", [{}, {"python3": "#!/bin/sh\nexit 1\n"}], ids=["no python", "no venv"])
def test_the_launcher_says_in_one_line_what_to_install(tmp_path: Path, commands: dict[str, str]) -> None:
    launcher = a_machine(tmp_path, **commands)
    done = launch(launcher, "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"praktijktest: installeer eerst python3.* uv\.\n", done.stderr)
    assert not (launcher.parent / ".uv").exists()


def test_the_launcher_gives_the_exit_code_of_the_command(tmp_path: Path) -> None:
    assert launch(a_machine(tmp_path, uv="#!/bin/sh\nexit 2\n")).returncode == 2


def test_the_launcher_asks_for_the_tools_of_developers_only_for_the_tests(tmp_path: Path) -> None:
    launcher = a_machine(tmp_path, uv=SAYS.format(name="uv"))
    assert "--group=dev" in launch(launcher, "test", "-x").stdout
    assert "--no-dev" in launch(launcher, "demo").stdout


# The wheel.


def data_files() -> set[str]:
    """Every file under the rooms that is not Python and not made by running them."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in files if path.suffix not in (".py", ".pyc")}


def test_the_rooms_and_the_example_are_what_a_wheel_is_made_of() -> None:
    assert set(ROOMS) == {"profiles", "orchestrator", "results", "workers", "portal", "market"}
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"examples": "portal/examples"}
    assert PROJECT["project"]["scripts"] == {"praktijktest": "portal.cli:main"}
    assert all((ROOT / room / "__init__.py").is_file() for room in ROOMS)


def test_no_pattern_of_gitignore_keeps_a_file_of_ours_out_of_the_wheel() -> None:
    patterns = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    ours = data_files() | {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    lost = {
        name for name in ours for pattern in patterns if any(Path(part).match(pattern) for part in Path(name).parts)
    }
    assert lost == set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as uv builds it from what it has in its cache: the tests download nothing."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("no uv on this machine to build with; ./praktijktest test brings it")
    folder = tmp_path_factory.mktemp("dist")
    words = [uv, "build", "--wheel", "--offline", "--quiet", "--out-dir", str(folder), str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode and "offline" in done.stderr.casefold() + done.stdout.casefold():
        pytest.skip("the build tool is not in uv's cache; ./praktijktest test brings it")
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_has_every_template_style_migration_and_list(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    assert data_files() <= inside
    kinds = {Path(name).suffix for name in data_files()}
    assert kinds >= {".toml", ".html", ".css", ".txt", ".mako"}
    assert any(name.startswith("orchestrator/migrations/versions/0001") for name in inside)


def test_the_wheel_has_the_example_round_and_the_command_and_no_tests(wheel: zipfile.ZipFile) -> None:
    inside = wheel.namelist()
    for name in ("round.yaml", "participants.csv", "listings.csv"):
        assert f"portal/examples/amersfoort-2026/{name}" in inside
    entry = next(name for name in inside if name.endswith("entry_points.txt"))
    assert "praktijktest = portal.cli:main" in wheel.read(entry).decode()
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not [name for name in inside if name.startswith("tests")]


# The documents.


def test_the_readme_has_a_row_for_every_setting_and_for_no_other() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name.removeprefix(PREFIX).lower() for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert told == set(Settings.model_fields) - FOR_TESTS_ONLY


def test_the_readme_tells_of_every_command() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if not re.search(rf"[ `]{name}\b", README)] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_document_links_only_to_what_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert not re.search(r"/(work|tmp|home|root)/", text)
