"""pt.scene_correspondence: cameras in the middle of a ring of boxes, turned by known angles."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask
from sextant.tasks.pt.scene_correspondence import SceneCorrespondence


def unit(heading_deg):
    h = np.deg2rad(heading_deg)
    return np.array([np.cos(h), np.sin(h), 0.0])


def ring(build, *turns):
    """Twelve things 3 m around cameras that see 67 degrees, without gaps between them."""
    things = [
        build.object(f"thing_{k}", 3.0 * unit(angle) + [0, 0, 1.5], [1.5, 0.1, 3.0],
                     category=f"thing {k}", yaw_deg=angle + 90)
        for k, angle in enumerate(range(0, 360, 30))
    ]  # fmt: skip
    eye = np.array([0.0, 0.0, 1.5])
    return build.scene(things, [build.look_at(eye, eye + unit(t)) for t in turns])


def measure(build, *turns):
    frames = tuple(f"f{k}" for k in range(len(turns)))
    return SceneCorrespondence().measure(build.context(ring(build, *turns)), Ask((), frames))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_right_picture_is_the_one_that_overlaps(build, sign):
    fact = measure(build, 0, 180, 35 * sign, 150 * sign)
    assert fact.detail["right"] == 1
    # A turn of 35 degrees of 67 leaves, on the tangent scale of the picture, about 40 %.
    assert 0.25 < fact.detail["overlap"] < 0.55


@pytest.mark.parametrize(
    ("turns", "reason"),
    [((0, 35, 180, 150), None),
     ((0, 35, 180), "too few pictures to choose from"),
     ((0, 35, 40, 180), "not exactly one picture shows the same place"),
     ((0, 140, 180, 220), "not exactly one picture shows the same place"),
     # No common surface, but both see the same thing's two ends.
     ((0, 35, 74, 180), "not exactly one picture shows the same place"),
     ((0, 12, 150, 180), "views overlap too little or too much"),
     ((0, 63, 150, 180), "views overlap too little or too much")],
)  # fmt: skip
def test_margins(build, turns, reason):
    assert getattr(measure(build, *turns), "reason", None) == reason


def test_candidates_hold_one_right_and_others_elsewhere(build):
    task, ctx = SceneCorrespondence(), build.context(ring(build, 0, 35, 150, 180, 215))
    asks = list(task.propose(ctx, build.rng()))
    facts = [task.measure(ctx, a) for a in asks]
    kept = [f for f in facts if getattr(f, "reason", None) is None]
    assert {f.ask.frames[0] for f in kept} >= {"f0", "f1"}
    assert len({f.detail["right"] for f in kept}) > 1


def test_texts(build):
    task, ctx = SceneCorrespondence(), build.context(ring(build, 0, 180, 35, 150))
    fact = task.measure(ctx, Ask((), ("f0", "f1", "f2", "f3")))
    build.check_texts(task, ctx, fact, templates=12, choice="Picture 3: <image>")
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 3)
    assert draft.answer.options == ("Picture 1", "Picture 2", "Picture 3")
    assert draft.answer.options[draft.answer.correct] == "Picture 2"
    assert draft.text.count("<image>") == 4
