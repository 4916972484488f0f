from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.size_comparison import SizeComparison


def pair(build, bed=(2.0, 1.5, 0.5), wardrobe=(1.0, 0.6, 2.2)):
    """By default 1.5 and 1.32 m³, 0.5 and 2.2 m tall, 2.0 and 2.2 m long."""
    return build.scene(
        [build.object("bed", (0, 0, bed[2] / 2), bed, yaw_deg=20),
         build.object("wardrobe", (4, 0, wardrobe[2] / 2), wardrobe)]
    )  # fmt: skip


def ask(kind, more=True):
    return Ask(("bed", "wardrobe"), (), {"compare": kind, "more": more})


@pytest.mark.parametrize(
    ("kind", "wardrobe", "greater", "ratio"),
    [("volume", (1.0, 0.6, 2.0), "bed", 1.25), ("height", (1.0, 0.6, 2.2), "wardrobe", 4.4),
     ("length", (1.0, 0.6, 2.5), "wardrobe", 1.25)],
)  # fmt: skip
def test_truth(build, kind, wardrobe, greater, ratio):
    task = SizeComparison()
    scene = pair(build, wardrobe=wardrobe)
    for other in (scene, build.transformed(scene, scale=2.0)):
        ctx = build.context(other)
        for more in (True, False):
            fact = task.measure(ctx, ask(kind, more))
            assert fact.detail["ratio"] == pytest.approx(ratio)
            build.check_texts(task, ctx, fact)
            right = greater if more else ({"bed", "wardrobe"} - {greater}).pop()
            choice = task.compose(ctx, fact, "choice", build.rng()).answer
            assert choice.options[choice.correct] == right
            assert task.compose(ctx, fact, "boolean", build.rng()).answer.truth == (right == "bed")


@pytest.mark.parametrize(("height_m", "kept"), [(0.576, True), (0.574, False)])
def test_margin(build, height_m, kept):
    ctx = build.context(pair(build, wardrobe=(1.0, 0.5, height_m)))
    outcome = SizeComparison().measure(ctx, ask("height"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("sizes are too alike")
