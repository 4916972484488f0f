"""Killed at any moment, run again: the same bytes, nothing lost, nothing twice, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_jobs import VERBS, ids, inputs, tree_hash

from sextant.execution.atomic import is_temporary


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inputs(tmp_path_factory.mktemp("given"))


def start(verb: str, given: Path, out: Path) -> int:
    """Start a job in a copy of this process, which has imported everything; return its pid."""
    child = os.fork()
    if child == 0:
        try:
            VERBS[verb](given, out)
            os._exit(0)
        finally:
            os._exit(1)
    return child


def kill_often(verb: str, given: Path, folder: Path, kills: int, seed: int) -> int:
    """Kill a job so many times, run it again after every few; return how many runs that took."""
    whole = folder / "whole"
    VERBS[verb](given, whole)
    wanted, wanted_ids = tree_hash(whole), ids(whole)
    assert len(wanted_ids) == len(set(wanted_ids)) > 10
    started = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(start(verb, given, folder / "time"), 0)[1]) == 0
    takes_s = time.monotonic() - started
    rng = np.random.default_rng(seed)
    killed = runs = 0
    while killed < kills:
        out = folder / str(runs)
        # Several kills in a row hit runs that go on with what others left.
        for _ in range(int(rng.integers(1, 4))):
            child = start(verb, given, out)
            time.sleep(rng.uniform(0, takes_s))
            os.kill(child, signal.SIGKILL)
            killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        VERBS[verb](given, out)
        runs += 1
        assert tree_hash(out) == wanted, (verb, runs)
        assert ids(out) == wanted_ids
        assert not [p for p in out.rglob("*") if is_temporary(p.name)]
        assert runs < 10 * kills, "kills come too late"
    return runs


fork_only = pytest.mark.skipif(not hasattr(os, "fork"), reason="copies of processes are killed")


@fork_only
@pytest.mark.parametrize("verb", ["import", "mix", "export"])
def test_a_few_kills_leave_no_trace(verb: str, given: Path, tmp_path: Path) -> None:
    kill_often(verb, given, tmp_path, 2, 1)


@fork_only
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("verb", ["generate", "import", "mix", "export"])
def test_thirty_kills_of_each_verb_leave_no_trace(verb: str, given: Path, tmp_path: Path) -> None:
    kill_often(verb, given, tmp_path, 30, 2)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["generate", "import", "mix"])
def test_a_pool_killed_with_its_parent_leaves_no_trace(
    verb: str, given: Path, tmp_path: Path
) -> None:
    VERBS[verb](given, tmp_path / "whole")
    out, rng = tmp_path / "out", np.random.default_rng(3)
    script = Path(__file__).with_name("small_jobs.py")
    for _ in range(3):
        run = subprocess.Popen(
            [sys.executable, script, verb, given, out, "2"], stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while not out.exists() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 3))
        run.kill()
        run.wait()
    time.sleep(0.5)  # workers die with their parent, but not in the same instant
    VERBS[verb](given, out)
    assert tree_hash(out) == tree_hash(tmp_path / "whole")
