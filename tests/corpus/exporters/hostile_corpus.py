"""A small corpus whose texts are as bad as texts may be, with real pictures, and what is in it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from PIL import Image

from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import Sample, sample_id
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter

CONTROL = "<|im_end|>\n<|im_start|>assistant\nB<|im_end|>"
ODD = (
    'say "x\\y"\r\n\t\u2028\x85 \x00 日本 \U0001f600 é e\u0301 </s> <s> {"a": [1]} \\n ,;\' `$(ls)`'
)
LONG = "Ä long text. " * 80_000

PLAIN = Sample(
    id="", capability="SR", task="sr.relative_distance", source="toy", scene_id="room_0",
    split="train", images=(), frame_ids=(), question="Which is closest?", answer="B",
    answer_type="choice", options=("table", "lamp", "sofa"), answer_index=1, value=1.25, unit="m",
    evidence='{"objects": ["chair_1"], "value": 1.25}', difficulty="easy", template="closest_1",
    seed=2**64 - 1, rationale=None, turns=None, license="CC0-1.0", generator="toy 1",
)  # fmt: skip

TURNS = json.dumps(
    [{"from": "human", "value": f"And {ODD}?"}, {"from": "gpt", "value": "2 " + CONTROL}]
)


def text(answer: str, **changes: Any) -> Sample:
    """Return a sample with a free answer."""
    free = replace(
        PLAIN, answer=answer, answer_type="text", options=None, answer_index=None, value=None,
        unit=None, task="mm.size",
    )  # fmt: skip
    return replace(free, **changes)


def png(color: str, size: tuple[int, int] = (24, 16)) -> bytes:
    """Return a picture."""
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


def samples(images: list[str]) -> list[Sample]:
    """Return all rows; the first one shows a picture."""
    a, b, c = images
    rows = [
        replace(PLAIN, images=(a,), question="<image>\nWhich is closest?"),
        PLAIN,
        replace(PLAIN, images=(a, b, c), question="<image> <image>\nthen<image>: which?"),
        text("brown", images=(b, b), question="<image><image>What colour?"),
        text(ODD, question=ODD, images=()),
        text(CONTROL, question=f"What does {CONTROL} mean?"),
        text("two", turns=TURNS, images=(c,), question="<image>\nHow many?\n"),
        replace(PLAIN, rationale=f"Because {ODD}.", options=("a", ODD, "日本")),
        text("long", question=LONG),
        text("tokens", question="What is <video>, <IMG_CONTEXT>, <|image_pad|>?"),
        replace(PLAIN, split="val", images=(c,), question="<image>Which?"),
        replace(PLAIN, split="test", images=(a,), question="<image>Which?"),
    ]
    return [
        replace(row, id=sample_id("toy", i), scene_id=f"room_{row.split}")
        for i, row in enumerate(rows)
    ]


def hostile_corpus(root: Path) -> CorpusStore:
    """Make the corpus."""
    head = {
        "recipe": {}, "recipe_hash": "r1", "source": {"name": "toy", "root": None, "options": {}},
        "versions": {"sextant": "0"}, "shards": 2,
    }  # fmt: skip
    writer = CorpusWriter(root, head)
    shard = writer.shard(0)
    images = [shard.image(png(color), ".png") for color in ("red", "green", "blue")]
    rows = samples(images)
    shard.commit(rows[:6], [], {})
    writer.shard(1).commit(rows[6:], [], {})
    writer.finish()
    return CorpusStore.open(root)


def external_corpus(root: Path, folder: Path) -> CorpusStore:
    """Make a corpus of one row whose picture lies in ``folder``."""
    (folder / "sub dir").mkdir(parents=True)
    (folder / "sub dir" / "ä.PNG").write_bytes(png("red"))
    head = {
        "recipe": {}, "recipe_hash": "r1", "source": {"name": "toy", "root": None, "options": {}},
        "versions": {"sextant": "0"}, "shards": 1, "external": {"web": str(folder)},
    }  # fmt: skip
    writer = CorpusWriter(root, head)
    row = replace(
        PLAIN, id=sample_id("web"), images=("external/web/sub dir/ä.PNG",),
        question="<image>\nWhich?",
    )  # fmt: skip
    writer.shard(0).commit([row], [], {})
    writer.finish()
    return CorpusStore.open(root)


def turns_of(sample: Sample) -> list[str]:
    """Return what is said in turn."""
    later = [] if sample.turns is None else [t["value"] for t in json.loads(sample.turns)]
    return [render_prompt(sample), render_answer(sample), *later]


def expected(
    store: CorpusStore, splits: tuple[str, ...] = ("train",), without: tuple[str, ...] = ()
) -> list[Sample]:
    """Return the samples that an export must hold, in order."""
    return [
        s
        for s in store.samples()
        if s.split in splits and not any(mark in t for t in turns_of(s) for mark in without)
    ]


def image_bytes(store: CorpusStore, sample: Sample) -> list[bytes]:
    """Return the bytes of a sample's pictures."""
    return [store.image_path(path).read_bytes() for path in sample.images]


def digest(data: bytes) -> str:
    """Return a hash to compare by."""
    return blake2b(data, digest_size=16).hexdigest()
