"""What replies to a corpus' questions are worth, by form of answer and by family; letters aside."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sextant.evaluation.benchmark import Scored
from sextant.evaluation.benchmarks._boxes import box_points, camera_rotation, read_box
from sextant.evaluation.benchmarks._scoring import harness_reply, scored
from sextant.evaluation.extraction import find_boolean, find_json, find_number
from sextant.evaluation.items import Item
from sextant.evaluation.metrics import mean_relative_accuracy

BOX_FAMILY = "mm.box3d"
CELLS_FAMILY = "mr.map_position"


def number(item: Item, reply: str, profile: str) -> Scored:
    """Score a number by mean relative accuracy; angles by the turn between them.

    The answer is stored twice, as it should be written ("0.2") and exactly (0.249). Whoever says
    either is right: the better of the two scores counts. Whether a count is exact can be read from
    the table of scores, which keeps both numbers.
    """
    found = find_number(harness_reply(reply, profile), item.unit, profile)
    value = found.value if isinstance(found.value, float) else None
    if value is None or not math.isfinite(value):
        return scored(found, 0.0)
    targets = [float(item.answer)] + ([] if item.value is None else [item.value])
    if item.unit == "deg":
        return scored(found, max(_turn_accuracy(value, target) for target in targets))
    return scored(found, max(mean_relative_accuracy(value, target) for target in targets))


def boolean(item: Item, reply: str) -> Scored:
    """Score yes or no."""
    found = find_boolean(reply)
    return scored(found, float(found.value == item.answer.lower()))


def structure(item: Item, reply: str, evidence: Mapping[str, Any]) -> Scored:
    """Score JSON: cells of a map, a box, or equality of the whole."""
    found = find_json(reply)
    if not isinstance(found.value, str):
        return scored(found, 0.0)
    said, stored = json.loads(found.value), json.loads(item.answer)
    if item.task == CELLS_FAMILY:
        return scored(found, _cells_right(said, stored))
    if item.task == BOX_FAMILY:
        R = camera_rotation(evidence)
        box, truth = read_box(said, R), read_box(stored, R)
        if box is None or truth is None:
            return Scored(0.0, "empty", None, found.span)
        return scored(found, box_points(box, truth))
    return scored(found, float(said == stored))


def _turn_accuracy(value_deg: float, target_deg: float) -> float:
    """Return the relative accuracy of an angle whose error is the smaller turn between the two."""
    error = abs(math.remainder(value_deg - target_deg, 360.0))
    return mean_relative_accuracy(target_deg + error, target_deg)


def _cells_right(said: object, stored: object) -> float:
    """Return the share of objects that are in their cell; names are told apart without case."""
    if not isinstance(said, dict) or not isinstance(stored, dict) or not stored:
        return 0.0
    cells = {_name(name): cell for name, cell in said.items()}
    hits = sum(_same_cell(cells.get(_name(name)), cell) for name, cell in stored.items())
    return hits / len(stored)


def _same_cell(said: object, stored: Any) -> bool:
    if not isinstance(said, list) or not isinstance(stored, list) or len(said) != len(stored):
        return False
    # bool is an int of Python, but true is no coordinate.
    return all(
        not isinstance(a, bool) and isinstance(a, (int, float)) and a == b
        for a, b in zip(said, stored, strict=True)
    )


def _name(text: str) -> str:
    words = text.casefold().split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)
