"""``python -m tests.attacks.fuzz``: the long form, a million changed inputs through every parser of outsiders' bytes.

Ends with 1 when a parser raised anything but a named error, or took longer than a second; the inputs are kept.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_parsers import PARSERS
from fuzz_running import Told, faults, run, table


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all parsers together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for inputs that went wrong")
    return parser.parse_args()


def _keep(told: dict[str, Told], folder: Path) -> None:
    for name, each in told.items():
        for place, (fault, inputs) in enumerate(sorted(each.faults.items())):
            folder.mkdir(parents=True, exist_ok=True)
            for number, raw in enumerate(inputs):
                (folder / f"{name.replace(' ', '-').replace(',', '')}-{place}-{number}.bin").write_bytes(raw)
            print(f"{name}: {fault}: {len(inputs)} kept, {name}-{place}-*")


def main() -> int:
    asked, told, done = _asked(), {name: Told() for name in PARSERS}, 0
    try:
        for name, batch in run(asked.inputs, asked.seed, asked.processes):
            told[name].add(batch)
            if (done + batch.inputs) // 50_000 > done // 50_000:
                print(f"{done + batch.inputs:,} inputs, {dict(faults(told))}", flush=True)
            done += batch.inputs
    except KeyboardInterrupt:
        print("Ended early: this is what was done.")
    print("\n".join(table(told)))
    _keep(told, asked.keep)
    return 1 if faults(told) else 0


if __name__ == "__main__":
    sys.exit(main())
