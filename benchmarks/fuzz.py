"""Throw hostile scenes at every question family and count what comes back.

    python benchmarks/fuzz.py [--scenes 10000] [--workers 2] [--first 0] [--per-task 2]

Scenes are made by seed: a small furnished room that one to three twists have spoilt (no objects,
NaN boxes, odd names, all-NaN depth, cameras inside objects, single-pixel pictures, ...); one in a
thousand holds ten thousand objects. A scene may be refused by our own input errors; anything else
that is raised, any row that is malformed or does not verify anew, and any scene beyond its time
limit is a failure, and the exit code is then 1. The generator is ``tests/laws/fuzzing.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "laws"))

from fuzzing import Outcome, try_scene

from sextant.commands.registry import task_classes
from sextant.execution.pool import run_shards

CHUNK = 20


def try_chunk(index: int, first: int, scenes: int, per_task: int) -> list[Outcome]:
    tasks = {name: cls() for name, cls in task_classes().items()}
    seeds = range(first + index * CHUNK, min(first + (index + 1) * CHUNK, first + scenes))
    return [try_scene(seed, tasks, per_task) for seed in seeds]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="seed of the first scene")
    parser.add_argument("--per-task", type=int, default=2, help="questions per family and scene")
    args = parser.parse_args()
    start = time.perf_counter()
    outcomes: list[Outcome] = []

    def collect(index: int, found: list[Outcome]) -> None:
        outcomes.extend(found)
        for o in found:
            for problem in o.problems:
                print(f"seed {o.seed} ({', '.join(o.kinds)}): {problem}", flush=True)
        done = len(outcomes)
        if done // 500 > (done - len(found)) // 500:
            print(f"{done} scenes, {time.perf_counter() - start:.0f} s", flush=True)

    chunk = partial(try_chunk, first=args.first, scenes=args.scenes, per_task=args.per_task)
    lost = run_shards(
        range(-(-args.scenes // CHUNK)), chunk, workers=args.workers, on_done=collect,
        warm_up=partial(chunk, 0),
    )  # fmt: skip
    failed = summarize(outcomes, time.perf_counter() - start)
    for shard in lost:
        print(f"scenes from {args.first + shard.index * CHUNK}: worker died: {shard.reason}")
    return 1 if failed or lost else 0


def summarize(outcomes: list[Outcome], wall_s: float) -> int:
    """Print what happened; return the number of scenes with a problem."""
    of_kind: dict[str, list[Outcome]] = {}
    for o in outcomes:
        for kind in o.kinds:
            of_kind.setdefault(kind, []).append(o)
    print(f"\n{'kind of scene':28s} {'scenes':>7s} {'refused':>8s} {'rows':>8s} {'failed':>7s}")
    for kind, found in sorted(of_kind.items()):
        refused = sum(o.refused is not None for o in found)
        rows = sum(o.rows.total() for o in found)
        print(
            f"{kind:28s} {len(found):7d} {refused:8d} {rows:8d} "
            f"{sum(bool(o.problems) for o in found):7d}"
        )
    rows_of: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for o in outcomes:
        rows_of += o.rows
        if o.refused is not None:
            refusals[o.refused] += 1
    print("\nrefused because")
    for reason, count in refusals.most_common():
        print(f"{count:7d}  {reason}")
    print("\nrows by family")
    for name in task_classes():
        print(f"{rows_of[name]:7d}  {name}")
    failed = sum(bool(o.problems) for o in outcomes)
    slowest = max(outcomes, key=lambda o: o.seconds)
    print(
        f"\n{len(outcomes)} scenes: {refusals.total()} refused by input errors, "
        f"{rows_of.total()} rows, {sum(o.drops for o in outcomes)} candidates dropped; "
        f"{failed} scenes with a problem; slowest {slowest.seconds:.1f} s "
        f"({', '.join(slowest.kinds)}); {wall_s:.0f} s on the clock"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
