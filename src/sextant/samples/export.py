"""Training files in the form SenseNova-SI released (ShareGPT JSONL), and a reader of them.

One line per sample, in this order of keys:

    {"id": 0, "image": ["images/ab/….png"], "conversations": [
        {"from": "human", "value": "<image>\\nWhich …"}, {"from": "gpt", "value": "A"}]}

``image`` is always a list, its paths are relative to the corpus folder, and the human turns hold
exactly one ``<image>`` per entry.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, OutputError, RecipeError
from sextant.execution.atomic import atomic_path
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS
from sextant.samples.validate import IMAGE_MARK, image_path_problem

TRAINING_SPLITS = ("train", "val")
"""What may be exported. Scenes of the test split are those that benchmarks ask about."""


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """What an export wrote and what it left out.

    Attributes:
        written: Number of lines.
        skipped: Number of samples left out, by their split.
    """

    written: int
    skipped: dict[str, int]


def export_sharegpt(
    store: CorpusStore,
    out: Path,
    *,
    splits: Sequence[str] = ("train",),
    subset: str | None = None,
    limit: int | None = None,
    full: bool = False,
) -> ExportCounts:
    """Write the samples of some splits as ShareGPT JSONL, in corpus order, in constant memory.

    Args:
        store: The corpus.
        out: The JSONL file; it appears whole or not at all.
        splits: Of ``train`` and ``val``; test scenes are never exported for training.
        subset: Name of a subset of ``SUBSETS``; None = all rows.
        limit: Stop after so many lines.
        full: Add the other columns of each sample under the key ``sextant``, so that an import
            gives the same samples. Trainers that refuse keys they do not know need it False.

    Raises:
        RecipeError: If another split is asked for.
        OutputError: If nothing is left to write, or the file cannot be written.
    """
    wrong = [split for split in splits if split not in TRAINING_SPLITS]
    if wrong or not splits:
        raise RecipeError(
            "this split is not for training" if "test" in wrong else "no such split",
            expected=" or ".join(TRAINING_SPLITS),
            got=", ".join(wrong) or "none",
            hint="test scenes are those that benchmarks ask about: a model trained on them "
            "cannot be measured"
            if "test" in wrong
            else None,
        )
    skipped: Counter[str] = Counter()
    written = 0
    with atomic_path(out, sole=True) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            for sample in store.samples():
                if sample.split not in splits:
                    skipped[sample.split] += 1
                    continue
                if subset is not None and not SUBSETS[subset](sample):
                    skipped[f"not in {subset}"] += 1
                    continue
                if written == limit:
                    break
                row = sharegpt_row(written, sample, full=full)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                written += 1
        if not written:
            raise OutputError(
                "nothing is left to export",
                where=store.root,
                expected=f"samples of split {' or '.join(splits)}",
                got=", ".join(f"{n} of {split}" for split, n in sorted(skipped.items()))
                or "an empty corpus",
                hint="its scenes are test scenes, which are not for training"
                if set(skipped) == {"test"}
                else "generate from more scenes, or choose another split",
            )
    return ExportCounts(written, dict(sorted(skipped.items())))


def sharegpt_row(number: int, sample: Sample, *, full: bool = False) -> dict[str, Any]:
    """Return one line of the file as a dictionary; see ``export_sharegpt``."""
    turns = [
        {"from": "human", "value": render_prompt(sample)},
        {"from": "gpt", "value": render_answer(sample)},
    ]
    if sample.turns is not None:
        turns += [{"from": t["from"], "value": t["value"]} for t in json.loads(sample.turns)]
    row = {"id": number, "image": list(sample.images), "conversations": turns}
    if full:
        row["sextant"] = {name: v for name, v in sample.to_row().items() if name != "images"}
    return row


def read_sharegpt(path: Path) -> Iterator[dict[str, Any]]:
    """Stream the rows of a ShareGPT JSONL file and check each.

    Raises:
        CorruptInput: Naming the line, if it is no such row, its ``<image>`` marks do not match its
            images, or a path leaves its folder.
    """
    with path.open(encoding="utf-8") as file:
        try:
            for number, line in enumerate(file, start=1):
                where = f"{path}: line {number}"
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise CorruptInput("not JSON", where=where, got=error) from error
                problem = _row_problem(row)
                if problem is not None:
                    raise CorruptInput(problem, where=where)
                yield row
        except UnicodeDecodeError as error:
            raise CorruptInput("not UTF-8 text", where=path, got=error) from error


def _row_problem(row: object) -> str | None:
    if not isinstance(row, dict) or set(row) - {"sextant"} != {"id", "image", "conversations"}:
        return "a row has the keys id, image and conversations"
    images, turns = row["image"], row["conversations"]
    if not isinstance(row["id"], int):
        return "id is not an integer"
    if not isinstance(images, list) or not all(isinstance(path, str) for path in images):
        return "image is not a list of paths"
    if not isinstance(turns, list) or not turns or len(turns) % 2:
        return "conversations are not pairs of turns"
    for i, turn in enumerate(turns):
        if not isinstance(turn, dict) or not isinstance(turn.get("value"), str):
            return "a turn is not a pair of from and value"
        if turn.get("from") != ("human", "gpt")[i % 2]:
            return "turns do not alternate between human and gpt"
    marks = sum(turn["value"].count(IMAGE_MARK) for turn in turns)
    if marks != len(images):
        return f"{marks} {IMAGE_MARK} for {len(images)} images"
    return next((p for path in images if (p := image_path_problem(path)) is not None), None)
