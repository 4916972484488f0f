"""Small corpora for tests, made by a pure shard function as the real ones are."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sextant.execution.pool import run_shards
from sextant.execution.seeds import generator_of, seed_of
from sextant.samples.sample import Sample, sample_id
from sextant.samples.shard import ShardSummary
from sextant.samples.writer import CorpusWriter

CHOICE = Sample(
    id="0123456789abcdef",
    capability="SR",
    task="sr.relative_distance",
    source="toy",
    scene_id="room_0",
    split="train",
    images=(),
    frame_ids=(),
    question="Which of these is closest to the chair?",
    answer="B",
    answer_type="choice",
    options=("table", "lamp", "sofa"),
    answer_index=1,
    value=1.25,
    unit="m",
    evidence='{"objects": ["chair_1", "lamp_1"], "value": 1.25}',
    difficulty="easy",
    template="closest_1",
    seed=2**64 - 1,
    rationale=None,
    turns=None,
    license="CC0-1.0",
    generator="toy 1",
)


def number(**changes: Any) -> Sample:
    """Return a numeric sample."""
    plain = replace(
        CHOICE, answer="1.3", answer_type="number", options=None, answer_index=None, task="mm.size"
    )
    return replace(plain, **changes)


def head(**changes: Any) -> dict[str, Any]:
    """Return the head of a toy run."""
    return {
        "recipe": {"seed": 1, "tasks": {"sr.relative_distance": {"margin_m": 0.1}}},
        "recipe_hash": "r1",
        "source": {"name": "toy", "root": None, "options": {}},
        "versions": {"sextant": "0"},
        "shards": 5,
        **changes,
    }


def scene_row(**changes: Any) -> dict[str, Any]:
    """Return a row of the scenes table."""
    return {
        "source": "toy",
        "scene_id": "room_0",
        "split": "train",
        "license": "CC0-1.0",
        "is_metric": True,
        "room": {"area_m2": 12.5},
        "objects": [{"id": "chair_1", "category": "chair"}],
        "cameras": [],
        **changes,
    }


def write_shard(writer: CorpusWriter, pause_s: float, index: int) -> ShardSummary:
    """Write one toy shard; the last shard is empty."""
    shard = writer.shard(index)
    samples: list[Sample] = []
    scene_id = f"room_{index}"
    split = ("train", "val", "test")[index % 3]
    for i in range(4 if index + 1 < writer.shards else 0):
        rng = generator_of(1, "toy", scene_id, i)
        images = []
        for _ in range(int(rng.integers(0, 3))):
            # A picture all shards share, and pictures of this shard alone.
            shared = rng.random() < 0.3
            data = b"shared" if shared else rng.bytes(300)
            images.append(shard.image(data, ".png"))
            time.sleep(pause_s)
        samples.append(
            replace(
                CHOICE,
                id=sample_id("toy", scene_id, i),
                scene_id=scene_id,
                split=split,
                images=tuple(images),
                frame_ids=tuple(str(k) for k in range(len(images))),
                question="<image>" * len(images) + CHOICE.question,
                seed=seed_of("toy", scene_id, i),
                value=float(rng.random()),
                evidence=json.dumps({"shard": index, "i": i}),
            )
        )
    # An image that no sample shows, as a shard killed under another order would leave it.
    scenes = [scene_row(scene_id=scene_id, split=split)] if samples else []
    broken = {"scene_id": f"bad_{index}", "what": "NaN pose", "where": "poses.txt", "message": "é"}
    return shard.commit(
        samples,
        scenes,
        {("sr.relative_distance", "margin"): index, ("mm.size", "hidden"): 1},
        [broken] if index == 1 else [],
    )


def build(root: Path, *, workers: int = 1, pause_s: float = 0.0, **changes: Any) -> dict[str, Any]:
    """Make, resume or just look at a toy corpus, as a command would."""
    writer = CorpusWriter(root, head(**changes))
    todo = [i for i in range(writer.shards) if i not in writer.committed()]
    run_shards(
        todo, partial(write_shard, writer, pause_s), workers=workers, on_done=lambda i, s: None
    )
    return writer.finish()


def tree_hash(root: Path) -> dict[str, str]:
    """Return the hash of every file, by relative path; folders count as well."""
    hashes = {}
    for parent, folders, names in os.walk(root):
        for name in folders:
            hashes[os.path.relpath(os.path.join(parent, name), root) + "/"] = ""
        for name in names:
            path = Path(parent, name)
            hashes[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes
