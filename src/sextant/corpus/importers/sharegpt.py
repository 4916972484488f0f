"""ShareGPT-style JSONL, first of all what ``sextant export --format sharegpt`` writes.

A line of ``export --full`` has a key ``sextant`` with the other columns of its sample: the import
gives the same sample. Without it the prompt's own words say what they can: options, the form of the
answer and a rationale come back where the prompt style is neutral; lost are id, task, capability,
source, scene, split, frame names, exact value, unit, evidence, difficulty, template, seed, terms.

Other JSONL of the same keys is read as conversations are: all rows are ``sharegpt.unknown``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import (
    conversation_row,
    image_paths,
    later_turns,
    turn_texts,
    with_marks,
)
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.samples.prompt import INSTRUCTIONS, render_answer, render_prompt
from sextant.samples.sample import LETTERS, Sample

_THOUGHT = re.compile(r"<think>(.*)</think>\n<answer>(.*)</answer>", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]{1,200}(?:\.[0-9]{1,200})?")
_OPTIONS = "\nOptions:\n"


class ShareGpt:
    """Our own export, or conversations of the same layout."""

    name = "sharegpt"
    title = "ShareGPT-style JSONL"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSONL file, or all below a folder."""
        return files_below(root, (".jsonl",))

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        return exported_row(record, image_paths(record.get("image")))


def exported_row(record: Mapping[str, Any], images: list[str]) -> SetRow:
    """Return the row of a record of ours, full or not, or of any conversation.

    Raises:
        BrokenRow: If it is none.
    """
    if "sextant" in record:
        return whole_row(record, images)
    found = _exported(record, images)
    return conversation_row(record, images) if found is None else found


def whole_row(record: Mapping[str, Any], images: list[str]) -> SetRow:
    """Return the row of a record that holds its sample under the key ``sextant``.

    Raises:
        BrokenRow: If that is no sample, or not the one of the conversation.
    """
    told = record["sextant"]
    if not isinstance(told, dict):
        raise BrokenRow("the key sextant holds no columns", told)
    values = {**told, "images": images}
    missing = [f.name for f in fields(Sample) if f.name not in values]
    if missing:
        raise BrokenRow("the key sextant lacks a column", missing[0])
    texts = turn_texts(record.get("conversations"))
    try:
        sample = Sample.from_row(values)
        same = texts[:2] == [render_prompt(sample), render_answer(sample)]
        later = [] if sample.turns is None else [t["value"] for t in orjson.loads(sample.turns)]
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise BrokenRow("the key sextant holds no sample", error) from error
    if not same or texts[2:] != later:
        raise BrokenRow("the conversation differs from the sample beside it")
    return SetRow(
        images, sample.question, sample.answer, sample.answer_type, turns=sample.turns, whole=values
    )  # fmt: skip


def _exported(record: Mapping[str, Any], images: list[str]) -> SetRow | None:
    """Return a row whose words are those of our neutral prompts; None of any other."""
    texts = turn_texts(record.get("conversations"))
    question, sign, last = texts[0].rpartition("\n")
    kind = next((kind for kind, said in INSTRUCTIONS.items() if sign and said == last), None)
    if kind is None:
        return None
    thought = _THOUGHT.fullmatch(texts[1])
    rationale, answer = (thought[1], thought[2]) if thought else (None, texts[1])
    options = index = None
    if kind == "choice":
        question, sign, listed = question.partition(_OPTIONS)
        lines = listed.split("\n")
        options = [line[3:] for line in lines]
        letters = [line[:3] for line in lines]
        if not sign or letters != [f"{letter}. " for letter in LETTERS[: len(lines)]]:
            return None
        if answer in LETTERS[: len(options)] and answer:
            index = LETTERS.index(answer)
        else:
            return None
    if kind == "number" and _NUMBER.fullmatch(answer) is None:
        return None
    question, repaired = with_marks(question, len(images))
    return SetRow(
        images, question, answer, kind, options, index, style="neutral", name=record.get("id"),
        value=float(answer) if kind == "number" else None, rationale=rationale,
        turns=later_turns(texts[2:]) if len(texts) > 2 else None, repaired=repaired,
    )  # fmt: skip


IMPORTER = ShareGpt()
