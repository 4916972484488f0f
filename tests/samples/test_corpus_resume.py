"""Kills, full disks and races: whatever happens, running again gives the same bytes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from corpora import build, head, tree_hash, write_shard

from sextant.errors import OutputError
from sextant.execution import atomic
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


class BrokenDisk:
    """The module ``os``, except that something happens instead of the N-th call to the disk."""

    def __init__(self, break_at: int, what: Callable[[], None]) -> None:
        self.calls = 0
        self._break_at = break_at
        self._what = what

    def __getattr__(self, name: str):
        original = getattr(os, name)
        if name not in ("open", "write", "fsync", "replace", "mkdir"):
            return original

        def call(*args, **kwargs):
            self.calls += 1
            if self.calls == self._break_at:
                self._what()
            return original(*args, **kwargs)

        return call


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("whole") / "corpus"
    build(root)
    assert CorpusStore.open(root).verify() == []
    return tree_hash(root)


def test_two_workers_write_the_same_bytes_as_one(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    build(tmp_path / "c", workers=2)
    assert tree_hash(tmp_path / "c") == uninterrupted


def test_shards_in_another_order_by_several_jobs_give_the_same_bytes(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    for index in (3, 0, 4):
        write_shard(CorpusWriter(tmp_path / "c", head()), 0.0, index)
    assert CorpusWriter(tmp_path / "c", head()).committed() == {0, 3, 4}
    build(tmp_path / "c")
    assert tree_hash(tmp_path / "c") == uninterrupted


@pytest.mark.parametrize("workers", [1, 2])
def test_kills_at_random_moments_leave_no_trace(
    tmp_path: Path, uninterrupted: dict[str, str], workers: int
) -> None:
    root = tmp_path / "c"
    rng = np.random.default_rng(workers)
    script = Path(__file__).with_name("run_corpus.py")
    progress = []
    for attempt in range(6 if workers == 1 else 4):
        run = subprocess.Popen(
            [sys.executable, script, root, str(workers), "0.02"], stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        run.stdout.readline()
        # Every other time wait for a shard first: on a slow machine all kills would else come
        # before any work is done, and test nothing.
        before, patience = len(list((root / ".run").glob("shard-*"))), time.monotonic() + 30
        while attempt % 2 and run.poll() is None and time.monotonic() < patience:
            if len(list((root / ".run").glob("shard-*"))) > before:
                break
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        run.kill()
        run.wait()
        run.stdout.close()
        progress.append(len(list((root / ".run").glob("shard-*"))))
    assert any(0 < committed for committed in progress), progress
    # Workers die with their parent, but not in the same instant.
    time.sleep(0.2)
    build(root, workers=1)
    assert tree_hash(root) == uninterrupted


@pytest.mark.skipif(not hasattr(os, "fork"), reason="crashes are made in forked processes")
def test_a_crash_before_any_operation_leaves_no_trace_once_run_again(
    tmp_path: Path, uninterrupted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = BrokenDisk(-1, lambda: None)
    monkeypatch.setattr(atomic, "os", counting)
    build(tmp_path / "count")
    monkeypatch.setattr(atomic, "os", os)
    last = counting.calls
    for crash_at in [*range(1, last - 50, 11), *range(last - 50, last + 1, 3)]:
        root = tmp_path / str(crash_at)
        child = os.fork()
        if child == 0:
            # Nothing is cleaned up, nothing flushed: as if the power were gone.
            try:
                atomic.os = BrokenDisk(crash_at, lambda: os._exit(9))  # type: ignore[assignment]
                build(root)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        build(root)
        assert tree_hash(root) == uninterrupted, crash_at


def test_a_disk_full_at_any_operation_is_a_clear_error_and_running_again_repairs_it(
    tmp_path: Path, uninterrupted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = BrokenDisk(-1, full)
    monkeypatch.setattr(atomic, "os", counting)
    build(tmp_path / "count")
    assert counting.calls > 150
    # Many operations of the first shard, all of the end, and a sample of those between.
    last = counting.calls
    for fail_at in [*range(1, 40, 2), *range(40, last - 30, 7), *range(last - 30, last + 1)]:
        root = tmp_path / str(fail_at)
        monkeypatch.setattr(atomic, "os", BrokenDisk(fail_at, full))
        with pytest.raises(OutputError, match="No space left"):
            build(root)
        monkeypatch.setattr(atomic, "os", os)
        if fail_at % 4 == 0:
            build(root)
            assert tree_hash(root) == uninterrupted, fail_at


def test_the_same_shard_written_twice_at_once_is_there_once(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    writer = CorpusWriter(tmp_path / "c", head())
    for index in range(5):
        threads = [
            threading.Thread(target=partial(write_shard, writer, 0.0, index)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    writer.finish()
    assert tree_hash(tmp_path / "c") == uninterrupted


def test_images_of_a_killed_shard_that_nobody_shows_are_removed(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    writer = CorpusWriter(tmp_path / "c", head())
    orphan = writer.shard(0).image(b"nobody shows me", ".png")
    assert (tmp_path / "c" / orphan).exists()
    build(tmp_path / "c")
    assert tree_hash(tmp_path / "c") == uninterrupted


def test_a_shard_damaged_before_the_end_is_found_and_made_again(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    root = tmp_path / "c"
    writer = CorpusWriter(root, head())
    for index in range(5):
        write_shard(writer, 0.0, index)
    part = root / "qa" / "part-00002.parquet"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    (root / "qa" / "part-00003.parquet").write_bytes(b"short")
    assert writer.committed() == {0, 1, 2, 4}
    write_shard(writer, 0.0, 3)
    with pytest.raises(OutputError, match="changed after it was written"):
        writer.finish()
    assert writer.committed() == {0, 1, 3, 4}
    build(root)
    assert tree_hash(root) == uninterrupted
