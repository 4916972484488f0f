"""What no shard can see alone: ids used twice, scenes in two splits, images missing or left over.

Memory: 8 bytes for an id, 9 for a scene, and the path of every image the corpus holds itself.
External images are not collected: a set of millions refers to as many.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sextant.errors import InputError, OutputError
from sextant.execution.atomic import is_temporary
from sextant.samples.layout import part_name, read_batches
from sextant.samples.sample import SCHEMA
from sextant.samples.validate import SPLITS

_PLACE = ("source", "scene_id", "split")
_CHECKED = ("id", "images", *_PLACE)


class PackedIds:
    """Ids of rows as numbers, to find those that occur twice."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = [np.zeros(0, dtype=np.uint64)]

    def add(self, ids: pa.Array) -> None:
        """Take the ids of a batch."""
        packed = bytes.fromhex("".join(ids.to_pylist()))
        self._parts.append(np.frombuffer(packed, dtype=">u8").astype(np.uint64))

    def twice(self) -> tuple[int, list[str]]:
        """Return how many rows too many there are, and some of their ids."""
        ids = np.concatenate(self._parts)
        ids.sort()
        again = ids[1:][ids[1:] == ids[:-1]]
        return len(again), [f"{int(value):016x}" for value in np.unique(again[:50])[:5]]


class ScenePlaces:
    """Splits of scenes, to find scenes that are in two."""

    def __init__(self) -> None:
        self._known = np.zeros(0, dtype=np.uint64)
        self._splits = np.zeros(0, dtype=np.int8)
        self._new: dict[int, int] = {}

    def add(self, batch: pa.RecordBatch) -> tuple[str, str, str, str] | None:
        """Take a batch; return source, scene and two splits of a scene that is in both."""
        table = pa.Table.from_batches([batch]).select(_PLACE)
        for source, scene, split in zip(
            *table.group_by(list(_PLACE)).aggregate([]).to_pydict().values(), strict=True
        ):
            key = int.from_bytes(
                blake2b(f"{source}\x1f{scene}".encode(), digest_size=8).digest(), "little"
            )
            code = SPLITS.index(split)
            known = self._split_of(key)
            if known is None:
                self._new[key] = code
            elif known != code:
                return source, scene, SPLITS[known], split
        if len(self._new) > 500_000:
            self._pack()
        return None

    def __len__(self) -> int:
        return len(self._known) + len(self._new)

    def _split_of(self, key: int) -> int | None:
        if key in self._new:
            return self._new[key]
        if not len(self._known):
            return None
        at = int(np.searchsorted(self._known, np.uint64(key)))
        if at < len(self._known) and int(self._known[at]) == key:
            return int(self._splits[at])
        return None

    def _pack(self) -> None:
        keys = np.fromiter(self._new.keys(), dtype=np.uint64, count=len(self._new))
        codes = np.fromiter(self._new.values(), dtype=np.int8, count=len(self._new))
        every = np.concatenate([self._known, keys])
        order = np.argsort(every, kind="stable")
        self._splits = np.concatenate([self._splits, codes])[order]
        self._known = every[order]
        self._new.clear()


def check_shards(root: Path, shards: int) -> tuple[set[str], int]:
    """Check ids and splits across shards.

    Returns:
        The paths of all images that the corpus holds itself, and the number of scenes asked about.

    Raises:
        OutputError: If a table cannot be read, two rows have one id, or a scene is in two splits.
    """
    ids, places, images = PackedIds(), ScenePlaces(), set()
    for index in range(shards):
        path = root / "qa" / part_name(index)
        try:
            for batch in read_batches(path, SCHEMA, columns=_CHECKED, batch=65536):
                ids.add(batch.column("id"))
                images.update(own_images(batch.column("images")))
                crossing = places.add(batch)
                if crossing is not None:
                    raise crosses(*crossing)
        except InputError as error:
            raise OutputError("a committed shard cannot be read", where=path, got=error) from error
    count, examples = ids.twice()
    if count:
        raise OutputError(
            "samples of different shards have the same id",
            where=root,
            got=f"{count} duplicates, e.g. {', '.join(examples)}",
            hint="is a scene listed twice in the source?",
        )
    return images, len(places)


def own_images(lists: pa.Array) -> list[str]:
    """Return the paths of a column that lie in the corpus itself, each once."""
    paths = pc.list_flatten(lists)
    found: list[str] = pc.unique(
        paths.filter(pc.invert(pc.starts_with(paths, "external/")))
    ).to_pylist()
    return found


def crosses(source: str, scene_id: str, known: str, split: str) -> OutputError:
    """Say that a scene is in two splits."""
    return OutputError(
        "a scene is in two splits",
        where=f"{source}: {scene_id}",
        expected=known,
        got=split,
        hint="splits are by scene; is one scene listed twice under different splits?",
    )


def settle_images(root: Path, wanted: set[str]) -> dict[str, int]:
    """Remove images no sample shows, left by shards that were killed; count the others.

    Raises:
        OutputError: If one that is shown is missing.
    """
    size = count = 0
    for folder in sorted((root / "images").glob("*")):
        kept = False
        for path in sorted(folder.iterdir()):
            if is_temporary(path.name):
                continue
            if f"images/{folder.name}/{path.name}" in wanted:
                kept = True
                count += 1
                size += path.stat().st_size
            else:
                path.unlink(missing_ok=True)
        if not kept:
            with suppress(OSError):
                folder.rmdir()
    if count != len(wanted):
        raise OutputError(
            "images of committed shards are missing",
            where=root / "images",
            got=f"{len(wanted) - count} of {len(wanted)} missing",
            hint="something removed them: start again in an empty folder",
        )
    return {"count": count, "bytes": size}
