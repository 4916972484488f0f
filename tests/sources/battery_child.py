"""Batter a reader in a process of its own, so that a crash is seen and memory is measured.

    python battery_child.py NAME COUNT SEED FIRST

writes the miniature, damages it and prints one line of JSON.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MAX_BYTES = 1024**3
"""Of memory, for all that a process of a reader has and asks for."""

HANG_S = 180.0
"""Twenty-five readings take a fraction of a second; then the process is ended with its trace."""

_AT_ONCE = 25


def in_a_child(name: str, count: int, seed: int, first: int = 0) -> dict[str, Any]:
    """Damage ``count`` files of a miniature, from trial ``first`` on.

    Returns:
        ``read``, ``refused``, ``slowest_s``, ``problems``, ``peak`` (bytes) and ``cpu_s``.
    """
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    # Neither Arrow's own pools nor an arena for each thread of a decoder: they reserve gigabytes of
    # addresses that nobody asked for.
    one |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
    done = subprocess.run(
        [sys.executable, __file__, name, str(count), str(seed), str(first)],
        capture_output=True, text=True, check=False, env=os.environ | one | {"PYTHONPATH": path},
    )  # fmt: skip
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found
    told = f"{name} {seed}: the process ended with {done.returncode}: {done.stderr[-3000:]}"
    return dict.fromkeys(("read", "refused", "slowest_s", "peak", "cpu_s"), 0) | {
        "problems": [told]
    }


def main(name: str, count: int, seed: int, first: int) -> None:
    """Be the child."""
    from battery import Battery, try_reading
    from layouts.battered import BATTERED

    faulthandler.enable()
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as folder:
        root = Path(folder) / "m"
        BATTERED[name](root)
        battery = Battery(name, root)
        _limit_memory()
        assert try_reading(battery.module, root), "the whole miniature is not read"
        for number in range(first, first + count, _AT_ONCE):
            print(f"trials from {number}", file=sys.stderr, flush=True)  # noqa: T201 - a trace
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            battery.run(min(_AT_ONCE, first + count - number), seed, number)
        faulthandler.cancel_dump_traceback_later()
    outcome, peak = battery.outcome, _status("VmHWM")
    if peak > MAX_BYTES:
        outcome.problems.append(f"{name} {seed}: {peak / 2**20:.0f} MiB of memory")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({  # noqa: T201 - what the parent reads
        "read": outcome.read, "refused": outcome.refused, "slowest_s": outcome.slowest_s,
        "problems": outcome.problems, "peak": peak, "cpu_s": used.ru_utime + used.ru_stime,
    }))  # fmt: skip


def _quick_folder() -> str | None:
    """A folder in memory where there is one: each trial writes a file."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _limit_memory() -> None:
    """Let the process have a gigabyte in all: what a header asks for counts, touched or not."""
    with contextlib.suppress(ValueError, OSError):
        limit = _status("VmSize") + MAX_BYTES - _status("VmRSS")
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _status(field: str) -> int:
    """Bytes of a field of the process's status; ru_maxrss would begin with the parent's."""
    text = Path("/proc/self/status").read_text()
    match = re.search(rf"{field}:\s+(\d+)", text)
    assert match is not None
    return int(match[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
