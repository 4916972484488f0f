"""Damage the files of every dataset's miniature and count what comes back.

    python benchmarks/fuzz_readers.py [--count 10000] [--only scannet,...] [--first 0]

A miniature is a simulated room in the dataset's own layout (``tests/sources/layouts``); one file at
a time is truncated, cut, swollen, overwritten, or has a number made odd, and then all scenes are
opened and their arrays read. That may end in one of our own errors; any other exception, a crash of
the process, a reading of over 5 s, or a process of over 1 GiB is a failure, and the exit code is
then 1. Every chunk of 500 is a process of its own, so that a crash is seen and counted.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sources"))

from layouts.miniatures import MINIATURES, few_things
from mutations import batter

CHUNK = 500
MAX_MIB = 1024


def try_chunk(name: str, count: int, seed: int) -> int:
    """One process: write the miniature, batter it, say what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "m"
        MINIATURES[name].write(root, few_things(MINIATURES[name].lens))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        outcome = batter(name.split(" ")[0], root, count, seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    problems = list(outcome.problems)
    if peak > MAX_MIB:
        problems.append(f"{name}: {peak:.0f} MiB (before: {before:.0f})")
    for problem in problems:
        print(f"problem: seed {seed}: {problem}")
    print(f"chunk: {outcome.read} {outcome.refused} {outcome.slowest_s:.3f} {peak:.0f}")
    return 1 if problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="damaged files per reader")
    parser.add_argument("--only", default="", help="miniatures, comma-separated")
    parser.add_argument("--first", type=int, default=0, help="seed of the first chunk")
    parser.add_argument("--chunk", nargs=3, metavar=("NAME", "COUNT", "SEED"))
    args = parser.parse_args()
    if args.chunk:
        return try_chunk(args.chunk[0], int(args.chunk[1]), int(args.chunk[2]))
    failed = False
    print("| miniature | damaged | read | refused | slowest s | peak MiB | problems | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in [n for n in args.only.split(",") if n] or MINIATURES:
        start = time.perf_counter()
        read = refused = problems = 0
        slowest = peak = 0.0
        for number in range(0, args.count, CHUNK):
            count = min(CHUNK, args.count - number)
            chunk = ["--chunk", name, str(count), str(args.first + number)]
            done = subprocess.run(
                [sys.executable, __file__, *chunk], capture_output=True, text=True, check=False
            )
            lines = done.stdout.splitlines()
            found = [line for line in lines if line.startswith("problem: ")]
            summary = [line.split() for line in lines if line.startswith("chunk: ")]
            if not summary:
                found.append(
                    f"seed {args.first + number}: the process ended with {done.returncode}"
                )
                found += done.stderr.splitlines()[:12]
            for words in summary:
                read, refused = read + int(words[1]), refused + int(words[2])
                slowest, peak = max(slowest, float(words[3])), max(peak, float(words[4]))
            for line in found:
                print(line, file=sys.stderr, flush=True)
            problems += len(found)
        failed |= problems > 0
        took = time.perf_counter() - start
        row = f"| {name} | {args.count} | {read} | {refused} | {slowest:.2f} | {peak:.0f} |"
        print(f"{row} {problems} | {took:.0f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
