"""A pool that sleeps, in a process of its own: python run_pool.py MARKS WORKERS [ENGINE]."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from shard_functions import sleep_long

from sextant.execution.engines import workers_of
from sextant.execution.pool import run_shards

if __name__ == "__main__":
    run_shards(
        range(8),
        partial(sleep_long, Path(sys.argv[1])),
        workers=workers_of("".join(sys.argv[3:]) or "pool", int(sys.argv[2])),
        on_done=lambda index, summary: None,
    )
