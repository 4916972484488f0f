"""Check every row of a corpus: ``python tests/oracle/run.py CORPUS [--workers 2]``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from checking import check, worlds

from sextant.samples.store import CorpusStore

Counts = Counter[tuple[str, bool]]


def check_part(corpus: Path, part: tuple[int, int], tasks: str) -> tuple[Counts, list[str]]:
    """Check every n-th scene; returns counts by (family, agreed) and what was found."""
    counts: Counts = Counter()
    lines = []
    for world, rows in worlds(CorpusStore.open(corpus), part):
        for sample in rows:
            if not sample.task.startswith(tuple(tasks.split(","))):
                continue
            found = check(world, sample)
            counts[sample.task, not found.problems] += 1
            if found.problems:
                shown = "; ".join(found.problems[:3])
                lines.append(f"{sample.id} {sample.task} {sample.scene_id}: {shown}")
    return counts, lines


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    """Print a line per family, the first disagreements of each, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="disagreements shown per family")
    parser.add_argument("--tasks", default="", help="only families that begin so, comma-separated")
    arguments = parser.parse_args()
    n = max(1, arguments.workers)
    parts = [(arguments.corpus, (i, n), arguments.tasks) for i in range(n)]
    with ProcessPoolExecutor(n) as pool:
        results = list(pool.map(check_part, *zip(*parts, strict=True)))
    counts: Counts = sum((c for c, _ in results), Counter())
    _say(f"{'family':28}{'checked':>9}{'agreed':>9}{'disagreed':>11}")
    for task in sorted({task for task, _ in counts}):
        good, bad = counts[task, True], counts[task, False]
        _say(f"{task:28}{good + bad:9}{good:9}{bad:11}")
    good = sum(n for (_, agreed), n in counts.items() if agreed)
    _say(f"{'all':28}{counts.total():9}{good:9}{counts.total() - good:11}")
    shown: Counter[str] = Counter()
    for line in (line for _, lines in results for line in lines):
        task = line.split()[1]
        shown[task] += 1
        if shown[task] <= arguments.show:
            _say(line)
    return int(good < counts.total())


if __name__ == "__main__":
    sys.exit(main())
