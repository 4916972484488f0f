"""Rows of a set as one Arrow table; what does not fit the sample schema goes to the quarantine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sextant.corpus.importing.set_rows import GENERAL, UNKNOWN, Importer, SetRow
from sextant.corpus.scene_names import scene_of
from sextant.samples.columns import row_problems, suspects
from sextant.samples.external import EXTERNAL
from sextant.samples.layout import samples_table
from sextant.samples.sample import SCHEMA

EMPTY = "{}"

_WHOLE = tuple(name for name in SCHEMA.names if name != "images")


class Place(NamedTuple):
    """Where a row stands: file, running number in its piece, offset."""

    file: str
    number: int
    offset: int


class Sorted(NamedTuple):
    """What became of rows.

    Attributes:
        table: The sound ones.
        broken: The others: place, reason, detail.
        unknown: The set's names of tasks that its table does not know, counted.
    """

    table: pa.Table
    broken: list[tuple[Place, str, str]]
    unknown: Counter[str]


def rows_table(
    importer: Importer,
    rows: Sequence[SetRow],
    places: Sequence[Place],
    version: str,
    *,
    external: str | None = None,
    known: frozenset[str] = frozenset(),
) -> Sorted:
    """Return rows as a table.

    Args:
        importer: Whose rows they are.
        rows: In order.
        places: One for each.
        version: Of this program.
        external: What the folder of the rows' images is called; None where the images are in the
            corpus already.
        known: Names of external folders that paths may begin with already.
    """
    columns, unknown = _columns(importer, rows, places, version)
    try:
        table = samples_table(columns)
        if external is not None:
            table = _prefixed(table, f"{EXTERNAL}/{external}/", known)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _one_by_one(importer, rows, places, version, external, known)
    bad = suspects(table)
    broken = []
    for row in np.flatnonzero(bad):
        problems = row_problems(table, int(row))
        if problems:
            place = places[int(row)]
            broken.append((place, "does not fit the sample schema", "; ".join(problems)[:400]))
        else:
            bad[row] = False
    if broken:
        table = table.filter(pa.array(~bad))
        names = columns_of_unknown(importer, [r for r, b in zip(rows, bad, strict=True) if not b])
        return Sorted(table, broken, names)
    return Sorted(table, broken, unknown)


def columns_of_unknown(importer: Importer, rows: Sequence[SetRow]) -> Counter[str]:
    """Count the names of tasks that the table of a set does not know."""
    names = Counter(row.task for row in rows if row.whole is None)
    return Counter({name or "(none)": n for name, n in names.items() if name not in importer.tasks})


def _prefixed(table: pa.Table, prefix: str, known: frozenset[str]) -> pa.Table:
    lists = table["images"].combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks)
    joined = pc.binary_join_element_wise(prefix, lists.values, "")
    if known:
        names = "|".join(re.escape(name) for name in sorted(known))
        there = pc.match_substring_regex(lists.values, f"^{EXTERNAL}/({names})/")
        joined = pc.if_else(there, lists.values, joined)
    place = SCHEMA.get_field_index("images")
    images = pa.ListArray.from_arrays(lists.offsets, joined)
    return table.set_column(place, SCHEMA.field(place), images)


def _one_by_one(
    importer: Importer,
    rows: Sequence[SetRow],
    places: Sequence[Place],
    version: str,
    external: str | None,
    known: frozenset[str],
) -> Sorted:
    """Find the row that no column can hold, e.g. one with a lone surrogate."""
    if len(rows) == 1:
        reason = "does not fit the sample schema"
        return Sorted(SCHEMA.empty_table(), [(places[0], reason, "its values have no column")],
                      Counter())  # fmt: skip
    half = len(rows) // 2
    parts = [
        rows_table(importer, rows[part], places[part], version, external=external, known=known)
        for part in (slice(0, half), slice(half, None))
    ]
    return Sorted(
        pa.concat_tables([part.table for part in parts]),
        [found for part in parts for found in part.broken],
        parts[0].unknown + parts[1].unknown,
    )


def _columns(
    importer: Importer, rows: Sequence[SetRow], places: Sequence[Place], version: str
) -> tuple[dict[str, list[Any]], Counter[str]]:
    name, count = importer.name, len(rows)
    bucket = (f"{name}.{UNKNOWN}", GENERAL)
    kinds = {task: importer.tasks.get(task, bucket) for task in {row.task for row in rows}}
    tasks = [kinds[row.task][0] for row in rows]
    prefix = f"{name}\x1f".encode()
    ids = [
        blake2b(
            b"%b%b\x1f%d" % (prefix, place.file.encode("utf-8", "surrogateescape"), place.offset),
            digest_size=8,
        ).digest()
        for place in places
    ]
    columns: dict[str, list[Any]] = {
        "id": [digest.hex() for digest in ids],
        "capability": [kinds[row.task][1] for row in rows],
        "task": tasks,
        "source": [row.source or name for row in rows],
        "scene_id": [_scene(row, ids[k]) for k, row in enumerate(rows)],
        "split": [row.split for row in rows],
        "images": [row.images for row in rows],
        "frame_ids": [row.frame_ids for row in rows],
        "question": [row.question for row in rows],
        "answer": [row.answer for row in rows],
        "answer_type": [row.answer_type for row in rows],
        "options": [row.options for row in rows],
        "answer_index": [row.answer_index for row in rows],
        "value": [row.value for row in rows],
        "unit": [row.unit for row in rows],
        "evidence": [_evidence(row, place) for row, place in zip(rows, places, strict=True)],
        "difficulty": ["medium"] * count,
        "template": [f"{tasks[k]}/{row.style}:{name}/0" for k, row in enumerate(rows)],
        "seed": [0] * count,
        "rationale": [row.rationale for row in rows],
        "turns": [row.turns for row in rows],
        "license": [importer.license] * count,
        "generator": [f"sextant {version} import {name} {importer.row_version}"] * count,
    }
    for k, row in enumerate(rows):
        if row.whole is not None:
            for column in _WHOLE:
                if column in row.whole:
                    columns[column][k] = row.whole[column]
    return columns, columns_of_unknown(importer, rows)


def _scene(row: SetRow, digest: bytes) -> str:
    if row.scene:
        return row.scene
    if row.video:
        return scene_of(row.video)
    if not row.images:
        return f"text:{digest.hex()}"
    return scene_of(row.images[0])


def _evidence(row: SetRow, place: Place) -> str:
    said: dict[str, Any] = {"file": place.file, "offset": place.offset}
    if row.name is not None:
        said["id"] = row.name
    if row.task:
        said["task"] = row.task
    if row.repaired:
        said["repaired"] = row.repaired
    more: dict[str, Any] = {"import": said}
    if row.more:
        more.update(row.more)
    if row.marks:
        more["marks"] = [mark._asdict() for mark in row.marks]
    try:
        return orjson.dumps(more).decode()
    except TypeError:  # a lone surrogate, or a number beyond 64 bits, in the set's own id
        return EMPTY
