"""Samples of tar files: the same however they are cut; hostile archives write and read nothing."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sextant.corpus.importing.tar_rows import (
    MAX_MEMBERS,
    MEMBERS,
    cut_tar,
    first_samples,
    samples_of,
)
from sextant.errors import CorruptInput


def tar(path: Path, members: list[tuple[str, bytes]], **options: object) -> Path:
    with tarfile.open(path, "w", **options) as file:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def many(path: Path, count: int, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    members = []
    for k in range(count):
        members.append((f"{k:09d}.json", b"%d" % k))
        for i in range(int(rng.integers(0, 4))):
            members.append((f"{k:09d}.{i}.png", rng.bytes(int(rng.integers(0, 3000)))))
    return tar(path, members)


@pytest.mark.parametrize("size", [1, 3000, 20_000, 10**9])
def test_pieces_hold_every_sample_once(tmp_path: Path, size: int) -> None:
    path = many(tmp_path / "x.tar", 40)
    pieces = cut_tar(path, size)
    assert len(pieces) == (40 if size == 1 else len(pieces)) >= 1
    rows = [row for a, b in pieces for _, row in samples_of(path, a, b)]
    assert [row[MEMBERS]["json"] for row in rows if row] == [b"%d" % k for k in range(40)]
    with tarfile.open(path) as file:
        held = {m.name: file.extractfile(m).read() for m in file}  # type: ignore[union-attr]
    found = {
        f"{k:09d}.{e}": d for k, row in enumerate(rows) if row for e, d in row[MEMBERS].items()
    }
    assert found == held


def test_the_first_samples(tmp_path: Path) -> None:
    path = many(tmp_path / "x.tar", 10)
    stop, count = first_samples(path, 3)
    assert count == 3
    assert len([s for a, b in cut_tar(path, 1, stop) for s in samples_of(path, a, b)]) == 3
    assert first_samples(path, 99)[1] == 10


def add(path: Path, **changes: object) -> Path:
    with tarfile.open(path, "w") as file:
        info = tarfile.TarInfo("000000000.json")
        for name, value in changes.items():
            setattr(info, name, value)
        file.addfile(info)
    return path


PASSED_OVER: dict[str, Callable[[Path], object]] = {
    "a link": lambda p: add(p, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": lambda p: add(p, type=tarfile.LNKTYPE, linkname="../../secret"),
    "a device": lambda p: add(p, type=tarfile.CHRTYPE),
    "a pipe": lambda p: add(p, type=tarfile.FIFOTYPE),
    "a folder": lambda p: add(p, type=tarfile.DIRTYPE),
    "the same member twice": lambda p: tar(p, [("1.json", b"1"), ("1.json", b"2")]),
    "too many members": lambda p: tar(p, [(f"1.{k}", b"") for k in range(MAX_MEMBERS + 5)]),
}


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_no_plain_sample_is_passed_over(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.tar"
    PASSED_OVER[name](path)
    ((a, b),) = cut_tar(path, 10**9)
    assert [row for _, row in samples_of(path, a, b)] == [None]


@pytest.mark.parametrize(
    "name", ["../../pwned.json", "/pwned.json", "a/../../pwned.json", "x" * 99]
)
def test_names_are_no_paths(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tar(tmp_path / "x.tar", [(name, b"{}")])
    for a, b in cut_tar(path, 10**9):
        list(samples_of(path, a, b))
    assert [p.name for p in tmp_path.iterdir()] == ["x.tar"]


def test_a_size_that_is_a_lie_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    info = tarfile.TarInfo("1.json")
    info.size = 8 * 2**30 - 1
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT))
    ((a, b),) = cut_tar(path, 10**12)
    assert [row for _, row in samples_of(path, a, b)] == [None]
    info.size = 5000
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + b"x" * 100)
    ((a, b),) = cut_tar(path, 10**12)
    with pytest.raises(CorruptInput, match="cut off"):
        list(samples_of(path, a, b))


@pytest.mark.parametrize(
    "data", [b"PK\3\4" + b"x" * 600, b"x" * 600, b"\x1f\x8b", b"\0" * 511 + b"x"]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(CorruptInput):
        cut_tar(tmp_path / "x.tar", 10**9)
