"""pt.object_centric and pt.human_centric: an anchor at the origin and one thing around it."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask
from sextant.tasks.pt.human_centric import HumanCentric
from sextant.tasks.pt.object_centric import ObjectCentric


def room(build, left_deg, *, front_deg=90.0, person=False, away_m=1.5, size_m=0.3, extra=()):
    """A vase ``left_deg`` to the left of where the anchor faces; one camera south, high up."""
    angle = np.deg2rad(front_deg + left_deg)
    place = [away_m * np.cos(angle), away_m * np.sin(angle), 0.4]
    name = "person" if person else "armchair"
    objects = [
        build.object(f"{name}_0", [0, 0, 0.4], [0.5, 0.5, 0.8], front_deg=front_deg,
                     is_person=person, category=name),
        build.object("vase_0", place, [size_m, size_m, 0.4], category="vase"),
        *extra,
    ]  # fmt: skip
    return build.scene(objects, [build.look_at([0.3, -4.5, 3.0], [0.0, 0.0, 0.3])])


def asked(sectors, person=False):
    return Ask(("person_0" if person else "armchair_0", "vase_0"), ("f0",), {"sectors": sectors})


@pytest.mark.parametrize("person", [False, True])
@pytest.mark.parametrize("front_deg", [90.0, -30.0])
@pytest.mark.parametrize(
    ("left_deg", "four", "eight"),
    [(5, "front", "front"), (88, "left", "left"), (175, "back", "back"), (-90, "right", "right"),
     (56, "left", "front-left"), (-124, "right", "back-right")],
)  # fmt: skip
def test_truth(build, left_deg, four, eight, front_deg, person):
    task = HumanCentric() if person else ObjectCentric()
    ctx = build.context(room(build, left_deg, front_deg=front_deg, person=person))
    for sectors, label in ((4, four), (8, eight)):
        fact = task.measure(ctx, asked(sectors, person))
        assert fact.label == label
        angle = (fact.detail["angle_deg"] - left_deg + 180) % 360 - 180
        assert angle == pytest.approx(0.0, abs=1e-6)


# Borders of four sectors lie at 45 degrees. The gap is the distance less 0.25 m less 0.15 m.
@pytest.mark.parametrize(
    ("room_of", "reason"),
    [({"left_deg": 34.5}, None),
     ({"left_deg": 35.5}, "direction is too close to a border"),
     ({"left_deg": 54.5}, "direction is too close to a border"),
     ({"left_deg": 55.5}, None),
     ({"left_deg": 0, "away_m": 0.61, "front_deg": -90.0}, None),
     ({"left_deg": 0, "away_m": 0.59, "front_deg": -90.0},
      "objects are closer than the threshold")],
)  # fmt: skip
def test_margins(build, room_of, reason):
    ctx = build.context(room(build, **room_of))
    assert getattr(ObjectCentric().measure(ctx, asked(4)), "reason", None) == reason


# At (-1.06, 1.06) of the armchair, half a side of 0.5 m puts corners at (-1.56, 0.56) and
# (-0.56, 1.56): 70 and 20 degrees to the left, both outside 22.5 to 67.5; 0.4 m does not.
@pytest.mark.parametrize(("size_m", "kept"), [(0.8, True), (1.0, False)])
def test_corners_have_a_say(build, size_m, kept):
    ctx = build.context(room(build, 45, size_m=size_m))
    outcome = ObjectCentric().measure(ctx, asked(8))
    assert getattr(outcome, "label", None) == ("front-left" if kept else None)
    assert kept or outcome.reason == "object reaches into another sector"


def test_mirror_swaps_left_and_right(build):
    scene = build.transformed(room(build, 80), mirror=True)
    assert ObjectCentric().measure(build.context(scene), asked(8)).label == "right"


def test_things_and_people_are_kept_apart(build):
    reason = "anchor has no known front of the kind asked about"
    thing, person = room(build, 0), room(build, 0, person=True)
    assert HumanCentric().measure(build.context(thing), asked(4)).reason == reason
    assert ObjectCentric().measure(build.context(person), asked(4, True)).reason == reason
    back = Ask(("vase_0", "armchair_0"), ("f0",), {"sectors": 4})
    assert ObjectCentric().measure(build.context(thing), back).reason == reason


def test_a_front_that_people_would_not_agree_on_is_not_asked_about(build):
    suitcase = build.object("suitcase_0", [-1.2, -1, 0.4], [0.4, 0.4, 0.6], front_deg=0.0)
    ctx = build.context(room(build, 0, extra=[suitcase]))
    anchors = {a.objects[0] for a in ObjectCentric().propose(ctx, build.rng())}
    assert anchors == {"armchair_0"}


def test_what_stands_hidden_is_dropped(build):
    screen = build.object("screen_0", [0.0, -1.5, 1.0], [0.1, 0.1, 0.1], category="screen")
    ctx = build.context(room(build, 180, away_m=60.0, extra=[screen]))
    assert ObjectCentric().measure(ctx, asked(4)).reason == "object is not well visible"


def test_namesakes_are_marked(build):
    other = build.object("vase_1", [-1.2, -1.0, 0.4], [0.3, 0.3, 0.4], category="vase")
    task, ctx = ObjectCentric(), build.context(room(build, 90, extra=[other]))
    (draft, *_) = build.compositions(task, ctx, task.measure(ctx, asked(4)), "choice", 3)
    assert "the vase marked P" in draft.text
    assert [m.letter for m in draft.pictures[0].marks] == ["P"]


@pytest.mark.parametrize("person", [False, True])
@pytest.mark.parametrize("sectors", [4, 8])
def test_texts(build, person, sectors):
    task = HumanCentric() if person else ObjectCentric()
    ctx = build.context(room(build, 90, person=person))
    fact = task.measure(ctx, asked(sectors, person))
    build.check_texts(task, ctx, fact, choice="person" if person else "armchair")
    for draft in build.compositions(task, ctx, fact, "choice", 10):
        assert len(set(draft.answer.options)) == (3 if sectors == 4 else 4)
        assert draft.answer.options[draft.answer.correct] == "left"
