"""Members of folders and archives: the same bytes, and nothing hostile gets through."""

from __future__ import annotations

import io
import os
import pickle
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.sources.archives import open_members

FILES = {"a.txt": b"alpha", "deep/er/b.bin": bytes(range(256)) * 40}


def as_folder(path: Path) -> Path:
    for name, data in FILES.items():
        (path / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        (path / "f" / name).write_bytes(data)
    return path / "f"


def as_zip(path: Path) -> Path:
    with zipfile.ZipFile(path / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/", b"")
        for name, data in FILES.items():
            archive.writestr(name, data)
    return path / "f.zip"


def as_tar(path: Path) -> Path:
    with tarfile.open(path / "f.tar", "w") as archive:
        for name, data in FILES.items():
            add(archive, name, data)
    return path / "f.tar"


def add(archive: tarfile.TarFile, name: str, data: bytes = b"x", **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("make", [as_folder, as_zip, as_tar])
def test_the_same_members_however_they_are_kept(tmp_path: Path, make) -> None:
    members = open_members(make(tmp_path))
    assert members.names() == ("a.txt", "deep/er/b.bin")
    assert "a.txt" in members
    assert "deep" not in members
    for name, data in FILES.items():
        assert members.read(name) == data
    with pytest.raises(MissingInput):
        members.read("no.txt")
    with pytest.raises(CorruptInput, match="too large"):
        members.read("deep/er/b.bin", max_bytes=100)
    copy = pickle.loads(pickle.dumps(members))  # noqa: TID251 - our own bytes
    assert copy.read("a.txt") == b"alpha"


def test_names_that_begin_with_a_dot_and_a_slash(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        add(archive, "./a/b.txt", b"1")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("./a/b.txt", b"1")
    for name in ("t.tar", "z.zip"):
        members = open_members(tmp_path / name)
        assert members.names() == ("a/b.txt",)
        assert members.read("a/b.txt") == b"1"


def test_a_replaced_archive_is_read_anew(tmp_path: Path) -> None:
    path = as_zip(tmp_path)
    members = open_members(path)
    assert members.read("a.txt") == b"alpha"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", b"beta!!")
    os.utime(path, ns=(1, 1))
    assert members.read("a.txt") == b"beta!!"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\b", "c:/x"])
def test_a_member_that_leaves_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        add(archive, name)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(name, b"x")
    for path in ("t.tar", "z.zip"):
        with pytest.raises(ConventionError, match="leaves its folder"):
            open_members(tmp_path / path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        add(archive, "a", b"", type=kind, linkname="/etc/passwd")
    with pytest.raises(ConventionError, match="no plain file"):
        open_members(tmp_path / "t.tar")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        info = zipfile.ZipInfo("a")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ConventionError, match="link"):
        open_members(tmp_path / "z.zip")


def test_a_link_in_a_folder_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = as_folder(tmp_path)
    (folder / "a.link").symlink_to(tmp_path / "secret")
    with pytest.raises(ConventionError, match="link"):
        open_members(folder).read("a.link")


def test_names_that_stand_twice_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        add(archive, "a")
        add(archive, "./a")
    with pytest.raises(ConventionError, match="twice"):
        open_members(tmp_path / "t.tar")


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", bytes(30_000_000))
    with pytest.raises(CorruptInput, match="beyond reason"):
        open_members(path)


def test_a_member_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1000))
    data = path.read_bytes().replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(CorruptInput):
        open_members(path).read("a")


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x")
    data = bytearray(path.read_bytes())
    data = data.replace(b"a", b"\x00")  # what zipfile cuts off at the zero is an empty name
    path.write_bytes(bytes(data))
    with pytest.raises(ConventionError, match="leaves its folder"):
        open_members(path)


def test_other_kinds_and_absent_ones(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"x")
    with pytest.raises(ConventionError, match="unknown kind"):
        open_members(tmp_path / "a.tar.gz")
    with pytest.raises(MissingInput):
        open_members(tmp_path / "no.zip")


@pytest.mark.parametrize("make", [as_zip, as_tar])
def test_mutated_archives_give_our_errors_only(tmp_path: Path, make) -> None:
    path = make(tmp_path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        if rng.random() < 0.3:
            data = data[: int(rng.integers(len(data)))]
        for _ in range(int(rng.integers(1, 6))):
            if data:
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        try:
            members = open_members(path)
            for name in members.names():
                members.read(name)
        except InputError:
            pass
