"""The rows of an export: which ones, and their turns as a model sees them.

Only the columns that are needed are read, and samples are not built of them where a format can do
without: that is what makes millions of rows a matter of minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sextant.errors import CorruptInput, RecipeError
from sextant.samples.export import TRAINING_SPLITS
from sextant.samples.layout import IMAGE_PATH
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS
from sextant.samples.validate import IMAGE_MARK, image_path_problem

BATCH = 2048
"""Rows that are Python values at one time."""

CONTROL = "<|"
"""How the control tokens of chat templates begin."""

CONTROL_NOTE = f"rows hold {CONTROL}, with which the control tokens of chat templates begin"


class ExportRow(NamedTuple):
    """One row, ready to be written; made millions of times, so a plain tuple.

    Attributes:
        number: Its place in the export.
        id, split: As in the sample.
        images: Paths as the corpus has them, in prompt order.
        texts: What human and model say in turn; only the first holds ``<image>``, one per image.
        sample: The whole sample, where the format or a subset needs it.
    """

    number: int
    id: str
    split: str
    images: list[str]
    texts: list[str]
    sample: Sample | None


class _Columns(NamedTuple):
    """What showing a sample takes; ``samples.prompt.Shown``."""

    id: str
    split: str
    images: list[str]
    question: str
    answer: str
    answer_type: str
    options: list[str] | None
    answer_index: int | None
    template: str
    rationale: str | None
    turns: str | None


@dataclass(slots=True)
class Selection:
    """Which rows are exported, and what became of the others.

    Attributes:
        splits: Of ``train`` and ``val``.
        subset: Name of a subset of ``SUBSETS``; None = all rows.
        limit: At most so many rows.
        whole: Whether rows carry their samples.
        taken: Texts that the trainer would take for pictures; rows that hold one are left out.
        read, written: Rows so far.
        skipped: Rows left out, by reason.
        notes: Rows exported about which something should be known.
    """

    splits: Sequence[str] = ("train",)
    subset: str | None = None
    limit: int | None = None
    whole: bool = False
    taken: Sequence[str] = ()
    read: int = 0
    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        """Refuse what is not for training.

        Raises:
            RecipeError: If a split or the subset is none that may be exported.
        """
        wrong = [split for split in self.splits if split not in TRAINING_SPLITS]
        if wrong or not self.splits:
            raise RecipeError(
                "this split is not for training" if "test" in wrong else "no such split",
                expected=" or ".join(TRAINING_SPLITS),
                got=", ".join(wrong) or "none",
                hint="test scenes are those that benchmarks ask about: a model trained on them "
                "cannot be measured"
                if "test" in wrong
                else None,
            )
        if self.subset is not None and self.subset not in SUBSETS:
            raise RecipeError("unknown subset", expected=", ".join(SUBSETS), got=self.subset)


def export_rows(store: CorpusStore, selection: Selection) -> Iterator[ExportRow]:
    """Stream the selected rows in corpus order, in constant memory.

    Args:
        store: The corpus.
        selection: Which rows; its counts are kept up to date.

    Raises:
        CorruptInput: If a table of the corpus cannot be read.
    """
    selection.check()
    kept = pa.array(list(selection.splits), pa.string())
    subset = None if selection.subset is None else SUBSETS[selection.subset]
    whole = selection.whole or subset is not None
    for records in store.batches(None if whole else _Columns._fields, batch=BATCH):
        selection.read += records.num_rows
        wanted = pc.is_in(records["split"], value_set=kept)
        if pc.sum(wanted).as_py() != records.num_rows:
            for split in records.filter(pc.invert(wanted))["split"].to_pylist():
                selection.skipped[split] += 1
            records = records.filter(wanted)
        for shown, sample in _shown(records, whole):
            if subset is not None and sample is not None and not subset(sample):
                selection.skipped[f"not in {selection.subset}"] += 1
                continue
            if selection.written == selection.limit:
                return
            row = _row(shown, sample, selection)
            if row is not None:
                selection.written += 1
                yield row


def _shown(records: pa.RecordBatch, whole: bool) -> Iterator[tuple[_Columns, Sample | None]]:
    try:
        names: Sequence[str] = records.schema.names if whole else _Columns._fields
        values = [records[name].to_pylist() for name in names]
    except (pa.ArrowException, ValueError) as error:
        raise CorruptInput(
            "a table of the corpus cannot be read", got=error, hint="run `sextant check`"
        ) from error
    if not whole:
        for row in zip(*values, strict=True):
            yield _Columns._make(row), None
        return
    for row in zip(*values, strict=True):
        sample = Sample.from_row(dict(zip(names, row, strict=True)))
        yield (
            _Columns(
                sample.id, sample.split, list(sample.images), sample.question, sample.answer,
                sample.answer_type, None if sample.options is None else list(sample.options),
                sample.answer_index, sample.template, sample.rationale, sample.turns,
            ),
            sample,
        )  # fmt: skip


def _row(shown: _Columns, sample: Sample | None, selection: Selection) -> ExportRow | None:
    texts = [render_prompt(shown), render_answer(shown)]
    if shown.turns is not None:
        texts += _later(shown)
    reason = _problem(texts, shown.images, selection.taken)
    if reason is not None:
        selection.skipped[reason] += 1
        return None
    if any(CONTROL in text for text in texts):
        selection.notes[CONTROL_NOTE] += 1
    return ExportRow(selection.written, shown.id, shown.split, shown.images, texts, sample)


def _later(shown: _Columns) -> list[str]:
    try:
        turns: list[dict[str, Any]] = orjson.loads(shown.turns or "[]")
        return [str(turn["value"]) for turn in turns]
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise CorruptInput(
            "a row's further turns are no turns", where=f"sample {shown.id}", got=error,
            hint="run `sextant check`",
        ) from error  # fmt: skip


def _problem(texts: list[str], images: list[str], taken: Sequence[str]) -> str | None:
    if texts[0].count(IMAGE_MARK) != len(images) or any(IMAGE_MARK in t for t in texts[1:]):
        return f"not one {IMAGE_MARK} for each image"
    for path in images:
        if IMAGE_PATH.fullmatch(path) is None and image_path_problem(path) is not None:
            return "an image path that leaves its folder"
    for mark in taken:
        if any(mark in text for text in texts):
            return f"hold {mark}, which the trainer takes for a picture"
    return None
