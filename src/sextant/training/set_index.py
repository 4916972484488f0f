"""The usable rows of a set, and how large their pictures are.

Every row that is asked for is read once, and the header of every picture of it. What is broken is
counted, with its reason; only what is usable is ever drawn.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.execution.atomic import atomic_path
from sextant.models.family import Size
from sextant.models.pictures import size_of_file
from sextant.training.corpus_examples import CorpusExamples
from sextant.training.examples import Example, Record
from sextant.training.jsonl_examples import JsonlExamples
from sextant.training.mixture import DIFFICULTIES
from sextant.training.order import shuffled
from sextant.training.recipe import DataEntry
from sextant.training.tables import Columns, Progress, Table, build_table, open_table

USABLE, NOT_ASKED, BROKEN_ROW, NO_PICTURE, BROKEN_PICTURE = range(5)
"""States of a row."""

REASONS = {
    BROKEN_ROW: "the row is broken",
    NO_PICTURE: "a picture is missing",
    BROKEN_PICTURE: "a picture cannot be read",
}

MAX_SIDE = 65_535
"""Of a picture; sizes are stored in 16 bits."""

_FORMAT = 1


def open_set(entry: DataEntry, cache: Path) -> CorpusExamples | JsonlExamples:
    """Open the examples of a data entry: a corpus folder, or a file of conversations.

    Raises:
        InputError: If there is neither.
        RecipeError: If the entry cannot be meant.
    """
    path = Path(entry.path)
    if path.is_dir():
        return CorpusExamples(entry)
    if path.suffix.lower() == ".jsonl":
        return JsonlExamples(entry, cache)
    raise MissingInput(
        "no such data", where=path, expected="a corpus folder, or a .jsonl file of conversations"
    )


@lru_cache(maxsize=64)
def held_set(entry: DataEntry, cache: Path) -> CorpusExamples | JsonlExamples:
    """Return the examples of a data entry as this process opened them first; see ``open_set``."""
    return open_set(entry, cache)


class IndexedSet:
    """The rows of a data entry that were chosen, usable ones and others.

    A *place* is the number of a chosen row, from 0; it is what plans of steps speak of.

    Attributes:
        examples: The set.
        table: Columns ``row``, ``state``, ``difficulty``, ``pictures`` (one each), ``sizes``
            (two numbers for each picture of a usable row), ``broken`` (JSON lines).
    """

    def __init__(self, examples: CorpusExamples | JsonlExamples, table: Table) -> None:
        self.examples = examples
        self.table = table
        counts = np.asarray(table["pictures"], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def __len__(self) -> int:
        return self.table.rows

    def usable(self) -> NDArray[np.bool_]:
        """Return for each place whether it can be learned from."""
        usable: NDArray[np.bool_] = self.table["state"] == USABLE
        return usable

    def stored(self, place: int) -> tuple[int, tuple[Size, ...]]:
        """Return the row of a place, and the sizes of its pictures."""
        start, stop = int(self._starts[place]), int(self._starts[place + 1])
        flat = self.table["sizes"][2 * start : 2 * stop].tolist()
        sizes = tuple(zip(flat[::2], flat[1::2], strict=True))
        return int(self.table["row"][place]), sizes

    def example(self, place: int) -> Example:
        """Return a usable row with the sizes of its pictures.

        Raises:
            InputError: If it cannot be read any more, or is not the row that was indexed.
        """
        return read_example(self.examples, *self.stored(place))

    def broken(self) -> Iterator[dict[str, Any]]:
        """Yield what cannot be learned from: row, state, message."""
        for line in np.asarray(self.table["broken"]).tobytes().decode("utf-8").splitlines():
            yield json.loads(line)

    def counts(self) -> dict[str, int]:
        """Return how many chosen rows are usable, and how many are not, by reason."""
        states = Counter(np.asarray(self.table["state"]).tolist())
        broken = {REASONS[s]: states[s] for s in sorted(REASONS) if states[s]}
        return {"usable": states[USABLE], **broken}


def read_example(
    examples: CorpusExamples | JsonlExamples, row: int, sizes: tuple[Size, ...]
) -> Example:
    """Return a row with the sizes of its pictures, as an index holds them.

    Raises:
        InputError: If it cannot be read any more, or is not the row that was indexed.
    """
    record = examples.record(row)
    if record is None or len(record.pictures) != len(sizes):
        raise ConventionError(
            "the row is another than when it was indexed", where=f"{examples.root}: row {row}",
            hint="the data were changed while they are learned from",
        )  # fmt: skip
    return Example(
        id=record.id,
        messages=record.messages,
        pictures=record.pictures,
        sizes=sizes,
        capability=record.capability,
        source=record.source,
    )


def index_set(
    entry: DataEntry,
    cache: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    build: bool = True,
) -> IndexedSet:
    """Return the index of a data entry, made where it is not there yet.

    Pictures that were missing or broken are looked at again.

    Args:
        entry: Of the recipe.
        cache: Folder of indices.
        workers: Processes.
        progress: Told after every piece.
        build: False only opens what another process made.

    Raises:
        InputError: If the data are not there; with ``build`` false, if the index is not.
        OutputError: If the index cannot be written.
    """
    examples = open_set(entry, cache)
    if held_set(entry, cache).fingerprint != examples.fingerprint:
        held_set.cache_clear()  # the data were changed since
    folder = cache / f"set-{_key(entry, examples)}"
    if not build:
        return IndexedSet(examples, open_table(folder))
    rows_path = folder.with_name(folder.name + ".rows.npy")
    if not rows_path.is_file():
        chosen = _chosen(examples.asked(), entry)
        with atomic_path(rows_path) as temporary, temporary.open("wb") as file:
            np.save(file, chosen)
    work = _IndexPiece(entry, cache, rows_path)
    table = build_table(
        folder, len(_rows(rows_path)), work, workers=workers, progress=progress,
        what=f"{examples.name}: sizes of pictures", stale=_to_look_at_again,
    )  # fmt: skip
    return IndexedSet(examples, table)


@dataclass(frozen=True, slots=True, eq=False)
class _IndexPiece:
    """Reads rows and the headers of their pictures."""

    entry: DataEntry
    cache: Path
    rows_path: Path

    def __call__(self, start: int, stop: int) -> Columns:
        examples = held_set(self.entry, self.cache)
        rows = np.array(_rows(self.rows_path)[start:stop])
        root = examples.root.resolve()

        @lru_cache(maxsize=65_536)
        def size_of(path: Path) -> Size:
            return _size_inside(path, root)

        states, difficulties, counts = [], [], []
        sizes: list[int] = []
        broken: list[dict[str, Any]] = []
        for row in rows.tolist():
            state, record, found = _looked_at(examples.record, row, size_of, broken)
            level = record.difficulty if record is not None else ""
            states.append(state)
            difficulties.append(DIFFICULTIES.index(level) if level in DIFFICULTIES else -1)
            counts.append(len(found))
            sizes += [side for size in found for side in size]
        text = "".join(json.dumps(line) + "\n" for line in broken).encode()
        return {
            "row": rows,
            "state": np.array(states, dtype=np.uint8),
            "difficulty": np.array(difficulties, dtype=np.int8),
            "pictures": np.array(counts, dtype=np.uint16),
            "sizes": np.array(sizes, dtype=np.uint16),
            "broken": np.frombuffer(text, dtype=np.uint8),
        }


@lru_cache(maxsize=16)
def _rows(path: Path) -> NDArray[np.int64]:
    rows: NDArray[np.int64] = np.load(path, mmap_mode="r", allow_pickle=False)
    return rows


def _looked_at(
    read: Callable[[int], Record | None],
    row: int,
    size_of: Callable[[Path], Size],
    broken: list[dict[str, Any]],
) -> tuple[int, Record | None, list[Size]]:
    state = BROKEN_ROW
    try:
        record = read(row)
        if record is None:
            return NOT_ASKED, None, []
        state = BROKEN_PICTURE
        return USABLE, record, [size_of(path) for path in record.pictures]
    except InputError as error:
        if state == BROKEN_PICTURE and isinstance(error, MissingInput):
            state = NO_PICTURE
        broken.append({"row": row, "state": REASONS[state], "message": str(error)})
        return state, None, []


def _size_inside(path: Path, root: Path) -> Size:
    try:
        inside = path.resolve().is_relative_to(root)
    except (OSError, RuntimeError) as error:  # a name that is too long, links in a circle
        raise CorruptInput("no path of a picture", where=path, got=error) from error
    if not inside:
        raise ConventionError(
            "a link leads out of the folder of pictures", where=path, expected=f"below {root}"
        )
    size = size_of_file(path, str(path))
    if max(size) > MAX_SIDE:
        raise ConventionError(
            "picture is too long", where=path, expected=f"sides <= {MAX_SIDE}", got=max(size)
        )
    return size


def _to_look_at_again(table: Table) -> NDArray[np.int64]:
    state = table["state"]
    return np.flatnonzero((state == NO_PICTURE) | (state == BROKEN_PICTURE)).astype(np.int64)


def _chosen(rows: NDArray[np.int64], entry: DataEntry) -> NDArray[np.int64]:
    """Return ``limit`` of the rows, ascending: whatever the run's seed, and smaller ones nest."""
    if entry.limit is None or entry.limit >= len(rows):
        return rows
    picked = shuffled(np.arange(entry.limit), len(rows), "limit", "of an entry")
    return np.sort(rows[picked])


def _key(entry: DataEntry, examples: CorpusExamples | JsonlExamples) -> str:
    # What changes nothing about rows changes no name.
    asked = entry.model_dump(mode="json", exclude={"weight", "share", "path", "images"})
    if entry.limit is not None and entry.limit >= len(examples):
        asked["limit"] = None
    root = str(examples.root.resolve())
    text = json.dumps([_FORMAT, asked, examples.fingerprint, root], sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()
