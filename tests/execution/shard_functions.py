"""Shard functions that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sextant.errors import OutputError


def square(index: int) -> int:
    return index * index


def refuse_three(index: int) -> int:
    if index == 3:
        raise OutputError("disk full", where="/data", hint="free some space")
    time.sleep(0.01)
    return index


def die_while(marks: Path, deaths: int, culprit: int, index: int) -> int:
    """Kill this process like the OOM killer does, the first ``deaths`` times."""
    if index == culprit:
        count = len(list(marks.iterdir()))
        if count < deaths:
            (marks / str(count)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return index


def sleep_long(marks: Path, index: int) -> int:
    (marks / str(os.getpid())).touch()
    time.sleep(60)
    return index
