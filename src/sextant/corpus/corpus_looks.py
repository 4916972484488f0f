"""What every picture of a corpus looks like, read by whichever engine.

Pictures are decoded in portions of ``PORTION``; a portion is a pure function of the corpus and its
number, so the result does not depend on who reads it, nor on how many do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.picture_hash import MAX_BYTES, WORDS, Look, look_at
from sextant.errors import CorruptInput, InputError
from sextant.execution.engines import Workers
from sextant.execution.gathering import gathered
from sextant.samples.layout import part_name, read_batches
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore

PORTION = 512

_SHOWN = 20


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
class _Looked:
    digests: list[bytes]
    hashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]
    size: NDArray[np.int32]
    broken: list[str]


def looks_of(
    store: CorpusStore,
    *,
    workers: Workers = 1,
    on_done: Callable[[int], object] = lambda n: None,
) -> Looks:
    """Read every picture once.

    Some 300 bytes of memory per picture.

    Args:
        store: The corpus.
        workers: Processes, or workers of Ray.
        on_done: Called with the number of pictures just read.
    """
    paths, own = shown_by_table(store)
    function = _Portion.of(store, own)
    found = gathered(
        len(function.places), function, workers=workers, where=store.root,
        on_done=lambda portion: on_done(len(portion.digests)),
    )  # fmt: skip
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


def shown_by_table(store: CorpusStore) -> tuple[pa.Array, list[NDArray[np.bool_]]]:
    """Return the paths that a corpus shows, and which of each table's it is the first to show.

    Returns:
        (N,) paths, each once, in order of their first row; and for every table a flag for each
        path of ``_paths_of`` it.
    """
    tables = [_paths_of(str(store.root), k) for k in range(len(store.manifest["shards"]))]
    coded = pa.concat_arrays([pa.array([], pa.large_string()), *tables]).dictionary_encode()
    first = np.zeros(len(coded), dtype=bool)
    first[np.unique(np.asarray(coded.indices), return_index=True)[1]] = True
    ends = np.cumsum([len(paths) for paths in tables])
    return coded.dictionary, np.split(first, ends[:-1]) if tables else []


@lru_cache(maxsize=2)
def _store(root: str) -> CorpusStore:
    return CorpusStore.open(Path(root))


@lru_cache(maxsize=1)
def _paths_of(root: str, table: int) -> pa.Array:
    """Return the paths that a table shows, each once, in order of their first row."""
    path = Path(root) / "qa" / part_name(table)
    batches = read_batches(path, SCHEMA, columns=("images",), batch=65536)
    found = [batch["images"].flatten().unique() for batch in batches]
    return pa.concat_arrays([pa.array([], pa.string()), *found]).unique().cast(pa.large_string())


@dataclass(frozen=True, slots=True)
class _Portion:
    """The shard function: the looks of ``PORTION`` pictures; picklable.

    Workers are sent bits, not names: they find those in the tables.

    Attributes:
        root: The corpus folder.
        own: Of every table the packed flags of ``shown_by_table``.
        places: The table of every portion, and its number among those of the table.
    """

    root: str
    own: tuple[bytes, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, store: CorpusStore, own: Sequence[NDArray[np.bool_]]) -> _Portion:
        """Cut every table's own pictures into portions."""
        places = (
            (table, k) for table, flags in enumerate(own)
            for k in range(-(-int(flags.sum()) // PORTION))
        )  # fmt: skip
        return cls(str(store.root), tuple(np.packbits(f).tobytes() for f in own), tuple(places))

    def __call__(self, index: int) -> _Looked:
        """Read the pictures of one portion."""
        table, number = self.places[index]
        paths = _paths_of(self.root, table)
        flags = np.unpackbits(np.frombuffer(self.own[table], np.uint8), count=len(paths))
        mine = paths.filter(pa.array(flags.astype(bool)))
        return _looked(self.root, mine[number * PORTION : (number + 1) * PORTION].to_pylist())


def _looked(root: str, paths: list[str]) -> _Looked:
    digests: list[bytes] = []
    hashes = np.zeros((len(paths), WORDS), dtype=np.uint64)
    hashed = np.zeros(len(paths), dtype=bool)
    size = np.zeros((len(paths), 2), dtype=np.int32)
    broken: list[str] = []
    for k, relative in enumerate(paths):
        try:
            look = look_again(_store(root), relative)
        except InputError as error:
            digests.append(b"")
            broken.append(" ".join(str(error).split()))
            continue
        digests.append(look.digest.encode())
        size[k] = look.width, look.height
        if look.hash is not None:
            hashes[k], hashed[k] = look.hash, True
    return _Looked(digests, hashes, hashed, size, broken)


def look_again(store: CorpusStore, relative: str) -> Look:
    """Return the look of one picture of a corpus.

    Raises:
        InputError: If it cannot be read.
    """
    return look_at(_bytes_of(store.image_path(relative)), relative)


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
