"""Any table in VLMEvalKit's format: AI2D, MMStar, MMMU, RealWorldQA and many more.

Columns: ``index``, ``question``, ``answer``; ``A`` to ``Z`` for choices; ``image`` (base64, a list
of them, or the index of the row that has it) or ``image_path``; maybe ``hint``, ``category``,
``l2-category``, ``split``. ``tsv`` counts rows; ``tsv_circular`` is for tables whose options were
rotated beforehand (``*_circular.tsv``): rows of one question have the same index modulo 1,000,000,
or the same ``g_index``.

Pictures come first, except that ``<image 1>`` in a text says where the first one goes (MMMU; a
picture that is named twice is shown twice, one that is not named is not shown).

Rules. ``vlmevalkit``: ``can_infer`` without a judge, ``ImageMCQDataset.evaluate`` with
``exact_matching``. A question without options is scored as MMMU's are there: the answer's text, or
"Other Answers", is looked for in the reply. ``strict``: our own; a text is right if it is the
answer apart from case, articles and punctuation, or the same number. The format is VLMEvalKit's
own, so ``official`` is the same as ``vlmevalkit``.
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
from sextant.evaluation.benchmarks._texts import score_text
from sextant.evaluation.benchmarks._vlmevalkit import (
    Entry,
    choice_text,
    entries,
    images_first,
)
from sextant.evaluation.items import IMAGE_MARK, Item, OnBroken
from sextant.evaluation.tables import data_files
from sextant.models.messages import Picture

ROTATION = 1_000_000
"""Rotation k of the question with index i has index i + k * ROTATION (MMBench)."""

CAN_INFER = "vlmevalkit/mcq"
"""The rule ``can_infer`` of VLMEvalKit, which all of its choice tables share."""

ROTATIONS_OF = "rotations_of"
"""The group that holds which question a row is a rotation of."""

FREE_POST = "Answer the question using a single word or phrase."

_NUMBERED = re.compile(r"<image (\d)>")


class Tsv(Benchmark):
    """Rows of a table, each a question of its own."""

    name: ClassVar[str] = "tsv"
    title: ClassVar[str] = "VLMEvalKit table"
    license: ClassVar[str] = "that of the table"
    prompts: ClassVar[tuple[str, ...]] = ("official", "vlmevalkit", STRICT)
    rules: ClassVar[tuple[str, ...]] = ("official", "vlmevalkit", STRICT)
    files: ClassVar[tuple[str, ...]] = ("*.tsv",)
    """Where the table is, best pattern first."""

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the table; a folder must hold one only.

        Raises:
            MissingInput: If there is none, or a column is missing.
            InputError: If there are several.
        """
        found = data_files(root, self.files, self.title)
        if len(found) > 1:
            raise InputError(
                "several tables in this folder", where=root, expected="one",
                got=", ".join(path.name for path in found[:12]), hint="name the file",
            )  # fmt: skip
        for entry in entries(found[0], on_broken):
            try:
                yield self.item(entry, found[0].stem)
            except InputError as error:
                on_broken(error)

    def item(self, entry: Entry, table: str) -> Item:
        """Return a row as an item.

        Raises:
            InputError: If it has no question, no answer, or an answer that is no option.
        """
        question, options, pictures = _placed(entry)
        if not question.strip():
            raise ConventionError("the question is empty", where=entry.row.where)
        if options is None:
            answer = entry.row.label("answer")
            kind = "text"
        else:
            answer, kind = entry.letter(options), "choice"
        groups = {
            name: entry.cell(name)
            for name in ("category", "l2-category", "split")
            if entry.cell(name)
        }
        return Item(
            id=entry.index,
            task=groups.get("category") or groups.get("l2-category") or table,
            question=question,
            answer=answer,
            answer_type=kind,
            options=options,
            pictures=pictures,
            cluster=entry.shown,
            groups=groups,
            raw={"hint": entry.cell("hint")},
        )

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the prompt of ``ImageMCQDataset``; ours also says how to answer freely."""
        check_profile(profile, self.prompts, self.name)
        text = choice_text(item.question, item.options, item.raw.get("hint", ""))
        if item.options is None and profile == STRICT:
            text += FREE_POST
        return Prompt(images_first(text, len(item.pictures)))

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter or a text."""
        check_profile(profile, self.rules, self.name)
        if item.options is not None:
            return score_choice(item, reply, None if profile == STRICT else CAN_INFER)
        return score_text(item, reply) if profile == STRICT else _open_question(item, reply)


class CircularTsv(Tsv):
    """Rows that are rotations of one question count as one, right only if all of them are."""

    name: ClassVar[str] = "tsv_circular"
    title: ClassVar[str] = "VLMEvalKit table, circular"

    def item(self, entry: Entry, table: str) -> Item:
        """Return a row with its base question and its rotation.

        Raises:
            InputError: If the row is no choice, or its index no number.
        """
        item = super().item(entry, table)
        if item.options is None:
            raise ConventionError("a circular table holds choices only", where=entry.row.where)
        index = _number(entry, "index")
        base = _number(entry, "g_index") if entry.cell("g_index") else index % ROTATION
        rotation = (index - base) // ROTATION
        groups = {**item.groups, ROTATIONS_OF: str(base), "rotation": str(rotation)}
        return replace(item, groups=groups)

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """All rotations right; then, as ``PRINT_VANILLA`` does, the first one and all, by rows."""
        return (
            Headline("circular", collapse=ROTATIONS_OF),
            Headline("vanilla, unrotated rows", only={"rotation": "0"}),
            Headline("vanilla, all rows"),
        )


def _open_question(item: Item, reply: str) -> Scored:
    """Score a text as ``MMMU_preproc`` does: a choice between the answer and "Other Answers"."""
    choice = replace(item, answer="A", options=(item.answer, "Other Answers"))
    found = score_choice(choice, reply, CAN_INFER)
    return replace(found, value=item.answer if found.points else None)


def _number(entry: Entry, column: str) -> int:
    text = entry.row.label(column)
    if not re.fullmatch(r"\d{1,18}", text):
        raise ConventionError(
            f"{column} is no number", where=entry.row.where, expected="a whole number", got=text
        )
    return int(text)


def _placed(entry: Entry) -> tuple[str, tuple[str, ...] | None, tuple[Picture, ...]]:
    """Return question, options and pictures, with the pictures where ``<image 1>`` marks say."""
    question, options = entry.cell("question"), entry.options()
    order: list[int] = []

    def place(match: re.Match[str]) -> str:
        order.append(int(match[1]) - 1)
        return IMAGE_MARK

    texts = [_NUMBERED.sub(place, text) for text in (question, *(options or ()))]
    if not order:
        return question, options, entry.pictures
    if any(not 0 <= k < len(entry.pictures) for k in order):
        raise ConventionError(
            "the text names a picture that the row does not have", where=entry.row.where,
            expected=f"<image 1> to <image {len(entry.pictures)}>",
            got=", ".join(f"<image {k + 1}>" for k in order),
        )  # fmt: skip
    pictures = tuple(entry.pictures[k] for k in order)
    return texts[0], tuple(texts[1:]) or None, pictures


BENCHMARKS = (Tsv(), CircularTsv())
