"""Corpora, JSONL files and a renderer without a model, for tests of the training data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.errors import ConventionError
from sextant.models.family import Message, Packed, Pixels, Rendered, Size, Slot
from sextant.samples.sample import Sample, sample_id
from sextant.samples.writer import CorpusWriter
from sextant.training.examples import IMAGE_MARK, mark_count

CELL = 16
"""Side of the square of pixels that is one token."""

PICTURE_ID = 300


@dataclass(frozen=True)
class ToyRenderer:
    """A byte is a token, and so are 16x16 pixels."""

    most_pictures: int = 64

    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        return tuple(Slot(0, -(-w // CELL) * -(-h // CELL), (w, h)) for w, h in pictures)

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        if mark_count(tuple(messages)) != len(pictures):
            raise ConventionError("marks and pictures differ")
        if len(pictures) > self.most_pictures:
            raise ConventionError("more pictures than this family takes", got=len(pictures))
        ids: list[int] = []
        targets: list[bool] = []
        slots: list[Slot] = []
        left = iter(self.sizes(pictures))
        for message in messages:
            pieces = message.text.split(IMAGE_MARK) if message.role == "user" else [message.text]
            for number, piece in enumerate(pieces):
                if number:
                    slot = replace(next(left), start=len(ids))
                    ids += [PICTURE_ID] * slot.tokens
                    targets += [False] * slot.tokens
                    slots.append(slot)
                ids += list(piece.encode())
                targets += [message.supervised] * len(piece.encode())
        return Rendered(np.array(ids, dtype=np.int64), np.array(targets, dtype=bool), tuple(slots))

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        if any(p.size != s.size for p, s in zip(pictures, rendered.slots, strict=True)):
            raise ValueError("a picture has another size than it was rendered with")
        means = [np.asarray(p, dtype=np.float32).mean(axis=(0, 1)) for p in pictures]
        return {
            "means": np.array(means, dtype=np.float32).reshape(-1, 3),
            "patches": np.zeros((sum(s.tokens for s in rendered.slots), 48), dtype=np.float32),
        }

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        raise NotImplementedError


@dataclass(frozen=True)
class ToySource:
    """Opens a ``ToyRenderer``."""

    most_pictures: int = 64

    def open(self) -> ToyRenderer:
        return ToyRenderer(self.most_pictures)

    def fingerprint(self) -> str:
        return f"toy{self.most_pictures}"


def picture(seed: int, size: Size = (32, 32), kind: str = "PNG", **options: Any) -> bytes:
    """An image file of one colour."""
    colour = tuple(np.random.default_rng(seed).integers(0, 256, 3).tolist())
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


PLAIN = Sample(
    id="0123456789abcdef", capability="SR", task="sr.toy", source="toy", scene_id="room",
    split="train", images=(), frame_ids=(), question="Which is closest?", answer="B",
    answer_type="choice", options=("table", "lamp"), answer_index=1, value=None, unit=None,
    evidence="{}", difficulty="easy", template="t", seed=1, rationale=None, turns=None,
    license="CC0-1.0", generator="toy",
)  # fmt: skip


def corpus(root: Path, shards: Sequence[Sequence[dict[str, Any]]]) -> Path:
    """Write a corpus; each row is changes to ``PLAIN``, with ``pictures`` as image files."""
    head = {
        "recipe": {}, "recipe_hash": "r", "versions": {},
        "source": {"name": "toy", "root": None, "options": {}}, "shards": len(shards),
    }  # fmt: skip
    writer = CorpusWriter(root, head)
    for number, rows in enumerate(shards):
        shard = writer.shard(number)
        samples = []
        for k, row in enumerate(rows):
            images = tuple(shard.image(data, ".png") for data in row.get("pictures", ()))
            fields = {name: value for name, value in row.items() if name != "pictures"}
            question = "<image>\n" * len(images) + fields.pop("question", PLAIN.question)
            samples.append(
                replace(
                    PLAIN,
                    **{"id": sample_id(number, k), "scene_id": fields.get("split", "train"),
                       **fields},
                    images=images,
                    frame_ids=tuple(str(i) for i in range(len(images))), question=question,
                )
            )  # fmt: skip
        shard.commit(samples, [], {})
    writer.finish()
    return root


def mixed_corpus(root: Path, rows: int, shards: int = 2, seed: int = 0) -> Path:
    """A corpus of text-only, single-picture and multi-picture questions."""
    rng = np.random.default_rng(seed)
    levels = ("easy", "medium", "hard")
    made = [
        {
            "pictures": [
                picture(int(rng.integers(0, 20)), (int(rng.integers(16, 100)), 32))
                for _ in range(int(rng.integers(0, 4)))
            ],
            "question": "Which? " + "x" * int(rng.integers(0, 60)),
            "difficulty": levels[int(rng.integers(0, 3))],
            "capability": ("SR", "MR")[k % 2],
        }
        for k in range(rows)
    ]
    return corpus(root, [made[i::shards] for i in range(shards)])


def turn(text: str = "Which?", answer: str = "A") -> list[dict[str, str]]:
    return [{"from": "human", "value": text}, {"from": "gpt", "value": answer}]


def jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """Write lines; a string or bytes is written as it is."""
    texts = [row if isinstance(row, (bytes, str)) else json.dumps(row) for row in rows]
    lines = [text if isinstance(text, bytes) else text.encode() for text in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path
