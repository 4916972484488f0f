"""3DSRBench (arXiv 2412.07825): twelve kinds of 3D questions, flipped pictures, rotated options.

Data: ``3dsrbench_v1_vlmevalkit_circular.tsv`` of ``ccvl/3DSRBench`` (VLMEvalKit calls it
``3DSRBench.tsv``), or the file without rotations. (``3dsrbench_v1.csv`` has no question texts.)
Rows that belong together are named by ``qid``: ``XXXXXXXX`` the question, ``-flip`` the same with
the picture mirrored, ``-1``, ``-2``, ... behind it the options rotated.

Four numbers come from one run (``_3DSRBench.evaluate`` of VLMEvalKit; lmms-eval has the same four):
``vanilla`` counts rows; ``flip`` counts a row and its mirrored twin as one; ``circular`` counts the
rotations as one, mirrored ones apart; ``flip+circular`` counts all rows of a question as one. Each
is right only if all its rows are. The authors' own script reports ``circular`` (its
``compute_3dsrbench_results`` joins what differs in the last ``-N``), and so do we first; VLMEvalKit
and lmms-eval print ``vanilla`` first, which is never lower: say which.

Prompts are those of VLMEvalKit in every profile: the authors distribute tables for it, and
lmms-eval copies it. Rules: ``vlmevalkit`` and ``official`` are ``can_infer`` without the judge that
published numbers use; ``lmms-eval`` is ``tasks/3dsrbench/utils.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from sextant.errors import ConventionError, InputError
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._vlmevalkit import Entry, choice_text, entries, images_first
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.tables import data_files

COLUMNS = ("index", "qid", "question", "A", "B", "answer", "category", "image")

FILES = (
    "3dsrbench_v1_vlmevalkit_circular.tsv", "3DSRBench.tsv", "3dsrbench_v1_vlmevalkit.tsv",
    "**/3dsrbench*_circular.tsv", "**/3dsrbench*.tsv", "**/3DSRBench*.tsv",
)  # fmt: skip

MAIN_CATEGORIES = ("multi_object", "height", "location", "orientation")
"""The twelve categories begin with the name of one of these four."""

_QID = re.compile(r"(?P<base>[A-Za-z0-9]{8})(?P<flip>-flip)?(?P<rotation>-\d{1,2})?")

VANILLA = Headline("vanilla")
FLIP = Headline("flip", collapse="flip")
CIRCULAR = Headline("circular", collapse="circular")
FLIP_CIRCULAR = Headline("flip+circular", collapse="flip_circular")


class ThreeDSRBench(Benchmark):
    """3DSRBench in its four settings."""

    name: ClassVar[str] = "threedsrbench"
    title: ClassVar[str] = "3DSRBench"
    license: ClassVar[str] = "CC-BY-4.0"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the table.

        Raises:
            MissingInput: If it is not there or lacks a column.
        """
        for entry in entries(data_files(root, FILES, self.title)[0], on_broken, COLUMNS):
            try:
                yield _item(entry)
            except InputError as error:
                on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return VLMEvalKit's prompt."""
        check_profile(profile, self.prompts, self.name)
        text = choice_text(item.question, item.options, item.raw.get("hint", ""))
        prompt = Prompt(images_first(text, len(item.pictures)))
        return replace(prompt, max_new_tokens=4096) if profile == "lmms-eval" else prompt

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score one row."""
        check_profile(profile, self.rules, self.name)
        harness = "vlmevalkit" if profile == "official" else profile
        return score_choice(item, reply, None if profile == STRICT else f"{harness}/{self.name}")

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return the four settings; the first is the profile's own."""
        if profile in ("vlmevalkit", "lmms-eval"):
            return (VANILLA, FLIP, CIRCULAR, FLIP_CIRCULAR)
        return (CIRCULAR, VANILLA, FLIP, FLIP_CIRCULAR)


def _item(entry: Entry) -> Item:
    row, options = entry.row, entry.options()
    if options is None or len(options) < 2:
        raise ConventionError("a question needs options", where=row.where, expected="A and B")
    qid, category = row.label("qid"), row.label("category")
    parts = _QID.fullmatch(qid)
    if parts is None:
        raise ConventionError(
            "unknown form of qid", where=row.where,
            expected="XXXXXXXX, XXXXXXXX-N, XXXXXXXX-flip or XXXXXXXX-flip-N", got=qid,
        )  # fmt: skip
    base, flip, rotation = parts["base"], parts["flip"] or "", parts["rotation"] or ""
    return Item(
        id=entry.index,
        task=category,
        question=row.text("question"),
        answer=entry.letter(options),
        answer_type="choice",
        options=options,
        pictures=entry.pictures,
        cluster=base,
        groups={
            "main_category": next((m for m in MAIN_CATEGORIES if category.startswith(m)), "other"),
            "mirrored": "yes" if flip else "no",
            "flip": base + rotation,
            "circular": base + flip,
            "flip_circular": base,
        },
        raw={"hint": entry.cell("hint"), "qid": qid},
    )


BENCHMARK = ThreeDSRBench()
