"""Files of a dataset wherever they lie: in a folder, in a .zip, or in a plain .tar.

Nothing is ever extracted: a member is read into memory, up to a cap, by its exact name. Members
that are links, or whose names leave the archive, are refused. ``Members`` holds a path only, so
that a frame that reads from it can be sent to another process; each process keeps the index of the
archives it reads.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.sources.documents import resolve_inside, stamp

MAX_MEMBER_BYTES = 512 * 1024 * 1024
"""The largest member that is read; depth maps and pictures are far smaller."""

MAX_MEMBERS = 2_000_000
"""An archive of more members is no capture."""

MAX_RATIO = 2_000
"""A member that would grow more than this is a bomb; deflate itself ends near 1,030."""

_ARCHIVES = (".zip", ".tar")


@dataclass(frozen=True, slots=True)
class Members:
    """The files below a folder or in an archive.

    Attributes:
        path: The folder, or the .zip or .tar file.
    """

    path: Path

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, relative, with forward slashes, sorted.

        Raises:
            CorruptInput, ConventionError: If it is a broken or hostile archive.
        """
        if self.path.is_dir():
            return tuple(sorted(_folder_names(self.path)))
        return tuple(sorted(_index(self.path, *stamp(self.path))))

    def __contains__(self, name: str) -> bool:
        if self.path.is_dir():
            return name in _folder_names(self.path)
        return name in _index(self.path, *stamp(self.path))

    def where(self, name: str) -> str:
        """Return the place of a member, for messages."""
        return f"{self.path}/{name}" if self.path.is_dir() else f"{self.path}: {name}"

    def read(self, name: str, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
        """Return the bytes of one member.

        Raises:
            MissingInput: If there is no such member.
            CorruptInput: If it is larger than ``max_bytes``, truncated, or its check sum differs.
        """
        if self.path.is_dir():
            return _read_file(self.path, name, max_bytes)
        index = _index(self.path, *stamp(self.path))
        if name not in index:
            raise MissingInput("archive has no such member", where=self.where(name))
        member = index[name]
        if member.size > max_bytes:
            raise CorruptInput(
                "archive member is too large",
                where=self.where(name),
                expected=f"<= {max_bytes} bytes",
                got=member.size,
            )
        if self.path.suffix == ".tar":
            return _read_tar(self.path, member, self.where(name))
        return _read_zip(self.path, name, member, self.where(name))


def open_members(path: Path) -> Members:
    """Return the members of a folder or an archive; the archive's directory is read and checked.

    Raises:
        MissingInput: If it is not there.
        ConventionError: If it is no folder, .zip or .tar, or a member's name leaves it.
        CorruptInput: If its directory cannot be read.
    """
    if path.is_dir():
        return Members(path)
    if not path.is_file():
        raise MissingInput("neither a folder nor an archive", where=path)
    if path.suffix not in _ARCHIVES:
        raise ConventionError(
            "unknown kind of archive",
            where=path,
            expected=" or ".join(_ARCHIVES),
            got=path.suffix,
            hint="a compressed tar cannot be read at random places: unpack it",
        )
    _index(path, *stamp(path))
    return Members(path)


@dataclass(frozen=True, slots=True)
class _Member:
    size: int
    stored: int
    offset: int


@lru_cache(maxsize=8)
def _index(path: Path, size: int, mtime_ns: int) -> Mapping[str, _Member]:
    del size, mtime_ns  # part of the key: a replaced file is read anew
    return _index_tar(path) if path.suffix == ".tar" else _index_zip(path)


def _index_zip(path: Path) -> dict[str, _Member]:
    found: dict[str, _Member] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, MemoryError) as error:
        raise CorruptInput("not a readable zip archive", where=path, got=error) from error
    except Exception as error:  # struct, codec and index errors of a hostile directory
        raise CorruptInput("not a readable zip archive", where=path, got=repr(error)) from error
    for entry in entries:
        if entry.filename.endswith("/"):
            continue
        where = f"{path}: {entry.filename[:200]!a}"
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise ConventionError("archive member is a link", where=where)
        if entry.flag_bits & 0x1:
            raise ConventionError("archive member is encrypted", where=where)
        if entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise CorruptInput(
                "archive member would grow beyond reason",
                where=where,
                expected=f"at most {MAX_RATIO} times its stored size",
                got=f"{entry.compress_size} -> {entry.file_size} bytes",
            )
        member = _Member(entry.file_size, entry.compress_size, entry.header_offset)
        _add(found, entry.filename, member, path)
    return found


def _index_tar(path: Path) -> dict[str, _Member]:
    found: dict[str, _Member] = {}
    total = path.stat().st_size
    try:
        with tarfile.open(path, mode="r:") as archive:
            for entry in archive:
                if entry.isdir():
                    continue
                where = f"{path}: {entry.name[:200]!a}"
                if not entry.isreg() or entry.issparse():
                    raise ConventionError(
                        "archive member is no plain file", where=where, got=repr(entry.type)
                    )
                if entry.size < 0 or entry.offset_data + entry.size > total:
                    raise CorruptInput("archive ends within a member", where=where)
                _add(found, entry.name, _Member(entry.size, entry.size, entry.offset_data), path)
    except (ConventionError, CorruptInput):
        raise
    except Exception as error:  # tarfile raises a dozen kinds on hostile headers
        raise CorruptInput("not a readable tar archive", where=path, got=repr(error)) from error
    return found


def _add(found: dict[str, _Member], raw: str, member: _Member, path: Path) -> None:
    pure = PurePosixPath(raw)
    odd = "\x00" in raw or "\\" in raw or ":" in raw
    if not raw or odd or pure.is_absolute() or ".." in pure.parts:
        raise ConventionError("archive member leaves its folder", where=path, got=repr(raw[:200]))
    name = pure.as_posix()
    if name in found:
        raise ConventionError("archive holds a name twice", where=path, got=repr(raw[:200]))
    if len(found) >= MAX_MEMBERS:
        raise ConventionError("archive has too many members", where=path, expected=MAX_MEMBERS)
    found[name] = member


@lru_cache(maxsize=8)
def _zip_handle(path: Path, size: int, mtime_ns: int, process: int) -> zipfile.ZipFile:
    del size, mtime_ns, process  # a handle is neither shared with a child nor with a new file
    return zipfile.ZipFile(path)


def _read_zip(path: Path, name: str, member: _Member, where: str) -> bytes:
    try:
        archive = _zip_handle(path, *stamp(path), os.getpid())
        raw = next((n for n in (name, f"./{name}") if n in archive.NameToInfo), name)
        with archive.open(raw) as file:
            data = file.read(member.size + 1)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError) as error:
        raise CorruptInput("archive member cannot be read", where=where, got=error) from error
    except Exception as error:  # bz2, lzma and NotImplementedError of unknown methods
        raise CorruptInput("archive member cannot be read", where=where, got=repr(error)) from error
    if len(data) != member.size:
        raise CorruptInput(
            "archive member has another size than stated",
            where=where,
            expected=member.size,
            got=len(data),
        )
    return data


def _read_tar(path: Path, member: _Member, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(member.offset, io.SEEK_SET)
            data = file.read(member.size)
    except OSError as error:
        raise CorruptInput("archive member cannot be read", where=where, got=error) from error
    if len(data) != member.size:
        raise CorruptInput("archive ends within a member", where=where)
    return data


def _folder_names(folder: Path) -> set[str]:
    names = set()
    for base, _, files in os.walk(folder, followlinks=False):
        relative = Path(base).relative_to(folder)
        names |= {(relative / file).as_posix() for file in files}
    return names


def _read_file(folder: Path, name: str, max_bytes: int) -> bytes:
    path = resolve_inside(folder, name, f"{folder}/{name}")
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise CorruptInput(
                "file is too large", where=path, expected=f"<= {max_bytes} bytes", got=size
            )
        return path.read_bytes()
    except OSError as error:
        raise CorruptInput("file cannot be read", where=path, got=error) from error
