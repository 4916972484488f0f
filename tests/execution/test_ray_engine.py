"""Ray: the same work as in a pool, the same errors, and nothing left behind."""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from shard_functions import (
    count_threads,
    die_while,
    is_alive,
    refuse_three,
    square,
    stumble,
    wait_until,
)

from sextant.errors import MissingDependency, OutputError, RecipeError, SextantError
from sextant.execution.engines import RayWorkers, at_most, workers_of
from sextant.execution.pool import FailedShard, run_shards

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """A cluster that somebody else joined: it is used, and left running."""
    module = pytest.importorskip("ray", reason="Ray is not installed (extra ray)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        module.init(
            address="local", num_cpus=2, include_dashboard=False, log_to_driver=False,
            object_store_memory=100 << 20,
        )  # fmt: skip
        yield module
        module.shutdown()


def test_options_name_an_engine() -> None:
    assert workers_of("pool", 3) == 3
    assert workers_of("ray", 3) == RayWorkers(3)
    assert workers_of("ray", 3, "auto") == RayWorkers(3, "auto")
    assert at_most(RayWorkers(8, "auto"), 2) == RayWorkers(2, "auto")
    assert at_most(RayWorkers(8), 0) == RayWorkers(1)
    assert at_most(8, 5) == 5
    with pytest.raises(RecipeError, match="no such engine"):
        workers_of("spark", 3)
    with pytest.raises(RecipeError, match="--engine ray"):
        workers_of("pool", 3, "auto")


def test_no_workers_is_refused_before_ray_is_asked() -> None:
    with pytest.raises(RecipeError, match="at least one worker"):
        run_shards([1], square, workers=RayWorkers(0), on_done=print)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args, **kwargs):
        if name == "ray":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r"sextant-si\[ray\]"):
        run_shards([1], square, workers=RayWorkers(1), on_done=print)


@pytest.mark.slow
def test_every_shard_is_done_once(ray: ModuleType) -> None:
    done: dict[int, int] = {}
    assert run_shards(range(20), square, workers=RayWorkers(2), on_done=done.__setitem__) == ()
    assert done == {i: i * i for i in range(20)}
    assert ray.is_initialized(), "a cluster that somebody else joined stays"


@pytest.mark.slow
def test_an_error_comes_back_as_itself_and_names_the_shard(ray: ModuleType) -> None:
    with pytest.raises(OutputError, match="disk full") as caught:
        run_shards(range(50), refuse_three, workers=RayWorkers(2), on_done=lambda i, s: None)
    assert type(caught.value) is OutputError
    assert caught.value.__notes__ == ["in shard 3"]
    assert caught.value.hint == "free some space"
    with pytest.raises(ZeroDivisionError) as other:
        run_shards([0], stumble, workers=RayWorkers(1), on_done=lambda i, s: None)
    assert "in stumble" in "".join(other.value.__notes__), "where it happened is told"


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time(ray: ModuleType, tmp_path: Path) -> None:
    done: dict[int, int] = {}
    function = partial(die_while, tmp_path, 1, 2)
    assert run_shards(range(5), function, workers=RayWorkers(2), on_done=done.__setitem__) == ()
    assert sorted(done) == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_a_shard_that_kills_every_worker_is_given_up(ray: ModuleType, tmp_path: Path) -> None:
    done: dict[int, int] = {}
    function = partial(die_while, tmp_path, 99, 2)
    failed = run_shards(range(5), function, workers=RayWorkers(2), on_done=done.__setitem__)
    assert failed == (FailedShard(2, "its worker process was killed 3 times (out of memory?)"),)
    assert sorted(done) == [0, 1, 3, 4]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
def test_where_every_worker_dies_the_run_ends_soon(ray: ModuleType, tmp_path: Path) -> None:
    function = partial(die_while, tmp_path, 99, None)
    with pytest.raises(SextantError, match="every worker process dies"):
        run_shards(range(1000), function, workers=RayWorkers(2), on_done=lambda i, s: None)
    assert len(list(tmp_path.iterdir())) <= 12


@pytest.mark.slow
def test_a_worker_has_one_numeric_thread(ray: ModuleType) -> None:
    found: dict[int, dict[str, str]] = {}
    run_shards([0], count_threads, workers=RayWorkers(1), on_done=found.__setitem__)
    assert set(found[0].values()) == {"1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_stopped_run_ends_at_once_and_takes_its_workers_along(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (extra ray)")
    script = Path(__file__).with_name("run_pool.py")
    run = subprocess.Popen(
        [sys.executable, script, tmp_path, "2", "ray"], stderr=subprocess.DEVNULL
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, 90)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    started = time.monotonic()
    run.send_signal(number)
    assert run.wait(timeout=30) == code
    wait_until(lambda: not any(is_alive(pid) for pid in pids), 30)
    assert time.monotonic() - started < 15


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_an_error_of_ours() -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed (extra ray)")
    if ray.is_initialized():
        ray.shutdown()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_gcs_rpc_server_connect_timeout_s", "1")
        patch.delenv("RAY_ADDRESS", raising=False)
        with pytest.raises(SextantError, match="cannot join the Ray cluster"):
            run_shards(
                [0], square, workers=RayWorkers(1, "no-such-scheme://x"), on_done=print
            )  # fmt: skip
