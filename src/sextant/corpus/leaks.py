"""Which rows of a corpus show a model what a benchmark will ask it.

Four ways, from certain to likely: the same place under whatever name; the same picture, to the
byte; a picture that looks the same (re-encoded, resized, mirrored); the same question in the same
words, or nearly. Words alone prove little where questions come from templates ("how many chairs are
in this room" is asked of many rooms), so a text is a leak by itself only where neither side has
pictures.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.corpus_looks import Looks
from sextant.corpus.hamming import HammingIndex
from sextant.corpus.near_texts import NearMatches, NearTexts
from sextant.corpus.picture_hash import WORDS, Look, differ_in_a_detail, mirrored
from sextant.corpus.question_prints import text_keys
from sextant.corpus.scene_names import scene_keys
from sextant.samples.store import CorpusStore

RADIUS = 16
"""Differing bits of 256 up to which pictures look the same; see docs/audit.md for its rates."""

HOWS = ("scene", "picture", "look", "mirrored", "text", "near-text", "twin", "words", "near-words")
"""``twin``: drawings that look the same and differ in a detail. ``text`` and ``words`` are the same
questions without, and with, pictures on either side, those with ``near-`` nearly the same."""

WEAK = ("twin", "words", "near-words")
"""What templates and plain drawings do by themselves."""

DROPPED = tuple(how for how in HOWS if how not in WEAK)
"""What is left out unless the user says otherwise."""

KEEP = 4
"""Benchmark pictures listed per picture of the corpus that looks like them."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("how", pa.string(), nullable=False),
        pa.field("distance", pa.int32(), nullable=False),
        pa.field("what", pa.string(), nullable=False),
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("items", pa.int32(), nullable=False),
    ]
)
"""One row per hit. ``distance``: of pictures, differing bits of 256; of texts, shingles that only
one of them has, in %. ``what``: the place, or the benchmark's picture. ``item``: the first item
hit, ``items``: how many of the benchmark's are hit in the same way by the same thing."""

_COLUMNS = ("id", "task", "source", "scene_id", "images", "question", "options")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a benchmark.

    Attributes:
        benchmark, id: Which.
        places: Keys of the scenes that it is about, see ``scene_names``.
        question, options: Its texts.
        pictures: Names and looks of the pictures that could be read.
        has_media: Whether it has a picture or a video at all.
    """

    benchmark: str
    id: str
    places: frozenset[str]
    question: str
    options: tuple[str, ...] | None
    pictures: tuple[tuple[str, Look], ...] = ()
    has_media: bool = True


@dataclass(slots=True)
class _Group:
    """Items of one benchmark that share a place, a picture or a text."""

    benchmark: str
    first: str
    name: str = ""
    count: int = 0
    with_media: bool = False


@dataclass(slots=True)
class Benchmarks:
    """What must not be in a corpus; fill it with ``add``.

    Attributes:
        radius: Differing bits up to which pictures look the same.
        items: Questions by benchmark.
        pictures: Different pictures by benchmark.
        without_place: Questions of which no scene is known.
    """

    radius: int = RADIUS
    items: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    without_place: Counter[str] = field(default_factory=Counter)
    _places: dict[str, dict[str, _Group]] = field(default_factory=lambda: defaultdict(dict))
    _texts: dict[int, dict[str, _Group]] = field(default_factory=lambda: defaultdict(dict))
    _digests: dict[bytes, dict[str, _Group]] = field(default_factory=lambda: defaultdict(dict))
    _hashes: dict[bytes, NDArray[np.uint64]] = field(default_factory=dict)
    _drawings: dict[bytes, bytes] = field(default_factory=dict)
    _wordings: dict[int, tuple[str, tuple[str, ...] | None]] = field(default_factory=dict)

    def add(self, asked: Iterable[Asked]) -> None:
        """Take in questions of a benchmark, each once."""
        for some in _in_parts(asked, 4096):
            keys = text_keys(
                pa.array([a.question for a in some], pa.string()),
                pa.array([a.options for a in some], pa.list_(pa.string())),
            )
            for a, key in zip(some, keys.tolist(), strict=True):
                self._add(a, key)

    def _add(self, asked: Asked, key: int) -> None:
        self.items[asked.benchmark] += 1
        self.without_place[asked.benchmark] += not asked.places
        for place in asked.places:
            _count(self._places[place], asked, place)
        _count(self._texts[key], asked, "the same words")
        self._wordings.setdefault(key, (asked.question, asked.options))
        for digest, (name, look) in {look.digest.encode(): (n, look)
                                     for n, look in reversed(asked.pictures)}.items():  # fmt: skip
            self.pictures[asked.benchmark] += asked.benchmark not in self._digests[digest]
            _count(self._digests[digest], asked, name)
            if look.hash is not None:
                self._hashes[digest] = look.hash
                if look.drawing is not None:
                    self._drawings[digest] = zlib.compress(look.drawing.tobytes(), 1)

    def index(self) -> tuple[HammingIndex, list[bytes]]:
        """Return the looks to search in, and their digests."""
        names = sorted(self._hashes)
        codes = [self._hashes[name] for name in names]
        stacked = np.stack(codes) if codes else np.empty((0, WORDS), np.uint64)
        return HammingIndex(stacked, self.radius), names

    def near_texts(self) -> NearTexts:
        """Return the texts to search in."""
        known = list(self._wordings.values())
        return NearTexts([asked for asked, _ in known], [options for _, options in known])


@dataclass(frozen=True, slots=True)
class Hit:
    """A picture of the corpus that is in a benchmark: ``how``, differing bits, which."""

    how: str
    distance: int
    digest: bytes


def picture_hits(
    looks: Looks, known: Benchmarks, read: Callable[[str], Look]
) -> dict[str, list[Hit]]:
    """Return the pictures (by path) that benchmarks have, too.

    Args:
        looks: Of the corpus.
        known: The benchmarks.
        read: Looks at a picture of the corpus again; called for drawings that have a hit.
    """
    index, names = known.index()
    hits: dict[int, list[Hit]] = defaultdict(list)
    for k, digest in enumerate(looks.digests.tolist()):
        if digest and digest in known._digests:
            hits[k].append(Hit("picture", 0, digest))
    rows = np.nonzero(looks.hashed)[0]
    for how, codes in (("look", looks.hashes[rows]), ("mirrored", mirrored(looks.hashes[rows]))):
        if not names or not len(rows):
            break
        found = index.near(codes, keep=KEEP)
        for q, item, distance in zip(
            rows[found.query].tolist(), found.item.tolist(), found.distance.tolist(), strict=True
        ):
            if all(hit.digest != names[item] for hit in hits[q]):
                hits[q].append(Hit(how, distance, names[item]))
    paths = looks.paths.take(pa.array(sorted(hits), pa.int64())).to_pylist()
    return {
        path: _told_apart(path, hits[k], known, read)
        for path, k in zip(paths, sorted(hits), strict=True)
        if hits[k]
    }


def _told_apart(
    path: str, hits: list[Hit], known: Benchmarks, read: Callable[[str], Look]
) -> list[Hit]:
    """Call those drawings twins that differ from the benchmark's in a detail."""
    alike = [hit.how in ("look", "mirrored") and hit.digest in known._drawings for hit in hits]
    mine = read(path).drawing if any(alike) else None
    if mine is None:
        return hits
    found = []
    for hit, is_drawing in zip(hits, alike, strict=True):
        if is_drawing:
            theirs = np.frombuffer(zlib.decompress(known._drawings[hit.digest]), np.uint8)
            shown = mine[:, ::-1] if hit.how == "mirrored" else mine
            if differ_in_a_detail(shown, theirs.reshape(mine.shape)):
                hit = replace(hit, how="twin")
        found.append(hit)
    return found


def find_leaks(
    store: CorpusStore, known: Benchmarks, pictures: dict[str, list[Hit]]
) -> Iterator[pa.Table]:
    """Yield the hits, ``SCHEMA``, in the order of the corpus.

    Args:
        store: The corpus.
        known: The benchmarks.
        pictures: What ``picture_hits`` found; empty to compare names and texts alone.
    """
    places: dict[tuple[str, str], frozenset[str]] = {}
    texts = known.near_texts()
    for batch in store.batches(_COLUMNS, batch=16384):
        keys = text_keys(batch["question"], batch["options"]).tolist()
        near = _by_row(texts.near(batch["question"], batch["options"]))
        columns = {name: batch[name].to_pylist() for name in _COLUMNS[:5]}
        rows: list[tuple[object, ...]] = []
        for k, (row_id, task, source, scene, images, key) in enumerate(
            zip(*columns.values(), keys, strict=True)
        ):
            about = places.get((source, scene))
            if about is None:
                about = places[source, scene] = scene_keys(source, scene)
            said = [(key, 0), *near.get(k, ())]
            for how, distance, group in _row_hits(known, about, images, pictures, said):
                rows.append((row_id, task, source, scene, how, distance, group.name,
                             group.benchmark, group.first, group.count))  # fmt: skip
        if rows:
            yield pa.Table.from_arrays(
                [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), SCHEMA, strict=True)],
                schema=SCHEMA,
            )


def _row_hits(
    known: Benchmarks,
    about: frozenset[str],
    images: list[str],
    pictures: dict[str, list[Hit]],
    said: list[tuple[int, int]],
) -> Iterator[tuple[str, int, _Group]]:
    for place in sorted(about):
        for group in known._places.get(place, {}).values():
            yield "scene", 0, group
    for path in dict.fromkeys(images):
        for hit in pictures.get(path, ()):
            for group in known._digests[hit.digest].values():
                yield hit.how, hit.distance, group
    for k, (text, distance) in enumerate(said):
        for group in known._texts.get(text, {}).values():
            how = "words" if images or group.with_media else "text"
            yield (f"near-{how}" if k else how), distance, group


def _by_row(near: NearMatches) -> dict[int, list[tuple[int, int]]]:
    """Return the texts that each row is near to, with their distance in per cent."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, key, alike in zip(
        near.row.tolist(), near.key.tolist(), near.resemblance.tolist(), strict=True
    ):
        found[row].append((key, round((1 - alike) * 100)))
    return found


def _count(groups: dict[str, _Group], asked: Asked, name: str) -> None:
    group = groups.setdefault(asked.benchmark, _Group(asked.benchmark, asked.id, name))
    group.count += 1
    group.with_media |= asked.has_media


def _in_parts(asked: Iterable[Asked], size: int) -> Iterator[list[Asked]]:
    some: list[Asked] = []
    for one in asked:
        some.append(one)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
