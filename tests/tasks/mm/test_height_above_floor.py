from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.scenes import Room
from sextant.tasks.mm.height_above_floor import HeightAboveFloor


def shelf_at(build, underside_m, floor_z_m=-0.5):
    shelf = build.object("shelf", (1, 2, floor_z_m + underside_m + 0.2), (1, 0.3, 0.4))
    return build.scene([shelf], room=Room(floor_z_m=floor_z_m))


def ask(side):
    return Ask(("shelf",), (), {"side": side})


def test_truth_of_both_ends_doubles_with_the_scene(build):
    task = HeightAboveFloor()
    scene = shelf_at(build, 1.2)
    for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
        ctx = build.context(other)
        for side, expected in (("underside", 1.2), ("top", 1.6)):
            fact = task.measure(ctx, ask(side))
            assert fact.value == pytest.approx(expected * factor)
            build.check_texts(task, ctx, fact, number="meter", choice="meter")


@pytest.mark.parametrize(("height_m", "kept"), [(0.051, True), (0.049, False)])
def test_margin(build, height_m, kept):
    outcome = HeightAboveFloor().measure(build.context(shelf_at(build, height_m)), ask("underside"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("height is below the threshold")


def test_floor_must_be_known(build):
    scene = build.scene([build.object("shelf", (1, 2, 1), (1, 1, 1))])
    assert HeightAboveFloor().missing(scene) == ("floor",)
    refused = HeightAboveFloor().measure(build.context(scene), ask("top"))
    assert refused == Drop("height of the floor is not known")
