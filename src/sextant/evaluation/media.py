"""Pictures and videos of benchmarks: found inside their folder, read late, refused by name.

Paths in data files are input: none may leave the folder it is relative to. Bytes are input too:
only known picture formats pass, up to a cap; decoding them is the model side's business.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.evaluation.items import Video
from sextant.evaluation.literals import spelled_list
from sextant.evaluation.tables import Cell
from sextant.models.messages import Picture

MAX_PICTURE_BYTES = 64 * 1024 * 1024
"""Of an encoded picture; the largest of the supported benchmarks has 20 MB."""

MAX_PICTURES = 512
"""Of one item; the most that a supported benchmark shows is 32."""

_DATA_URL = re.compile(r"data:image/[a-zA-Z0-9.+-]{1,40};base64,")
_SPACE = re.compile(r"\s+")


def picture_format(data: bytes) -> str | None:
    """Return the name of a picture format by the first bytes, None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:4] in (b"II*\x00", b"MM\x00*"):
        return "TIFF"
    return "BMP" if data[:2] == b"BM" and data[6:10] == bytes(4) else None


def checked_picture(data: bytes, name: str) -> bytes:
    """Return the bytes of a picture as they are.

    Raises:
        CorruptInput: If they are too many or begin like no known picture format.
    """
    if len(data) > MAX_PICTURE_BYTES:
        raise _too_large(name, len(data))
    if picture_format(data) is None:
        raise CorruptInput(
            "not a picture", where=name, expected="PNG, JPEG, WebP, GIF, TIFF or BMP",
            got=repr(data[:16]) if data else "no bytes",
        )  # fmt: skip
    return data


def picture_from_file(root: Path, relative: str, where: object = None) -> Picture:
    """Return the picture that a path in a data file names; the file is read when it is needed.

    Args:
        root: The folder that the path is relative to.
        relative: The path, with forward slashes.
        where: File and record that say so, for errors.

    Raises:
        ConventionError: If the path leaves the folder. (That the file is missing, or no picture,
            comes out when it is read.)
    """
    checked_relative(relative, where or root)
    return Picture(relative, lambda: _read(root, relative, where))


def picture_from_bytes(name: str, data: bytes | Callable[[], Any]) -> Picture:
    """Return a picture from its encoded bytes, or from a function that returns them when needed.

    The function may return bytes, base64 text, or ``{"bytes": ..., "path": ...}``, which is how
    parquet files of the hub hold a picture.
    """
    if isinstance(data, bytes):
        return Picture(name, lambda: checked_picture(data, name))
    return Picture(name, lambda: checked_picture(encoded_bytes(data(), name), name))


def picture_from_base64(name: str, text: str) -> Picture:
    """Return a picture from base64 text, with or without ``data:image/...;base64,`` before it."""
    return Picture(name, lambda: checked_picture(decoded_base64(text, name), name))


def pictures_from_cell(name: str, value: Cell | Any, count: int | None = None) -> Sequence[Picture]:
    """Return the pictures of a cell that holds one, or a list of them, however encoded.

    Args:
        name: The pictures are called so, with a number behind if there are several.
        value: The cell, or what stands in it: bytes, base64, a structure, a list, a spelled list.
        count: How many there are, if known; else the value is looked at now.

    Raises:
        InputError: If the value is looked at and is no such list.
    """
    if count is None:
        count = len(_entries(value, name))
    if count > MAX_PICTURES:
        raise ConventionError(
            "too many pictures in one item", where=name, expected=f"<= {MAX_PICTURES}", got=count
        )
    if count == 1:
        return (picture_from_bytes(name, lambda: _entry(value, name, 0)),)
    return tuple(
        picture_from_bytes(f"{name}-{k + 1}", lambda k=k: _entry(value, name, k))  # type: ignore[misc]
        for k in range(count)
    )


def encoded_bytes(value: object, name: str) -> bytes:
    """Return the bytes of a picture from bytes, base64 text, or a ``bytes``/``path`` structure.

    Raises:
        MissingInput: If the structure holds no bytes, only a path on somebody's disk.
        CorruptInput: If it is anything else.
    """
    if isinstance(value, dict):
        value = value.get("bytes")
        if value is None:
            raise MissingInput("the picture's bytes are not in the file", where=name)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return decoded_base64(value, name)
    raise CorruptInput("not a picture", where=name, got=type(value).__name__)


def decoded_base64(text: str, name: str) -> bytes:
    """Return the bytes that base64 text stands for.

    Raises:
        CorruptInput: If it is too long or no base64.
    """
    if len(text) > MAX_PICTURE_BYTES * 3 // 2:
        raise _too_large(name, len(text) * 3 // 4)
    prefix = _DATA_URL.match(text)
    body = _SPACE.sub("", text[prefix.end() :] if prefix else text)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise CorruptInput(
            "not base64", where=name, got=repr(text[:40]), hint="a picture is expected here"
        ) from error


def video_from_file(root: Path, relative: str, where: object = None) -> Video:
    """Return the video, or the folder of extracted frames, that a path in a data file names.

    Raises:
        ConventionError: If the path leaves the folder, by itself or through a link.
    """
    try:
        return _video(str(root), relative)
    except ConventionError:
        _inside(root, relative, where or root)  # says where
        raise


@lru_cache(maxsize=1024)
def _video(root: str, relative: str) -> Video:
    """Many questions are about one video, and paths are slow to build and to compare."""
    return Video(_inside(Path(root), relative, root), relative)


def checked_relative(relative: str, where: object) -> PurePosixPath:
    """Return a path that stays below the folder it is relative to.

    Raises:
        ConventionError: For absolute paths, ``..``, back slashes, drive letters and NUL.
    """
    pure = PurePosixPath(relative)
    odd = "\x00" in relative or "\\" in relative or re.match(r"[A-Za-z]:", relative)
    if not relative.strip() or odd or pure.is_absolute() or ".." in pure.parts:
        raise ConventionError(
            "path leaves the data folder", where=where,
            expected="a relative path with forward slashes and without '..'",
            got=repr(relative[:200]),
        )  # fmt: skip
    return pure


def resolve_inside(root: Path, relative: str, where: object) -> Path:
    """Return what a path in a data file names: something that is there and inside the folder.

    Links may lead elsewhere within the folder, or into the blobs of the same hub snapshot
    (``snapshots/<revision>/...`` -> ``blobs/...``); anywhere else they are refused.

    Raises:
        ConventionError: If the path leaves the folder.
        MissingInput: If nothing is there.
    """
    path = _inside(root, relative, where)
    if not path.exists():
        raise MissingInput(
            "media file is not there", where=where, expected=path,
            hint="unpack the archives of the data set beside its question files",
        )  # fmt: skip
    return path


def _inside(root: Path, relative: str, where: object) -> Path:
    pure = checked_relative(relative, where)
    path = root / pure
    try:
        if not _has_links(root, pure):
            return path
        real = Path(os.path.realpath(path))
        base = Path(os.path.realpath(root))
    except (OSError, ValueError) as error:
        raise ConventionError("path cannot be used", where=where, got=error) from error
    if not any(real.is_relative_to(folder) for folder in (base, *_blobs(base))):
        raise ConventionError(
            "path leads out of the data folder through a link", where=where, got=relative[:200],
            hint="copy what the link leads to into the folder",
        )  # fmt: skip
    return path


def _has_links(root: Path, pure: PurePosixPath) -> bool:
    """Tell whether a path below a folder goes through a link; without one it stays inside."""
    path = os.fspath(root)
    for part in pure.parts:
        path = os.path.join(path, part)
        if os.path.islink(path):
            return True
    return False


def _blobs(base: Path) -> list[Path]:
    for folder in (base, *base.parents):
        if folder.parent.name == "snapshots":
            return [folder.parent.parent / "blobs"]
    return []


def _read(root: Path, relative: str, where: object) -> bytes:
    path = resolve_inside(root, relative, where or root)
    if not path.is_file():  # a pipe would be waited for for ever
        raise CorruptInput("not a picture", where=path, expected="a regular file")
    try:
        with path.open("rb") as file:
            # The size is asked of the open file and reading is capped, so that a file that grows
            # or a device that never ends cannot fill the memory.
            size = os.fstat(file.fileno()).st_size
            if size > MAX_PICTURE_BYTES:
                raise _too_large(str(path), size)
            data = file.read(MAX_PICTURE_BYTES + 1)
    except OSError as error:
        raise CorruptInput("picture cannot be read", where=path, got=error) from error
    return checked_picture(data, str(path))


def _too_large(name: str, size: int) -> CorruptInput:
    return CorruptInput(
        "picture is too large", where=name, expected=f"<= {MAX_PICTURE_BYTES} bytes", got=size
    )


def _entries(value: object, name: str) -> list[Any]:
    stored = value.read() if isinstance(value, Cell) else value
    if isinstance(stored, str) and stored.lstrip()[:1] == "[":
        stored = spelled_list(stored, name)
    return list(stored) if isinstance(stored, (list, tuple)) else [stored]


def _entry(value: object, name: str, index: int) -> Any:
    entries = _entries(value, name)
    if index >= len(entries):
        raise MissingInput("picture is missing", where=name, expected=f"number {index + 1}")
    return entries[index]
