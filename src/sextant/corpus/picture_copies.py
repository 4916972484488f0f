"""Which pictures of a corpus are copies of earlier ones of it.

Two pictures of one scene that look the same are mostly neighbours on a walk; of two scenes they are
mostly one picture under two names, and where the two are of different splits, held-out pictures are
trained on. So scenes and splits of both are told. What looks the same need not be the same
(docs/audit.md): nothing is left out for it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sextant.corpus.corpus_looks import Looks
from sextant.corpus.hamming import HammingIndex
from sextant.corpus.picture_hash import Look, differ_in_a_detail
from sextant.samples.store import CorpusStore

SCHEMA = pa.schema(
    [
        pa.field("picture", pa.string(), nullable=False),
        pa.field("of", pa.string(), nullable=False),
        pa.field("how", pa.string(), nullable=False),
        pa.field("distance", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("of_source", pa.string(), nullable=False),
        pa.field("of_scene_id", pa.string(), nullable=False),
        pa.field("of_split", pa.string(), nullable=False),
    ]
)
"""One row per picture that an earlier one is like. ``how``: ``picture`` (the same bytes), ``look``
or ``twin``; of several earlier ones the nearest is named, then the first. Source, scene and split
are those of the first row that shows each."""


def copies_of(
    store: CorpusStore, looks: Looks, read: Callable[[str], Look], *, radius: int
) -> pa.Table:
    """Return the pictures that look like an earlier one, ``SCHEMA``, in the order of the corpus.

    Time grows with the square of the number of pictures, with a small factor.

    Args:
        store: The corpus.
        looks: Of its pictures.
        read: Looks at a picture again; called for pairs that look the same.
        radius: Differing bits of 256 up to which pictures look the same.
    """
    later, of, distance, same = _pairs(looks, radius)
    shown = [looks.paths.take(pa.array(k)).to_pylist() for k in (later, of)]
    how = [
        "picture" if exact else _how(read, picture, other)
        for picture, other, exact in zip(*shown, same.tolist(), strict=True)
    ]
    places = _places(store, pa.array([*shown[0], *shown[1]], pa.large_string()).unique())
    told = [[places[path] for path in paths] for paths in shown]
    columns = [*shown, how, distance.tolist(), *(
        [place[k] for place in side] for side in told for k in range(3)
    )]  # fmt: skip
    arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _pairs(
    looks: Looks, radius: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return pictures, the earlier ones that they are like, their bits, and whether bytes agree."""
    of = np.full(len(looks), -1, dtype=np.int64)
    distance = np.zeros(len(looks), dtype=np.int64)
    _, first, place = np.unique(looks.digests, return_index=True, return_inverse=True)
    same = (first[place] < np.arange(len(looks))) & (looks.digests != b"")
    of[same] = first[place][same]
    rows = np.flatnonzero(looks.hashed & ~same)
    near = HammingIndex(looks.hashes[rows], radius).earlier()
    of[rows[near.query]] = rows[near.item]
    distance[rows[near.query]] = near.distance
    later = np.flatnonzero(of >= 0)
    return later, of[later], distance[later], same[later]


def _how(read: Callable[[str], Look], picture: str, other: str) -> str:
    one = read(picture).drawing
    two = None if one is None else read(other).drawing
    return (
        "twin" if one is not None and two is not None and differ_in_a_detail(one, two) else "look"
    )


def _places(store: CorpusStore, paths: pa.Array) -> dict[str, tuple[str, str, str]]:
    """Return source, scene and split of the first row that shows each picture."""
    found: dict[str, tuple[str, str, str]] = {}
    for batch in store.batches(("images", "source", "scene_id", "split")):
        lists = batch["images"]
        flat = lists.flatten()
        rows = pc.list_parent_indices(lists)
        mine = pc.is_in(flat, value_set=paths.cast(pa.string()))
        if not pc.any(mine).as_py():
            continue
        at = rows.filter(mine)
        about = [batch[name].take(at).to_pylist() for name in ("source", "scene_id", "split")]
        for path, *place in zip(flat.filter(mine).to_pylist(), *about, strict=True):
            found.setdefault(path, tuple(place))
    return found
