"""Shard functions that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sextant.errors import OutputError


def square(index: int) -> int:
    return index * index


def refuse_three(index: int) -> int:
    if index == 3:
        raise OutputError("disk full", where="/data", hint="free some space")
    time.sleep(0.01)
    return index


def die_while(marks: Path, deaths: int, culprit: int | None, index: int) -> int:
    """Kill this process like the OOM killer does, the first ``deaths`` times; None = any shard."""
    if culprit is None or index == culprit:
        count = len(list(marks.iterdir()))
        if count < deaths:
            (marks / f"{count}-{index}-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return index


def sleep_long(marks: Path, index: int) -> int:
    (marks / str(os.getpid())).touch()
    time.sleep(60)
    return index


def stumble(index: int) -> int:
    return 1 // index


def count_threads(index: int) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {name: os.environ.get(name, "") for name in names}


def wait_until(condition: Callable[[], bool], patience_s: float = 20) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # An orphan that init has not reaped yet is dead all the same.
        return (
            " Z " not in Path(f"/proc/{pid}/stat").read_text() if Path("/proc").is_dir() else True
        )
    except (ProcessLookupError, FileNotFoundError):
        return False
