"""Where a benchmark's files are: a folder, a file, or a data set of the Hugging Face hub."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sextant.errors import (
    ConventionError,
    CorruptInput,
    MissingDependency,
    MissingInput,
    OutputError,
    RecipeError,
)
from sextant.evaluation.media import checked_relative
from sextant.execution.atomic import atomic_path, make_folder, write_text
from sextant.execution.stores import is_remote, mirror

SCHEME = "hf://"

MAX_MEMBERS = 2_000_000
MAX_UNPACKED_BYTES = 1024**4
MAX_RATIO = 300
"""Pictures and videos hardly shrink: a large member that grows more often than that is a bomb."""

SMALL_MEMBER = 16 * 1024 * 1024

UNPACKED = ".unpacked"

_HUB_ID = re.compile(
    r"hf://(?P<repo>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})"
    r"(?:@(?P<revision>[\w./-]{1,100}?))?/?"
)


@dataclass(frozen=True, slots=True)
class HubId:
    """A data set of the hub.

    Attributes:
        repo: ``owner/name``.
        revision: Branch, tag or commit; None = the main branch, which may change under one's feet.
    """

    repo: str
    revision: str | None = None


def parse_hub_id(text: str) -> HubId:
    """Read ``hf://owner/name`` or ``hf://owner/name@revision``.

    Raises:
        RecipeError: If it is neither.
    """
    match = _HUB_ID.fullmatch(text)
    if match is None or ".." in text:
        raise RecipeError(
            "not a data set of the hub", expected="hf://owner/name or hf://owner/name@revision",
            got=text[:200],
        )  # fmt: skip
    return HubId(match["repo"], match["revision"])


def resolve_data(benchmark: str, where: str | Path) -> Path:
    """Return the local folder or file that holds a benchmark.

    Args:
        benchmark: Its name, for errors.
        where: A path, a hub id, which is fetched and its archives unpacked beside it, or an
            address of an object store, which is mirrored.

    Raises:
        MissingInput: If nothing is there.
        InputError: If a store cannot be reached.
        RecipeError: If a hub id cannot be read.
        MissingDependency: If the hub is asked for and its client is not installed.
    """
    text = str(where)
    if text.startswith(SCHEME):
        return fetched(benchmark, parse_hub_id(text))
    if is_remote(text):
        return mirror(text)
    if "://" in text:
        raise RecipeError(
            f"the data of {benchmark} cannot be read from there", got=text[:200],
            expected="a folder, a file, hf://owner/name, s3:// or gs://",
        )  # fmt: skip
    path = Path(text).expanduser()
    if not path.exists():
        raise MissingInput(
            f"the data of {benchmark} are not there", where=path,
            hint="name the folder the data set lies in, or hf://owner/name",
        )  # fmt: skip
    return path


def fetched(benchmark: str, hub_id: HubId) -> Path:
    """Fetch a data set of the hub into its own cache and unpack its zip archives.

    Raises:
        MissingInput: If it cannot be had.
        MissingDependency: If ``huggingface_hub`` is not installed.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingDependency.extra("huggingface_hub", "hub", f"fetching {benchmark}") from error
    client: Any = huggingface_hub
    try:
        folder = Path(
            client.snapshot_download(
                repo_id=hub_id.repo, repo_type="dataset", revision=hub_id.revision
            )
        )
    except Exception as error:  # the client's errors are many and change between versions
        raise MissingInput(
            f"the data of {benchmark} cannot be fetched",
            where=SCHEME + hub_id.repo + (f"@{hub_id.revision}" if hub_id.revision else ""),
            got=f"{type(error).__name__}: {str(error)[:300]}",
            hint="check the name, the network, and that its terms are accepted; or fetch it by hand"
            " and name the folder",
        ) from error
    unpack_archives(folder)
    return folder


def unpack_archives(folder: Path) -> int:
    """Unpack the zip archives of a folder beside themselves, once; return how many files.

    A file is written whole or not at all, files that are there are kept, and a note is left when
    an archive is done, so that a run that was stopped goes on where it was.

    Raises:
        CorruptInput: If an archive is damaged or a bomb.
        ConventionError: If a member's path leaves the folder.
    """
    count = 0
    for archive in sorted(folder.glob("*.zip")):
        note = folder / f".{archive.name}{UNPACKED}"
        if note.exists():
            continue
        for member in _unpacked(archive, folder):
            count += 1
            del member
        write_text(note, "")
    return count


def _unpacked(archive: Path, folder: Path) -> Iterator[Path]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            total = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS or total > MAX_UNPACKED_BYTES:
                raise CorruptInput(
                    "archive is too large", where=archive,
                    expected=f"<= {MAX_MEMBERS} files of {MAX_UNPACKED_BYTES} bytes in all",
                    got=f"{len(members)} files, {total} bytes",
                )  # fmt: skip
            for member in members:
                if _left_out(member):
                    continue
                target = folder / _checked(member, archive)
                if target.is_file() and target.stat().st_size == member.file_size:
                    yield target
                    continue
                make_folder(target.parent)
                with atomic_path(target) as temporary, temporary.open("wb") as out:
                    written = 0
                    with opened.open(member) as data:
                        while block := data.read(1024 * 1024):
                            written += len(block)
                            if written > member.file_size:
                                raise CorruptInput(
                                    "member is larger than it says", where=archive,
                                    got=member.filename[:200],
                                )  # fmt: skip
                            out.write(block)
                yield target
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise CorruptInput(
            "archive cannot be unpacked", where=archive, got=str(error)[:200],
            hint="it is damaged or was not fetched to its end: fetch it again",
        ) from error  # fmt: skip
    except OSError as error:
        raise OutputError("archive cannot be unpacked", where=archive, got=error) from error


def _left_out(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return member.is_dir() or "__MACOSX" in parts or parts[-1:] == (".DS_Store",)


def _checked(member: zipfile.ZipInfo, archive: Path) -> PurePosixPath:
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise ConventionError("archive holds a link", where=archive, got=member.filename[:200])
    if member.file_size > max(SMALL_MEMBER, MAX_RATIO * member.compress_size):
        raise CorruptInput(
            "archive holds a bomb", where=archive, got=member.filename[:200],
            expected=f"at most {MAX_RATIO} times the packed size",
        )  # fmt: skip
    return checked_relative(member.filename, f"{archive}: {member.filename[:200]}")
