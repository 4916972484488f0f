"""Object stores (``s3://``, ``gs://``, ``hf://``): mirrored before a run, published after it.

Work itself happens on a file system: shards need names that change hands in one step, which object
stores do not have. What is read is copied into a cache folder, object by object, and only what
changed is copied again. What is written is made in a staging folder and uploaded when it is whole:
content first, the manifest last, so that a reader who finds a manifest finds everything.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b, md5
from pathlib import Path, PurePosixPath
from typing import Any

from sextant.errors import (
    CorruptInput,
    InputError,
    MissingInput,
    OutputError,
    RecipeError,
)
from sextant.execution.atomic import atomic_path, is_temporary, make_folder, write_text
from sextant.execution.store_client import client_of, etag_of, explained, listing

LAST = "manifest.json"
"""Uploaded after everything else."""

PART_BYTES = 50 << 20
"""Larger objects are uploaded in parts of this size, on which their ETag depends."""

INDEX_EVERY = 200
"""Objects fetched between two notes of what was fetched; so many at most are fetched twice."""

# A path that went through pathlib has lost its second slash.
_REMOTE = re.compile(r"(?P<scheme>s3|gs|hf):/{1,2}(?P<path>[^/].*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Published:
    """How many files a publication uploaded, and how many were there already."""

    uploaded: int
    there: int


def is_remote(where: str | Path) -> bool:
    """Tell whether a path is one of an object store.

    >>> is_remote("s3://bucket/corpus"), is_remote(Path("gs://bucket/x")), is_remote("out/s3")
    (True, True, False)
    """
    return _REMOTE.fullmatch(str(where)) is not None


def url_of(where: str | Path) -> str:
    """Return the address as it was written.

    >>> url_of(Path("s3://bucket/corpus/"))
    's3://bucket/corpus'
    """
    scheme, path = _split(where)
    return f"{scheme}://{path}"


def cache_folder() -> Path:
    """Return where copies and staging folders are: ``SEXTANT_CACHE``, or below the user's cache."""
    given = os.environ.get("SEXTANT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sextant"


def staging_folder(where: str | Path) -> Path:
    """Return the folder in which what will be published at an address is made."""
    return cache_folder() / "staging" / _key(url_of(where))


def mirror(where: str | Path) -> Path:
    """Return a local copy of an object, or of all objects below a prefix.

    Objects that the copy holds already, with the same size and ETag, are not fetched again; those
    that are gone are removed from it.

    Raises:
        MissingInput: If nothing is there.
        CorruptInput: If an object ended before its end.
        InputError: If the store cannot be reached or does not let us in.
        MissingDependency: If the client of the store is not installed.
    """
    url = url_of(where)
    scheme, path = _split(where)
    root = cache_folder() / "mirror" / _key(url)
    with explained(url, InputError):
        store = client_of(scheme)
        found = listing(store, path)
    if not found:
        raise MissingInput(
            "nothing is there", where=url, hint="look at the address: bucket, then prefix"
        )
    index_path = root / "objects.json"
    known = _known(index_path)
    single = list(found) == [""]
    folder = root / "files"
    fresh = 0
    index: dict[str, list[Any]] = {}
    for relative, facts in sorted(found.items()):
        target = folder / (PurePosixPath(path).name if single else relative)
        size = int(facts["size"] or 0)
        identity = [size, etag_of(facts)]
        if known.get(relative) != identity or not _has_size(target, size):
            _fetch(store, url, facts["name"], target, size)
            fresh += 1
            if fresh % INDEX_EVERY == 0:
                write_text(index_path, json.dumps({**known, **index, relative: identity}))
        index[relative] = identity
    write_text(index_path, json.dumps(index))
    for relative in set(known) - set(found):
        with suppress(OSError):
            (folder / relative).unlink()
    return folder / PurePosixPath(path).name if single else folder


def publish(folder: Path, where: str | Path) -> Published:
    """Upload a finished folder, or a file; running it again goes on where it stopped.

    Raises:
        OutputError: If something else is there already, or the store cannot be written.
        MissingDependency: If the client of the store is not installed.
    """
    url = url_of(where)
    scheme, path = _split(where)
    with explained(url, OutputError):
        store = client_of(scheme)
        there = listing(store, path)
    files = {"": folder} if folder.is_file() else _files(folder)
    foreign = sorted(set(there) - set(files))
    if foreign:
        raise OutputError(
            "something else is there already", where=url, got=", ".join(foreign[:5]),
            hint="choose another prefix, or remove what is there",
        )  # fmt: skip
    with explained(f"{url}/{LAST}", OutputError):
        other = LAST in there and not (
            _same(there[LAST], files[LAST]) or _equal(store, there[LAST], files[LAST])
        )
    if other:
        raise OutputError(
            "another corpus is there already", where=f"{url}/{LAST}",
            hint="choose another prefix, or remove what is there",
        )  # fmt: skip
    uploaded = 0
    for relative in sorted(files, key=lambda name: (name == LAST, name)):
        if relative in there and (relative == LAST or _same(there[relative], files[relative])):
            continue  # the manifest was compared above
        options = {"chunksize": PART_BYTES} if scheme == "s3" else {}
        with explained(f"{url}/{relative}", OutputError):
            store.put_file(str(files[relative]), _join(path, relative), **options)
        uploaded += 1
    return Published(uploaded, len(files) - uploaded)


def _split(where: str | Path) -> tuple[str, str]:
    match = _REMOTE.fullmatch(str(where))
    if match is None:
        raise ValueError(f"not an address of an object store: {where}")
    path = match["path"].rstrip("/")
    if ".." in PurePosixPath(path).parts:
        raise MissingInput("an address with .. in it", where=where)
    return match["scheme"], path


def _key(url: str) -> str:
    return f"{PurePosixPath(url).name[:40]}-{blake2b(url.encode(), digest_size=8).hexdigest()}"


def _join(path: str, relative: str) -> str:
    return f"{path}/{relative}" if relative else path


def _known(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _fetch(store: Any, url: str, name: str, target: Path, size: int) -> None:
    with atomic_path(target, sole=True) as temporary:
        with explained(f"{url}: {name}", InputError):
            store.get_file(name, str(temporary))
        got = temporary.stat().st_size
        if got != size:
            raise CorruptInput(
                "an object ended before its end, or changed while it was read",
                where=f"{url}: {name}", expected=f"{size} bytes", got=got,
                hint="run the same command again: what was fetched is kept",
            )  # fmt: skip


def _files(folder: Path) -> dict[str, Path]:
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or is_temporary(path.name):
            continue
        if relative.parts[0] != ".run":
            found[relative.as_posix()] = path
    return found


def _same(facts: Mapping[str, Any], path: Path) -> bool:
    """Tell whether an object holds a file's bytes, as far as its hash says; False if unsure.

    S3's ETag is MD5, of the whole or of parts; Google's ``md5Hash`` is MD5 in base 64.
    """
    if int(facts.get("size") or 0) != path.stat().st_size:
        return False
    told = {str(facts[name]).strip('"') for name in ("ETag", "etag", "md5Hash") if facts.get(name)}
    if not told:
        return False
    whole, parts, count = md5(usedforsecurity=False), b"", 0
    with path.open("rb") as file:
        while data := file.read(PART_BYTES):
            whole.update(data)
            parts += md5(data, usedforsecurity=False).digest()
            count += 1
    in_parts = f"{md5(parts, usedforsecurity=False).hexdigest()}-{count}"
    return bool(told & {whole.hexdigest(), in_parts, b64encode(whole.digest()).decode()})


def _equal(store: Any, facts: Mapping[str, Any], path: Path) -> bool:
    """Compare a small object with a file, byte by byte."""
    if int(facts.get("size") or 0) != path.stat().st_size:
        return False
    return bool(store.cat_file(facts["name"]) == path.read_bytes())


@contextmanager
def local_out(
    out: Path, *, done: str = LAST, upload: bool = True, alone: bool = True
) -> Iterator[Path]:
    """Yield where an output is made; what is made for an object store is published at the end.

    Args:
        out: A path, or an address.
        done: File of the folder without which it is not finished, and not published; empty if the
            output is a file.
        upload: False for dry runs.
        alone: False if other machines have a share in the work.

    Raises:
        RecipeError: If several machines would each make a part where the others do not see it.
    """
    if not is_remote(out):
        yield out
        return
    if not alone:
        raise RecipeError(
            "parts of one corpus are made on a file system that all machines share",
            where=url_of(out),
            hint="write to a shared folder, then `sextant publish FOLDER ADDRESS`",
        )
    staging = staging_folder(out)
    made = staging if done else staging / PurePosixPath(url_of(out)).name
    make_folder(made.parent)
    yield made
    if upload and (made / done).exists():
        publish(made, out)


def local_in(where: Path) -> Path:
    """Return a path as it is, or the local copy of what is at an address."""
    return mirror(where) if is_remote(where) else where
