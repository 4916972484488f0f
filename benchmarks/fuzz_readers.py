"""Damage the files of every dataset's miniature and count what comes back.

    python benchmarks/fuzz_readers.py [--count 10000] [--seeds 0,1] [--only scannet,...]

A miniature is a simulated room in the dataset's own layout (``tests/sources/layouts``). One file
at a time is damaged as bytes (cut, swollen, overwritten, a number made odd) or as what it is (lost
keys, wrong types, huge numbers, deep brackets, other arrays, other members), replaced by another,
or made a folder or a broken link; then all scenes are opened and their arrays read, except those
that the damaged file cannot have changed (``tests/sources/battery.py``). That may end in an
``InputError``; any other exception, a warning of numpy, an array or a text that is not what readers
promise, a crash of the process, a reading of over 5 s of processor time, or a process that asks for
more than 1 GiB is a problem, and the exit code is then 1.

Every trial follows from its seed and number. Each reader is a process of its own; "s" is its
processor time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sources"))

from battery_child import in_a_child
from layouts.battered import BATTERED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--count", type=int, default=10_000, help="damaged files per reader and seed"
    )
    parser.add_argument("--seeds", default="0", help="numbers, comma-separated")
    parser.add_argument("--only", default="", help="miniatures, comma-separated")
    args = parser.parse_args()
    seeds = [int(word) for word in args.seeds.split(",")]
    failed = False
    print("| miniature | damaged | read | refused | problems | slowest s | peak MiB | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in [n for n in args.only.split(",") if n] or BATTERED:
        runs = [in_a_child(name, args.count, seed) for seed in seeds]
        problems = [line for run in runs for line in run["problems"]]
        failed |= bool(problems)
        for line in problems:
            print(line, file=sys.stderr, flush=True)
        read, refused = (sum(run[key] for run in runs) for key in ("read", "refused"))
        slowest, peak = (max(run[key] for run in runs) for key in ("slowest_s", "peak"))
        took = sum(run["cpu_s"] for run in runs)
        row = f"| {name} | {args.count * len(seeds):,} | {read:,} | {refused:,} | {len(problems)} |"
        print(f"{row} {slowest:.2f} | {peak / 2**20:.0f} | {took:.0f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
