"""Corpora written row by row, with real picture files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sextant.samples.sample import Sample, sample_id
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter

PLAIN = Sample(
    id="0" * 16, capability="SR", task="sr.relative_distance", source="toy", scene_id="room_0",
    split="train", images=(), frame_ids=(), question="Which of these is closest to the chair?",
    answer="B", answer_type="choice", options=("table", "lamp", "sofa"), answer_index=1,
    value=None, unit=None, evidence="{}", difficulty="easy", template="sr.relative_distance/near/1",
    seed=0, rationale=None, turns=None, license="CC0-1.0", generator="toy 1",
)  # fmt: skip


def number(**changes: Any) -> dict[str, Any]:
    """Return what makes a row a numeric one."""
    return {"answer_type": "number", "options": None, "answer_index": None, "answer": "2",
            "task": "mm.object_count", **changes}  # fmt: skip


def write(
    root: Path, rows: Sequence[dict[str, Any]], files: Sequence[Sequence[bytes]] = ()
) -> CorpusStore:
    """Write rows that differ from ``PLAIN``, two shards; ``files`` are each row's pictures."""
    head = {"recipe": {}, "recipe_hash": "r", "source": {"name": "toy"}, "versions": {},
            "shards": 2}  # fmt: skip
    writer = CorpusWriter(root, head)
    for index in range(2):
        shard, samples = writer.shard(index), []
        for k in range(index, len(rows), 2):
            shown = files[k] if k < len(files) else ()
            images = [
                shard.image(data, ".jpg" if data[:2] == b"\xff\xd8" else ".png") for data in shown
            ]
            row = replace(PLAIN, **rows[k])
            samples.append(
                replace(
                    row, id=sample_id("made", k), images=tuple(images),
                    question="<image>\n" * len(images) + row.question,
                )
            )  # fmt: skip
        scenes = {(s.source, s.scene_id): s.split for s in samples}
        shard.commit(
            samples,
            [{"source": source, "scene_id": scene, "split": split, "license": "CC0-1.0",
              "is_metric": True, "room": {}, "objects": [], "cameras": []}
             for (source, scene), split in sorted(scenes.items())],
            {},
        )  # fmt: skip
    writer.finish()
    return CorpusStore.open(root)


def id_of(k: int) -> str:
    """Return the id of row k."""
    return sample_id("made", k)
