"""What every picture of a corpus looks like, read by a pool of processes.

Pictures are decoded in portions of ``PORTION``; a portion is a pure function of its number, so the
result does not depend on how many processes there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sextant.corpus.picture_hash import MAX_BYTES, WORDS, look_at
from sextant.errors import CorruptInput, InputError
from sextant.execution.pool import run_shards
from sextant.samples.store import CorpusStore

PORTION = 512

_SHOWN = 20
_PENDING = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """The pictures of a corpus, in the order in which its rows first show them.

    Attributes:
        paths: (N,) relative paths.
        digests: (N,) blake2b of the bytes; zeros where they could not be read.
        hashes: (N, 4) uint64.
        hashed: (N,) whether there is a hash: read, and not flat.
        size: (N, 2) width and height; 0 where it could not be read.
        broken: What is wrong with pictures that could not be read, the first ones.
        broken_count: How many.
    """

    paths: pa.Array
    digests: NDArray[np.bytes_]
    hashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]
    size: NDArray[np.int32]
    broken: tuple[str, ...]
    broken_count: int

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True, slots=True, eq=False)
class _Portion:
    digests: list[bytes]
    hashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]
    size: NDArray[np.int32]
    broken: list[str]


def looks_of(
    store: CorpusStore,
    *,
    workers: int = 1,
    on_done: Callable[[int], object] = lambda n: None,
) -> Looks:
    """Read every picture once.

    Some 300 bytes of memory per picture.

    Args:
        store: The corpus.
        workers: Processes.
        on_done: Called with the number of pictures just read.
    """
    paths = shown_paths(store)
    portions: dict[int, _Portion] = {}

    def done(index: int, portion: _Portion) -> None:
        portions[index] = portion
        on_done(len(portion.digests))

    count = -(-len(paths) // PORTION)
    with TemporaryDirectory(prefix="sextant-looks-") as folder:
        # Workers are sent a number at a time; the list of millions lies where they can read it.
        listed = Path(folder) / "paths.parquet"
        pq.write_table(pa.table({"path": paths}), listed, row_group_size=PORTION)
        failed = run_shards(
            range(count), partial(_portion, str(store.root), str(listed)),
            workers=workers, on_done=done,
        )  # fmt: skip
    if failed:
        raise CorruptInput(
            "pictures kill the processes that read them", where=store.root,
            got=f"{len(failed)} portions; {failed[0].reason}", hint="use fewer --workers",
        )  # fmt: skip
    found = [portions[k] for k in range(count)]
    broken = [line for portion in found for line in portion.broken]
    return Looks(
        paths,
        np.array([d for portion in found for d in portion.digests], dtype="S32"),
        np.concatenate([p.hashes for p in found] or [np.empty((0, WORDS), np.uint64)]),
        np.concatenate([p.hashed for p in found] or [np.empty(0, bool)]),
        np.concatenate([p.size for p in found] or [np.empty((0, 2), np.int32)]),
        tuple(broken[:_SHOWN]),
        len(broken),
    )


def shown_paths(store: CorpusStore) -> pa.Array:
    """Return the paths that a corpus shows, each once, in order of their first row."""
    known, pending, waiting = pa.array([], pa.string()), [], 0
    for batch in store.batches(("images",)):
        pending.append(batch["images"].flatten().unique())
        waiting += len(pending[-1])
        if waiting >= _PENDING:
            known, pending, waiting = pa.concat_arrays([known, *pending]).unique(), [], 0
    return pa.concat_arrays([known, *pending]).unique()


@lru_cache(maxsize=2)
def _store(root: str) -> CorpusStore:
    return CorpusStore.open(Path(root))


def _portion(root: str, listed: str, index: int) -> _Portion:
    paths = pq.ParquetFile(listed).read_row_group(index)["path"].to_pylist()
    digests: list[bytes] = []
    hashes = np.zeros((len(paths), WORDS), dtype=np.uint64)
    hashed = np.zeros(len(paths), dtype=bool)
    size = np.zeros((len(paths), 2), dtype=np.int32)
    broken: list[str] = []
    for k, relative in enumerate(paths):
        try:
            look = look_at(_bytes_of(_store(root).image_path(relative)), relative)
        except InputError as error:
            digests.append(b"")
            broken.append(" ".join(str(error).split()))
            continue
        digests.append(look.digest.encode())
        size[k] = look.width, look.height
        if look.hash is not None:
            hashes[k], hashed[k] = look.hash, True
    return _Portion(digests, hashes, hashed, size, broken)


def _bytes_of(path: Path) -> bytes:
    try:
        there = path.stat()
        if not S_ISREG(there.st_mode) or there.st_size > MAX_BYTES:
            raise CorruptInput(
                "not an image file", where=path, expected=f"a file of <= {MAX_BYTES} bytes",
                got=f"{there.st_size} bytes",
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise CorruptInput("image cannot be read", where=path, got=error.strerror) from error
