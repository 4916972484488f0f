from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.egocentric_direction import NAMES, OPPOSITE, WORDS, EgocentricDirection

ASK = Ask(("tv", "bed"), ("f0",))


def pair(build, offset):
    """Two cubes of 0.4 m before a level camera that looks along +y; the tv is offset."""
    tv = [0.0 + offset[0], 4.0 + offset[1], 1.0 + offset[2]]
    things = [
        build.object("bed", (0, 4.0, 1.0), (0.4, 0.4, 0.4), mesh=True),
        build.object("tv", tv, (0.4, 0.4, 0.4), mesh=True),
    ]
    return build.scene(things, [build.look_at((0.4, 0, 1.2), (0.4, 1, 1.2))])


@pytest.mark.parametrize(
    ("offset", "label"),
    [((-1, 0, 0), "left"), ((1, 0, 0), "right"), ((0, 0, 1), "above"), ((0, 0, -1), "below"),
     ((0.6, -1.5, 0), "front"), ((0.5, 2, 0.2), "behind")],
)  # fmt: skip
def test_truth_and_forms(build, offset, label):
    task, scene = EgocentricDirection(), pair(build, offset)
    mirrored = OPPOSITE[label] if label in ("left", "right") else label
    for other, right in (
        (scene, label), (build.transformed(scene, scale=2.0), label),
        (build.transformed(scene, mirror=True), mirrored),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ASK)
        assert fact.label == right
        build.check_texts(task, ctx, fact, templates=12)
        for draft in build.compositions(task, ctx, fact, "choice", 20):
            assert draft.answer.options[draft.answer.correct] == NAMES[right]
            # Every option's opposite is offered as well, so that no option gives itself away.
            words = {w for w, n in NAMES.items() if n in draft.answer.options}
            assert {OPPOSITE[w] for w in words} == words
            assert len(words) == 4
        for draft in build.compositions(task, ctx, fact, "boolean", 20):
            said = draft.template.partition("/")[0].removeprefix("boolean_")
            assert WORDS[said] in draft.text
            assert draft.answer.truth == (said == right)


@pytest.mark.parametrize(("x", "kept"), [(0.56, True), (0.54, False)])
def test_margin_of_the_gap(build, x, kept):
    outcome = EgocentricDirection().measure(build.context(pair(build, (-x, 0, 0))), ASK)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("extents are not separated enough")


@pytest.mark.parametrize(("z", "kept"), [(0.49, True), (0.51, False)])
def test_one_direction_dominates(build, z, kept):
    outcome = EgocentricDirection().measure(build.context(pair(build, (-1, 0, z))), ASK)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("no direction dominates")


def test_heuristics_answer_from_the_picture(build):
    task = EgocentricDirection()
    for offset in ((-1, 0, 0), (1, 0, 0)):
        ctx = build.context(pair(build, offset))
        fact = task.measure(ctx, ASK)
        for draft in build.compositions(task, ctx, fact, "boolean", 10):
            assert draft.guesses["horizontal_order"] == draft.answer.truth
    # Seen from above its height, what is nearer is seen lower: the rule holds here.
    ctx = build.context(pair(build, (0.6, -1.5, 0)))
    fact = task.measure(ctx, ASK)
    draft = task.compose(ctx, fact, "choice", build.rng())
    assert draft.guesses["vertical_position"][0] == draft.answer.correct
