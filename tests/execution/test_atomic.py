from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sextant.errors import OutputError
from sextant.execution import atomic


class FailingOs:
    """The module ``os``, except that the N-th call to the disk fails."""

    WATCHED = ("open", "write", "fsync", "replace", "rename", "mkdir")

    def __init__(self, fail_at: int, error: int = errno.ENOSPC) -> None:
        self.calls = 0
        self._fail_at = fail_at
        self._error = error

    def __getattr__(self, name: str):
        original = getattr(os, name)
        if name not in self.WATCHED:
            return original

        def call(*args, **kwargs):
            self.calls += 1
            if self.calls == self._fail_at:
                raise OSError(self._error, os.strerror(self._error))
            return original(*args, **kwargs)

        return call


def test_bytes_arrive_whole_and_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    atomic.write_bytes(path, b"old")
    atomic.write_bytes(path, b"new" * 100_000)
    assert path.read_bytes() == b"new" * 100_000
    assert os.listdir(path.parent) == ["file.bin"]


def test_an_exception_inside_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    atomic.write_text(path, "old")
    with suppress(KeyboardInterrupt), atomic.atomic_path(path) as temporary:
        temporary.write_text("half")
        assert atomic.is_temporary(temporary.name)
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("fail_at", range(1, 30))
def test_whichever_operation_fails_the_file_is_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    path = tmp_path / "deep" / "file.txt"
    fake = FailingOs(fail_at)
    monkeypatch.setattr(atomic, "os", fake)
    error = None
    try:
        atomic.write_text(path, "whole")
    except OutputError as caught:
        error = caught
    left = os.listdir(path.parent) if path.parent.exists() else []
    assert not any(atomic.is_temporary(name) for name in left)
    assert not path.exists() or path.read_text() == "whole"
    if error is None:
        assert fake.calls < fail_at
        assert path.exists()
    else:
        assert fake.calls == fail_at
        assert "No space left" in str(error)
        assert "free some space" in str(error)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "scene"
    with suppress(ZeroDivisionError), atomic.atomic_folder(target) as folder:
        (folder / "a").write_text("a")
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    with atomic.atomic_folder(target) as folder:
        (folder / "a").write_text("a")
        (folder / "link").symlink_to(tmp_path / "on a disk that is not there")
    assert (target / "a").read_text() == "a"
    assert (target / "link").is_symlink()
    with pytest.raises(OutputError, match="there already"), atomic.atomic_folder(target):
        pass


def test_leftovers_of_killed_writers_are_known_by_their_names(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, pathlib\n"
        "from sextant.execution.atomic import atomic_path, atomic_folder\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "with atomic_path(root / 'x' / 'file') as path, atomic_folder(root / 'f') as folder:\n"
        "    path.write_text('half'); (folder / 'half').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    (tmp_path / "x" / ".hidden.tmp").touch()
    assert len(os.listdir(tmp_path / "x")) == 2
    assert atomic.remove_leftovers(tmp_path) == 2
    assert os.listdir(tmp_path / "x") == [".hidden.tmp"]
    assert os.listdir(tmp_path) == ["x"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        atomic.write_text(tmp_path / "a" / "b", "text")


def test_a_long_name_still_gets_a_temporary_one(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / ("é" * 127), "text")
    with pytest.raises(OutputError, match="shorter path"):
        atomic.write_text(tmp_path / ("e" * 300), "text")


def test_the_only_writer_of_a_file_removes_what_killed_ones_left(tmp_path: Path) -> None:
    mine = [".x.jsonl.17-0123456789ab.tmp", ".x.jsonl.18-0123456789ab.tmp"]
    others = [
        ".x.17-0123456789ab.tmp", ".y.jsonl.17-0123456789ab.tmp", ".x.jsonl.2.17-0123456789ab.tmp",
        ".x.jsonl.tmp", "x.jsonl.17-0123456789ab.tmp",
    ]  # fmt: skip
    (tmp_path / mine[0]).write_text("half")
    (tmp_path / mine[1]).mkdir()
    (tmp_path / mine[1] / "half").touch()
    for name in others:
        (tmp_path / name).touch()
    with atomic.atomic_path(tmp_path / "x.jsonl", sole=True) as temporary:
        temporary.write_text("whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*others, "x.jsonl"])
