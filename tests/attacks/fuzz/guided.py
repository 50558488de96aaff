"""``python -m tests.attacks.fuzz.guided``: changed inputs chosen by the lines of ours that they reach (Atheris).

By count and seed, so that the same run tries the same inputs. Each parser has a process of its own, forked after
everything was read in once. Ends with 1 when one raised anything but a named error, or took too long: its trace is
printed, and the input kept.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).parent))

import atheris

from profiles.errors import PraktijktestError

OURS = ["orchestrator", "results", "workers", "profiles", "portal", "fuzz_planted"]
SECONDS = 3.0
"""Of computing, for one input: counting what is reached makes our lines some three times as slow."""

LIMITS = ("-timeout=60", "-max_len=65536", "-rss_limit_mb=2048")
LONGEST_WORD = 64
"""Bytes; libFuzzer takes no longer words."""


class Tried(Protocol):
    """A parser: what takes the bytes, what it starts from, and the words that mean something in it."""

    seeds: Sequence[bytes]
    tokens: Sequence[bytes]

    def run(self, raw: bytes, /) -> None: ...


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.fuzz.guided", description=__doc__)
    parser.add_argument("parsers", nargs="*", help="all of them when none is named")
    parser.add_argument("--runs", type=int, default=3000, help="inputs for each parser")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for inputs that went wrong")
    parser.add_argument("--of", default="fuzz_parsers", help="module that has the parsers")
    return parser.parse_args()


def _files(folder: Path, contents: Sequence[bytes]) -> str:
    """Write each to a file; return their names in this order, for that of a folder differs by machine."""
    folder.mkdir()
    paths = [folder / str(place) for place in range(len(contents))]
    for path, raw in zip(paths, contents, strict=True):
        path.write_bytes(raw)
    return ",".join(map(str, paths))


def _dictionary(path: Path, words: Sequence[bytes]) -> Path:
    quoted = ["".join(f"\\x{byte:02x}" for byte in word) for word in words if len(word) <= LONGEST_WORD]
    path.write_text("".join(["# words\n", *(f'"{word}"\n' for word in quoted)]), encoding="ascii")
    return path


def _within(parser: Tried, raw: bytes) -> None:
    begun = time.process_time()
    with suppress(PraktijktestError):
        parser.run(raw)
    if (took := time.process_time() - begun) > SECONDS:
        raise TimeoutError(f"{took:.1f} seconds of computing")


def _fuzz(parser: Tried, asked: argparse.Namespace, kept: str, folder: Path) -> None:
    """Fuzz in this process until `SystemExit`; an input that goes wrong is kept under this name."""

    def once(raw: bytes) -> None:
        try:
            _within(parser, raw)
        except Exception:
            # Atheris tells the trace of it, but keeps the input only of a process that ends by itself.
            Path(f"{kept}-crash").write_bytes(raw)
            raise

    seeds, words = _files(folder / "seeds", parser.seeds), _dictionary(folder / "words", parser.tokens)
    chosen = [f"-runs={asked.runs}", f"-seed={asked.seed}", f"-artifact_prefix={kept}-"]
    atheris.Setup([sys.argv[0], *LIMITS, *chosen, f"-seed_inputs={seeds}", f"-dict={words}"], once)
    atheris.Fuzz()


def _begun(name: str, parser: Tried, asked: argparse.Namespace, folder: Path) -> int:
    """Fork a process that fuzzes this parser; return its number."""
    folder.mkdir()
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        told = os.open(folder / "told", os.O_CREAT | os.O_WRONLY)
        os.dup2(told, 1)
        os.dup2(told, 2)
        kept = str(asked.keep / name.replace(" ", "-").replace(",", ""))
        _fuzz(parser, asked, kept, folder)
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        # Never back into what the parent has to do after this.
        os._exit(code)


def _each(parsers: Mapping[str, Tried], asked: argparse.Namespace, folder: Path) -> int:
    """Fuzz the parsers, a few at a time; print how each ended and return how many did wrong."""
    # From the last on: there are those that take longest.
    waiting, going, wrong = list(enumerate(parsers)), dict[int, tuple[int, str]](), 0
    while waiting or going:
        while waiting and len(going) < asked.processes:
            place, name = waiting.pop()
            going[_begun(name, parsers[name], asked, folder / str(place))] = place, name
        number, status = os.wait()
        place, name = going.pop(number)
        told = (folder / str(place) / "told").read_text(encoding="utf-8", errors="replace")
        wrong += status != 0
        print(f"{name}: {told if status else told.splitlines()[-1]}", flush=True)
    return wrong


def main() -> int:
    asked = _asked()
    with atheris.instrument_imports(include=OURS):
        parsers: Mapping[str, Tried] = import_module(asked.of).PARSERS
    asked.keep.mkdir(parents=True, exist_ok=True)
    chosen = {name: parsers[name] for name in asked.parsers or parsers}
    with tempfile.TemporaryDirectory() as folder:
        return 1 if _each(chosen, asked, Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
