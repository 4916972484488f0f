from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from shard_functions import die_while, is_alive, refuse_three, square, wait_until

from sextant.errors import OutputError, RecipeError
from sextant.execution.pool import FailedShard, run_shards


@pytest.mark.parametrize("workers", [1, 2])
def test_every_shard_is_done_once_whatever_the_number_of_workers(workers: int) -> None:
    done: dict[int, int] = {}
    warmed: list[int] = []
    failed = run_shards(
        [4, 0, 9],
        square,
        workers=workers,
        on_done=done.__setitem__,
        warm_up=lambda: warmed.append(1),
    )
    assert done == {0: 0, 4: 16, 9: 81}
    assert failed == ()
    assert len(warmed) == (workers > 1)


def test_no_shards_start_no_workers() -> None:
    def fail() -> None:
        raise AssertionError("warmed up for nothing")

    assert run_shards([], square, workers=2, on_done=print, warm_up=fail) == ()


def test_no_workers_is_refused() -> None:
    with pytest.raises(RecipeError, match="at least one worker"):
        run_shards([1], square, workers=0, on_done=print)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_stops_the_run_and_names_the_shard(workers: int) -> None:
    with pytest.raises(OutputError, match="disk full") as caught:
        run_shards(range(50), refuse_three, workers=workers, on_done=lambda i, s: None)
    assert caught.value.__notes__ == ["in shard 3"]
    assert caught.value.hint == "free some space"


def test_a_killed_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    done: dict[int, int] = {}
    function = partial(die_while, tmp_path, 1, 2)
    assert run_shards(range(5), function, workers=2, on_done=done.__setitem__) == ()
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_a_shard_that_kills_every_worker_is_given_up_and_the_rest_is_done(tmp_path: Path) -> None:
    done: dict[int, int] = {}
    function = partial(die_while, tmp_path, 99, 2)
    failed = run_shards(range(5), function, workers=2, on_done=done.__setitem__)
    assert failed == (FailedShard(2, "its worker process was killed 3 times (out of memory?)"),)
    assert sorted(done) == [0, 1, 3, 4]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("number", "workers", "code"),
    [
        (signal.SIGINT, 2, -signal.SIGINT),
        (signal.SIGTERM, 2, 143),
        (signal.SIGTERM, 1, 143),
        (signal.SIGKILL, 2, -signal.SIGKILL),
    ],
)
def test_a_stopped_run_ends_at_once_and_takes_its_workers_along(
    tmp_path: Path, number: signal.Signals, workers: int, code: int
) -> None:
    script = Path(__file__).with_name("run_pool.py")
    run = subprocess.Popen(
        [sys.executable, script, tmp_path, str(workers)], stderr=subprocess.DEVNULL
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == workers)
    started = time.monotonic()
    run.send_signal(number)
    assert run.wait(timeout=10) == code
    pids = [int(path.name) for path in tmp_path.iterdir()]
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert time.monotonic() - started < 5
