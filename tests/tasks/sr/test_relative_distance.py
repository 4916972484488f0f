from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.relative_distance import RelativeDistance


def cubes_at(build, gaps_m):
    """Cubes of 1 m around a lamp of 1 m, along +x, -x, +y, -y, with the given gaps."""
    towards = ((1, 0), (-1, 0), (0, 1), (0, -1))
    names = ("bed", "tv", "desk", "sofa")
    return [build.object("lamp", (0, 0, 0.5), (1, 1, 1))] + [
        build.object(name, ((1 + g) * x, (1 + g) * y, 0.5), (1, 1, 1))
        for name, (x, y), g in zip(names, towards, gaps_m, strict=False)
    ]


def ask(variant, names=("bed", "tv", "desk")):
    return Ask(("lamp", *names), (), {"variant": variant})


@pytest.mark.parametrize(
    ("variant", "label", "gap_m"), [("closest", "tv", 0.5), ("farthest", "desk", 3.0)]
)
def test_truth(build, variant, label, gap_m):
    task = RelativeDistance()
    scene = build.scene(cubes_at(build, (1.5, 0.5, 3.0)))
    for other, factor in (
        (scene, 1), (build.transformed(scene, mirror=True), 1),
        (build.transformed(scene, scale=2.0), 2),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ask(variant))
        assert isinstance(fact, Fact)
        assert (fact.label, fact.value) == (label, pytest.approx(gap_m * factor))
        build.check_texts(task, ctx, fact)
        answer = task.compose(ctx, fact, "choice", build.rng()).answer
        assert (answer.options, answer.options[answer.correct]) == (("bed", "tv", "desk"), label)


# Near the floor of 0.15 m, and where 10 % of the longer distance is more than that.
@pytest.mark.parametrize(
    ("gaps_m", "kept"),
    [((0.5, 0.66, 1.2), True), ((0.5, 0.64, 1.2), False),
     ((1.0, 2.69, 3.0), True), ((1.0, 2.71, 3.0), False)],
)  # fmt: skip
def test_margins(build, gaps_m, kept):
    ctx = build.context(build.scene(cubes_at(build, gaps_m)))
    outcome = RelativeDistance().measure(ctx, ask("closest"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("two options are about equally far")


def test_touching_is_the_closest_and_options_are_three_or_four(build):
    ctx = build.context(build.scene(cubes_at(build, (0.0, 0.5, 1.5, 3.0))))
    task = RelativeDistance()
    fact = task.measure(ctx, ask("closest", ("tv", "bed", "sofa", "desk")))
    assert (fact.label, fact.value) == ("bed", 0.0)
    assert isinstance(task.measure(ctx, ask("closest", ("tv", "bed"))), Drop)
    assert isinstance(task.measure(ctx, ask("closest", ("tv", "bed", "bed"))), Drop)
    variants = [a.detail["variant"] for a in task.propose(ctx, build.rng())]
    assert abs(variants.count("closest") - variants.count("farthest")) <= 1
