"""Corpora of as many rows as wanted, evenly spread over tasks, scenes and difficulties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from corpora import CHOICE, head

from sextant.samples.sample import sample_id
from sextant.samples.writer import CorpusWriter

CAPABILITIES = {"mm": "MM", "sr": "SR", "mr": "MR", "pt": "PT", "cr": "CR"}


def corpus(
    root: Path,
    rows: int,
    source: str,
    *,
    tasks: Sequence[str] = ("sr.relative_distance",),
    scenes: int = 20,
    shards: int = 4,
    split: Callable[[int], str] = lambda scene: "train",
    image: Path | None = None,
    external: tuple[str, str] | None = None,
) -> Path:
    """Write a corpus and return its folder; ``split`` is told the scene's number."""
    roots = {external[0]: external[1]} if external else {}
    writer = CorpusWriter(root, head(shards=shards, external=roots, name=source))
    for index in range(shards):
        shard = writer.shard(index)
        images: tuple[str, ...] = ()
        if image is not None:
            images = (shard.image(image.read_bytes(), image.suffix),)
        elif external is not None:
            images = (f"external/{external[0]}/x.png",)
        made = []
        for k in range(index, rows, shards):
            task = tasks[k // shards % len(tasks)]
            made.append(
                replace(
                    CHOICE, id=sample_id(source, k), task=task, source=source,
                    capability=CAPABILITIES[task[:2]], scene_id=f"room_{k % scenes}",
                    split=split(k % scenes), difficulty=("easy", "medium", "hard")[k % 3],
                    images=images, frame_ids=(), question="<image>" * len(images) + f"Which, {k}?",
                )
            )  # fmt: skip
        shard.commit(made, [], {})
    writer.finish()
    return root
