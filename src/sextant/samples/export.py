"""What may be exported for training, and a reader of ShareGPT JSONL that checks each row.

``corpus.exporters`` holds the layouts; ``sharegpt`` among them writes what is read here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput
from sextant.samples.validate import IMAGE_MARK, image_path_problem

TRAINING_SPLITS = ("train", "val")
"""What may be exported. Scenes of the test split are those that benchmarks ask about."""


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
