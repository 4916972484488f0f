"""A stranger recomputes answers from the dataset's own file and the evidence's ids alone.

Nothing of the engine's geometry is used: boxes are read from the JSON, distances come from a
bounded least-squares solver, directions from complex numbers.
"""

from __future__ import annotations

import cmath
import json
import math
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from sextant.commands.generate import GenerateJob, generate
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.store import CorpusStore

REAL = Path(
    os.environ.get("SEXTANT_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data")
)
TASKS = (
    "mm.object_distance", "mm.object_size", "mm.object_count", "mm.room_area",
    "sr.relative_distance", "pt.hypothetical_direction", "cr.multi_hop",
)  # fmt: skip


class Boxes:
    """The boxes of one scene of a meta_info file, by ``<category>_<index>``."""

    def __init__(self, scene: dict) -> None:
        self.scene = scene
        self.by_id = {
            f"{category}_{k}": box
            for category, boxes in scene["object_bbox"].items()
            for k, box in enumerate(boxes)
        }

    def axes(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        box = self.by_id[name]
        rows = np.array(box["normalizedAxes"]).reshape(3, 3)
        return np.array(box["centroid"]), rows, np.array(box["axesLengths"]) / 2

    def distance_m(self, a: str, b: str) -> float:
        """Minimise |p + A x - q - B y| over the two unit cubes of half lengths."""
        p, A, half_a = self.axes(a)
        q, B, half_b = self.axes(b)
        bound = np.concatenate([half_a, half_b])
        found = lsq_linear(np.hstack([A.T, -B.T]), q - p, (-bound, bound), tol=1e-14)
        return math.sqrt(2 * found.cost)

    def bearing_deg(self, a: str, b: str, c: str) -> float:
        """Angle at a from b to c, counterclockwise, in (-180, 180]."""
        o, f, t = (complex(*self.by_id[n]["centroid"][:2]) for n in (a, b, c))
        return math.degrees(cmath.phase((t - o) / (f - o)))


WORDS = {
    "two": lambda d: "left" if d > 0 else "right",
    "three": lambda d: "back" if abs(d) > 135 else "left" if d > 0 else "right",
    "quadrant": lambda d: f"{'front' if abs(d) < 90 else 'back'}-{'left' if d > 0 else 'right'}",
    "eight": lambda d: ("front", "front-left", "left", "back-left", "back", "back-right", "right",
                        "front-right")[round(d / 45) % 8],
}  # fmt: skip


def recompute(boxes: Boxes, row) -> str | float:
    """Return what the answer should be: the option's text, or the exact number."""
    evidence = row.evidence_dict()
    ids = evidence["objects"]
    if row.task == "mm.object_distance":
        return boxes.distance_m(*ids)
    if row.task == "mm.object_size":
        return 100 * max(boxes.by_id[ids[0]]["axesLengths"])
    if row.task == "mm.object_count":
        return float(len(boxes.scene["object_bbox"][ids[0].rsplit("_", 1)[0]]))
    if row.task == "mm.room_area":
        return float(boxes.scene["room_size"])
    if row.task == "sr.relative_distance":
        anchor, *options = ids
        assert [evidence["names"][i] for i in options] == list(row.options)
        pick = min if evidence["ask"]["variant"] == "closest" else max
        return evidence["names"][pick(options, key=lambda i: boxes.distance_m(anchor, i))]
    if row.task == "pt.hypothetical_direction":
        return WORDS[evidence["ask"]["form"]](boxes.bearing_deg(*ids))
    anchor, *options, other = ids
    pick = min if evidence["ask"]["hop"] == "closest" else max
    found = pick(options, key=lambda i: boxes.distance_m(anchor, i))
    if evidence["ask"]["second"] == "distance":
        return boxes.distance_m(found, other)
    heights = []
    for name in (found, other):
        _, rows, half = boxes.axes(name)
        heights.append(float(np.abs(rows[:, 2]) @ half))
    return "yes" if heights[0] > heights[1] else "no"


def check(root: Path, corpus: Path, scenes: int | None) -> Counter:
    recipe = GenerateRecipe(tasks=TASKS, per_task=12)
    generate(GenerateJob("vsi_meta", root, corpus, recipe, seed=11, scenes=scenes), quiet=True)
    data = {}
    for path in root.glob("*.json"):
        data.update(json.loads(path.read_text()))
    seen: Counter = Counter()
    for row in CorpusStore.open(corpus).samples():
        scene = row.scene_id.rsplit("/", 1)[-1]
        truth = recompute(Boxes(data[scene]), row)
        seen[row.task] += 1
        if isinstance(truth, float):
            assert row.value == pytest.approx(truth, rel=1e-6, abs=1e-6), row
            usual = {"m": 1, "m2": 1, "cm": 0, "count": 0}[row.unit]
            given = (row.options[row.answer_index] if row.options else row.answer).split(" ")[0]
            # Options that rounding would bring too close have another decimal.
            places = len(given.partition(".")[2])
            assert places == usual or (row.options and places == 2 and usual == 1), row
            assert given == f"{truth:.{places}f}", row
        else:
            given = row.options[row.answer_index] if row.options else row.answer
            assert given == truth, (row.question, given, truth)
    return seen


def test_miniature(meta_info, tmp_path):
    assert set(check(meta_info, tmp_path / "c", None)) == set(TASKS)


@pytest.mark.skipif(
    not (REAL / "vsibench_meta_info").is_dir(), reason="the real VSI-Bench boxes are not here"
)
def test_real_boxes(tmp_path):
    seen = check(REAL / "vsibench_meta_info", tmp_path / "c", 60)
    assert seen.total() > 400
