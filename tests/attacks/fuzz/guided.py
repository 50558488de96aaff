"""``python -m tests.attacks.fuzz.guided PARSER``: changed inputs chosen by the lines of ours that they reach (Atheris).

Atheris is no tool of every run: ``uv run --with atheris`` brings it, where it has a wheel.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["orchestrator", "results", "workers", "profiles", "portal"]):
    from fuzz_parsers import PARSERS

from profiles.errors import PraktijktestError


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.fuzz.guided", description=__doc__)
    parser.add_argument("parser", choices=PARSERS)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    chosen = PARSERS[asked.parser]

    def once(raw: bytes) -> None:
        try:
            chosen.run(raw)
        except PraktijktestError:
            return

    with tempfile.TemporaryDirectory() as folder:
        for place, seed in enumerate(chosen.seeds):
            (Path(folder) / str(place)).write_bytes(seed)
        limits = [f"-max_total_time={asked.seconds}", "-timeout=5", "-max_len=65536", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *limits, folder], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
