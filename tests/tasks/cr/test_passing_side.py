"""cr.passing_side: a walk along +y past two things."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask
from sextant.tasks.cr.passing_side import PassingSide


def walk(build, x_vase=1.0, bend=0.0, y_vase=3.0):
    """Five frames from (0, 0) to (0, 4), looking ahead; sofa at the left, vase at ``x_vase``."""
    objects = [
        build.object("sofa_0", [-1.2, 3.0, 0.5], [0.6, 0.6, 1.0], category="sofa"),
        build.object("vase_0", [x_vase, y_vase, 0.5], [0.4, 0.4, 1.0], category="vase"),
    ]
    cameras = [
        build.look_at([bend * k, k, 1.5], [bend * k, k + 4.0, 0.8]) for k in np.linspace(0, 4, 5)
    ]
    return build.scene(objects, cameras)


FRAMES = ("f0", "f1", "f2", "f3", "f4")


def test_side_is_that_of_the_walker(build):
    ctx = build.context(walk(build))
    task = PassingSide()
    assert task.measure(ctx, Ask(("sofa_0",), FRAMES)).label == "left"
    assert task.measure(ctx, Ask(("vase_0",), FRAMES)).label == "right"


def test_mirror_swaps_the_side(build):
    ctx = build.context(build.transformed(walk(build), mirror=True))
    assert PassingSide().measure(ctx, Ask(("sofa_0",), FRAMES)).label == "right"


def test_walking_back_swaps_the_side(build):
    scene = walk(build)
    objects = [build.object(o.id, o.box.center, o.box.size_m) for o in scene.objects]
    back = [build.look_at([0, y, 1.5], [0, y - 4.0, 0.8]) for y in (6.0, 5.0, 4.0, 3.0, 2.0)]
    ctx = build.context(build.scene(objects, back))
    assert PassingSide().measure(ctx, Ask(("sofa_0",), FRAMES)).label == "right"


@pytest.mark.parametrize(("x_vase", "kept"), [(0.49, False), (0.51, True)])
def test_clearance_counts_from_the_surface(build, x_vase, kept):
    # Half the vase is 0.2 m wide, so its surface clears the path by 0.29 or 0.31 m.
    fact = PassingSide().measure(build.context(walk(build, x_vase)), Ask(("vase_0",), FRAMES))
    assert (fact[0] if not kept else fact.label) == ("right" if kept else
                                                     "object is too close to the path")  # fmt: skip


def test_what_is_never_passed_is_not_asked(build):
    ctx = build.context(walk(build, y_vase=7.0))
    fact = PassingSide().measure(ctx, Ask(("vase_0",), FRAMES))
    assert fact.reason == "object does not go from ahead to behind exactly once"


def test_what_hangs_overhead_is_passed_on_no_side(build):
    scene = walk(build)
    lamp = build.object("lamp_0", [1.0, 3.0, 2.3], [0.4, 0.4, 0.3], category="lamp")
    # Tilted up a little, so that the lamp is in the pictures.
    cameras = [build.look_at([0, k, 1.5], [0, k + 4.0, 1.8]) for k in np.linspace(0, 4, 5)]
    ctx = build.context(build.scene([*scene.objects, lamp], cameras))
    fact = PassingSide().measure(ctx, Ask(("lamp_0",), FRAMES))
    assert fact.reason == "object hangs overhead"


def test_texts(build):
    task, ctx = PassingSide(), build.context(walk(build))
    build.check_texts(task, ctx, task.measure(ctx, Ask(("sofa_0",), FRAMES)))
