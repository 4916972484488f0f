"""The sample: one question with its answer, its pictures and the evidence behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from typing import Any

import pyarrow as pa

CAPABILITIES = ("MM", "SR", "MR", "PT", "CR", "GENERAL")
"""The five capabilities of arXiv 2511.13719 (section on the taxonomy), and general QA."""

ANSWER_TYPES = ("choice", "number", "boolean", "text", "json")

DIFFICULTIES = ("easy", "medium", "hard")

UNITS = ("m", "cm", "m2", "deg", "count")

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of a corpus; the fields are the columns of the parquet files.

    Attributes:
        id: 16 hex digits, blake2b of what identifies the sample; stable between runs.
        capability: One of ``CAPABILITIES``.
        task: Family id, e.g. ``sr.relative_distance``.
        source, scene_id, split: Dataset, scene, and ``train``/``val``/``test`` (by scene).
        images: Paths relative to the corpus root, in prompt order.
        frame_ids: The source's own frame names in the same order; empty where no image is needed.
        question: Text with one ``<image>`` per entry of ``images``, without the options.
        answer: What the model should write.
        answer_type: One of ``ANSWER_TYPES``.
        options, answer_index: Option texts without letters; None where not a choice.
        value, unit: The numeric truth before rounding, and its unit.
        evidence: JSON from which a stranger can recompute the answer.
        difficulty: ``easy``, ``medium`` or ``hard``.
        template: Which phrasing was used.
        seed: The seed of everything random about this row.
        rationale: The reasoning to be written before the answer; None = direct answer.
        turns: JSON of further turns of imported conversations; None otherwise.
        license, generator: Provenance.
    """

    id: str
    capability: str
    task: str
    source: str
    scene_id: str
    split: str
    images: tuple[str, ...]
    frame_ids: tuple[str, ...]
    question: str
    answer: str
    answer_type: str
    options: tuple[str, ...] | None
    answer_index: int | None
    value: float | None
    unit: str | None
    evidence: str
    difficulty: str
    template: str
    seed: int
    rationale: str | None
    turns: str | None
    license: str
    generator: str

    def evidence_dict(self) -> dict[str, Any]:
        """Return the evidence as a dictionary."""
        loaded: dict[str, Any] = json.loads(self.evidence)
        return loaded

    def to_row(self) -> dict[str, Any]:
        """Return the row as plain Python values, lists for tuples."""
        row = asdict(self)
        for name in ("images", "frame_ids", "options"):
            if row[name] is not None:
                row[name] = list(row[name])
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Sample:
        """Build a sample from a parquet or JSONL row; unknown columns are ignored."""
        values = {f.name: row[f.name] for f in fields(cls)}
        for name in ("images", "frame_ids", "options"):
            if values[name] is not None:
                values[name] = tuple(values[name])
        return cls(**values)


SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("capability", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("images", pa.list_(pa.string()), nullable=False),
        pa.field("frame_ids", pa.list_(pa.string()), nullable=False),
        pa.field("question", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("answer_type", pa.string(), nullable=False),
        pa.field("options", pa.list_(pa.string())),
        pa.field("answer_index", pa.int32()),
        pa.field("value", pa.float64()),
        pa.field("unit", pa.string()),
        pa.field("evidence", pa.string(), nullable=False),
        pa.field("difficulty", pa.string(), nullable=False),
        pa.field("template", pa.string(), nullable=False),
        pa.field("seed", pa.uint64(), nullable=False),
        pa.field("rationale", pa.string()),
        pa.field("turns", pa.string()),
        pa.field("license", pa.string(), nullable=False),
        pa.field("generator", pa.string(), nullable=False),
    ]
)
"""The parquet schema; column order and types are part of the public format."""


def sample_id(*parts: object) -> str:
    """Return 16 hex digits of blake2b over what identifies a sample.

    >>> sample_id("procedural", "room_1", "mm.object_size", 3) == sample_id(
    ...     "procedural", "room_1", "mm.object_size", 3)
    True
    """
    joined = "\x1f".join(str(p) for p in parts)
    return blake2b(joined.encode(), digest_size=8).hexdigest()
