"""Which shards one job of an array works on: ``--shard i/N``."""

from __future__ import annotations

import re

from sextant.errors import RecipeError


def select_shards(n: int, i: int, N: int) -> range:
    """Return the shards of ``range(n)`` that job ``i`` of ``N`` works on.

    Jobs count from 0, as ``#SBATCH --array=0-15`` does. The shards are dealt out in turn, so that
    neighbours, which tend to be alike in cost, go to different jobs. Together the jobs cover every
    shard exactly once, whatever ``N`` is.

    Raises:
        RecipeError: Unless ``0 <= i < N``.
    """
    if N < 1 or not 0 <= i < N:
        raise RecipeError(
            "no such part of the work",
            expected="i/N with 0 <= i < N (jobs count from 0)",
            got=f"{i}/{N}",
            hint="for an array of 16 jobs: --array=0-15 and --shard $SLURM_ARRAY_TASK_ID/16",
        )
    return range(i, n, N)


def parse_part(text: str) -> tuple[int, int]:
    """Read ``"3/16"`` as job 3 of 16.

    Raises:
        RecipeError: If it is not two numbers, or not ``0 <= i < N``.
    """
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), flags=re.ASCII)
    if match is None:
        raise RecipeError("a part of the work is written i/N", expected="e.g. 3/16", got=text)
    i, N = int(match[1]), int(match[2])
    select_shards(0, i, N)
    return i, N
