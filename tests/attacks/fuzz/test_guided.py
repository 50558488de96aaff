"""Guided by what each input reaches (Atheris), every parser of outsiders' bytes answers or names an error."""

import platform
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from fuzz_changes import changed, drawn
from fuzz_parsers import PARSERS
from fuzz_planted import PARSERS as PLANTED

ROOT = Path(__file__).parents[3]
HAS_WHEEL = sys.platform == "linux" and platform.machine() == "x86_64"
pytestmark = [
    pytest.mark.skipif(
        not HAS_WHEEL, reason=f"Atheris has no wheel for {sys.platform} on {platform.machine()}: nothing was guided"
    ),
    pytest.mark.long,
]


def guided(keep: Path, *asked: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    """Run the guide; the same hashes of strings in every run, so that sets are walked in one order."""
    command = [sys.executable, "-m", "tests.attacks.fuzz.guided", "--keep", str(keep), *asked]
    return subprocess.run(
        command, cwd=ROOT, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, timeout=seconds
    )


def planted(keep: Path, name: str) -> subprocess.CompletedProcess[str]:
    return guided(keep, name, "--of", "fuzz_planted", "--runs", "200000")


def test_no_parser_does_anything_but_answer_or_name_an_error_on_inputs_that_are_guided(tmp_path: Path) -> None:
    done = guided(tmp_path, "--runs", "3000", "--seed", "1", seconds=600)
    inputs = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert (done.returncode, inputs) == (0, {}), done.stdout + done.stderr[-2000:]
    assert [name for name in PARSERS if f"{name}: Done 3000 runs" not in done.stdout] == []


def test_the_guide_finds_a_comparison_that_chance_does_not_hit(tmp_path: Path) -> None:
    done = planted(tmp_path, "hidden comparison")
    assert done.returncode == 1, done.stdout
    assert (tmp_path / "hidden-comparison-crash").read_bytes()[:4] == b"\x8fzQ\x03"
    parser, chance = PLANTED["hidden comparison"], Random(1)  # noqa: S311 - nothing secret
    for _ in range(50_000):
        parser.run(changed(parser.seeds[0], drawn(chance), parser.tokens, parser.seeds))


def test_an_error_without_a_name_is_told_with_its_trace_and_its_input_the_same_in_every_run(tmp_path: Path) -> None:
    first, again = (planted(tmp_path / each, "hidden comparison") for each in ("first", "again"))
    assert "KeyError: 'planted'" in first.stdout
    assert 'fuzz_planted.py", line' in first.stdout
    kept = [(tmp_path / each / "hidden-comparison-crash").read_bytes() for each in ("first", "again")]
    assert kept[0] == kept[1]
    assert again.returncode == 1


def test_an_input_that_takes_long_is_told(tmp_path: Path) -> None:
    done = planted(tmp_path, "slow")
    assert done.returncode == 1
    assert "seconds of computing" in done.stdout
    assert (tmp_path / "slow-crash").read_bytes()[:1] == b"n"


def test_an_error_with_a_name_is_an_answer(tmp_path: Path) -> None:
    done = planted(tmp_path, "named error")
    assert (done.returncode, list(tmp_path.iterdir())) == (0, [])
    assert "Done 200000 runs" in done.stdout
