"""Any file operation may fail: a clear error, no shard that lies, and the same bytes afterwards."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from small_jobs import VERBS, inputs, tree_hash

from sextant.errors import OutputError
from sextant.samples.layout import RUN, read_json

WATCHED = ("write", "fsync", "replace", "rename", "mkdir", "link")


class Disk:
    """Counts operations that change files, and lets the N-th fail.

    Counted are open for writing, write, fsync, rename, mkdir and link, whoever calls them through
    ``os`` or ``open``.
    """

    def __init__(self, patch: pytest.MonkeyPatch, fail_at: int, code: int) -> None:
        self.calls = 0
        self.fail_at = fail_at
        self.code = code
        for name in WATCHED:
            patch.setattr(os, name, self._failing(getattr(os, name)))
        patch.setattr(os, "open", self._open(os.open))
        patch.setattr(io, "open", self._io_open(io.open))

    def count(self, where: object = None) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(self.code, os.strerror(self.code), where)

    def _failing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count()
            return original(*args, **kwargs)

        return call

    def _open(self, original: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                self.count(path)
            return original(path, flags, *args, **kwargs)

        return call

    def _io_open(self, original: Callable[..., Any]) -> Callable[..., Any]:
        disk = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                disk.count()
                return super().write(data)

        def call(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not set(mode) & set("wax+"):
                return original(file, mode, *args, **kwargs)
            disk.count(file)
            raw = io.BufferedWriter(Raw(file, mode.replace("b", "").replace("t", "")))
            if "b" in mode:
                return raw
            return io.TextIOWrapper(raw, encoding="utf-8", newline=kwargs.get("newline"))

        return call


def broken_everywhere(verb: str, folder: Path, step: int) -> int:
    """Let every ``step``-th operation of a job fail; return how many operations it has."""
    given = inputs(folder / "given")
    VERBS[verb](given, folder / "whole")
    wanted = tree_hash(folder / "whole")
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, -1, 0)
        VERBS[verb](given, folder / "count")
    tried = range(1, disk.calls + 1, step)
    for n in tried:
        code = (errno.ENOSPC, errno.EIO)[n % 2]
        out = folder / f"{n}-{code}"
        with pytest.MonkeyPatch.context() as patch:
            broken = Disk(patch, n, code)
            error = error_of(lambda: VERBS[verb](given, out))  # noqa: B023  called at once
        if error is None:
            # A link that cannot be made is a copy instead; nothing else is passed over.
            assert tree_hash(out) == wanted, (n, "an operation failed and nobody said so")
        else:
            assert os.strerror(code) in str(error)
            assert error.hint
        assert broken.calls >= n
        no_shard_lies(out)
        VERBS[verb](given, out)
        assert tree_hash(out) == wanted, n
    return disk.calls


def error_of(job: Callable[[], None]) -> OutputError | None:
    try:
        job()
    except OutputError as error:
        return error
    return None


def no_shard_lies(out: Path) -> None:
    """Whatever a marker says is there is there, where the shard counts as committed."""
    for path in sorted((out / RUN).glob("shard-*.json")):
        marker = read_json(path)
        for kind in ("qa", "scenes"):
            part = out / kind / f"part-{marker['shard']:05d}.parquet"
            if part.stat().st_size != marker[kind]["bytes"]:
                continue  # half selected: it is made anew
            assert sha256(part.read_bytes()).hexdigest() == marker[kind]["sha256"]


@pytest.mark.parametrize("verb", ["import", "mix", "export"])
def test_some_failing_operations(verb: str, tmp_path: Path) -> None:
    broken_everywhere(verb, tmp_path, {"export": 1}.get(verb, 19))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("verb", ["import", "mix", "generate"])
def test_every_failing_operation(verb: str, tmp_path: Path) -> None:
    assert broken_everywhere(verb, tmp_path, 1) > 60
