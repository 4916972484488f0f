"""A small benchmark and models that are functions from what they are shown to a reply."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from sextant.evaluation.benchmark import Benchmark, FrameRule, Prompt, Scored
from sextant.evaluation.items import Item, Video
from sextant.evaluation.table_builder import ScoreTableBuilder
from sextant.evaluation.variants import Context, label_names, variants_of
from sextant.models.messages import Picture
from sextant.samples.sample import LETTERS

ASK = "Answer with the option's letter from the given choices directly."
MINDCUBE = (
    "[Task]\nYour task is to analyze the spatial arrangement of objects in the scene by examining "
    "the provided images, which show the scene from different viewpoints.\n[Answer Instruction]\n"
    "You only need to provide *ONE* correct answer. For example, if you think the correct answer "
    "is 'A. Above' from 'A. Above B. Under C. Front D. Behind', answer '<answer>A. Above</answer>'."
    "\n[Question]\n"
)


class SmallBenchmark(Benchmark):
    """Profiles are ways of listing options: rendered, stored in the question, with an example."""

    name = "small"
    title = "Small"
    license = "none"
    prompts = ("rendered", "inline", "example", "unlisted")
    rules = ("strict",)

    def __init__(self, made=()):
        self.made = tuple(made)

    def items(self, root: Path, on_broken):
        return iter(self.made)

    def prompt(self, item: Item, profile: str) -> Prompt:
        marks = "<video>\n" if item.video is not None else "<image>\n" * len(item.pictures)
        shown = marks + item.question if "<image>" not in item.question else item.question
        if item.options is None:
            return Prompt(f"{shown}\nAnswer with a single number.")
        listed = "\n".join(f"{LETTERS[k]}. {t}" for k, t in enumerate(item.options))
        if profile == "rendered":
            return Prompt(
                f"These are frames of a video.\n{shown}\nOptions:\n{listed}\n{ASK}", "sys"
            )
        if profile == "inline":
            return Prompt(f"{shown}\n{ASK} Enclose the option's letter within ``.", None, 16)
        if profile == "example":
            return Prompt(f"{MINDCUBE}{shown} " + listed.replace("\n", " "))
        return Prompt(shown)

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        if item.options is None:
            right = reply.strip() == item.answer
            return Scored(
                float(right), "answered" if reply.strip() else "empty", float(reply or "nan")
            )
        letter = reply.strip()[:1]
        if letter not in LETTERS[: len(item.options)] or not letter:
            return Scored(0.0, "empty")
        return Scored(float(letter == item.answer), "answered", letter)

    def frames(self, profile: str) -> FrameRule:
        return FrameRule(32)


def picture(name, color=(10, 20, 30), size=(8, 6)):
    def read():
        file = BytesIO()
        Image.new("RGB", size, color).save(file, "PNG")
        return file.getvalue()

    return Picture(name, read)


WORDS = ("lamp", "chair", "table", "sofa", "door", "mug", "book", "shoe", "clock", "vase")


def make_items(count=40, seed=0, counts=(4,), inline=False, pictures=1, scenes=8, **more):
    """Choice items whose picture holds the place of the right answer in its colour."""
    rng = np.random.default_rng(seed)
    items = []
    for k in range(count):
        n = counts[k % len(counts)]
        options = tuple(str(w) for w in rng.choice(WORDS, n, replace=False))
        correct = int(rng.integers(n))
        truth = options[correct]
        question = f"Which of these is nearest to point {k}?"
        if inline:
            listed = ", ".join(f"{LETTERS[i]}: {t}" for i, t in enumerate(options))
            question = f"{question} Options: {listed}"
        shown = tuple(
            picture(
                f"scene_{k % scenes}/item_{k}_{i}.png", (WORDS.index(truth), k % 256, i), (8 + i, 6)
            )
            for i in range(pictures)
        )
        items.append(
            Item(
                f"q{k}", ("near", "far")[k % 2], question, LETTERS[correct], "choice", options,
                pictures=shown, cluster=f"scene_{k % scenes}", **more,
            )
        )  # fmt: skip
    return items


def as_video(item):
    return replace(item, pictures=(), video=Video(Path("/none") / item.id, f"{item.id}.mp4"))


def parts_of(text, pictures):
    """Split at the marks; as many marks as pictures, or the reply would be to something else."""
    pieces = re.split("<image>|<video>", text)
    assert len(pieces) == len(pictures) + 1, (text, len(pictures))
    parts = [pieces[0]]
    for shown, piece in zip(pictures, pieces[1:], strict=True):
        parts += [shown, piece]
    return [part for part in parts if part != ""]


def play(model, items, tests, profile="rendered", seed=0, skipped=None, fail=()):
    """Run every variant through prompt, model and score; return the table and all requests."""
    benchmark = SmallBenchmark(items)
    context = Context(
        {item.id: item for item in items},
        lambda item: benchmark.prompt(item, profile),
        benchmark.frames(profile),
    )
    skipped = Counter() if skipped is None else skipped
    builder = ScoreTableBuilder(label_names(tests, items))
    asked = {}
    for variant in variants_of(items, tests, seed, context, skipped):
        prompt = variant.prompt(context.render)
        frames = [picture(f"{variant.item.video.name}@0")] if variant.item.video else []
        parts = parts_of(prompt.text, variant.shown(frames or variant.item.pictures))
        asked[variant.id] = (variant, prompt, parts)
        scored = None
        if variant.id not in fail:
            scored = benchmark.score(variant.item, model(parts), "strict")
        builder.add(variant.item, scored, row_id=variant.id, groups=variant.groups)
    return builder.done(), asked


def listed(parts):
    """Read the options of a prompt as a model would: letter to text."""
    text = "".join(part for part in parts if isinstance(part, str))
    text = text.rpartition("[Question]")[2]
    return dict(re.findall(r"\b([A-Z])[.:] (\w+)", text))


def always_a(parts):
    return "A"


def seer(parts):
    """Knows the right text from the picture's colour, wherever it stands."""
    shown = next((part for part in parts if isinstance(part, Picture)), None)
    if shown is None:
        return ""
    value = Image.open(BytesIO(shown.read())).convert("RGB").getpixel((0, 0))[0]
    truth = WORDS[value] if value < len(WORDS) else ""
    return next((k for k, text in listed(parts).items() if text == truth), "A")


def reader(parts):
    """Looks at texts only: the alphabetically first option."""
    options = listed(parts)
    return min(options, key=options.get) if options else "A"
