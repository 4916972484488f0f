"""Hostile scenes: nothing but our own input errors, and every row let through holds.

``benchmarks/fuzz.py`` does the same for ten thousand scenes.
"""

from __future__ import annotations

import dataclasses

import pytest
from fuzzing import CROWD, CROWD_EVERY, Outcome, hostile, try_scene
from twists import TWISTS

from sextant.commands.registry import task_classes
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Task

SCENES = 100
CALM = next(seed for seed in range(1000) if hostile(seed)[0] == ("nothing",))
"""A scene that nothing is wrong with."""

TASKS = {name: cls() for name, cls in task_classes().items()}


@pytest.fixture(scope="module")
def outcomes() -> dict[int, Outcome]:
    return {}


@pytest.mark.parametrize("seed", range(SCENES))
def test_a_hostile_scene_does_no_harm(seed, outcomes):
    outcome = outcomes[seed] = try_scene(seed, TASKS)
    assert not outcome.problems, f"seed {seed}, {', '.join(outcome.kinds)}"


def test_every_twist_is_drawn_and_most_scenes_give_rows(outcomes):
    drawn = {kind for seed in range(SCENES) for kind in hostile(seed)[0]}
    assert drawn == set(TWISTS)
    assert hostile(CROWD_EVERY - 1)[0] == (CROWD,)
    assert len(hostile(CROWD_EVERY - 1)[1].things) > 10_000
    if len(outcomes) == SCENES:
        assert sum(bool(o.rows) for o in outcomes.values()) > SCENES / 2
        assert 0 < sum(o.refused is not None for o in outcomes.values()) < SCENES / 2


def test_the_same_seed_makes_the_same_scene():
    for seed in range(0, 60, 17):
        first, second = try_scene(seed, TASKS), try_scene(seed, TASKS)
        assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)


class Crashing(Task):
    """A family with a mistake."""

    id = "mm.crashing"
    forms = ("number",)
    mistake: type[Exception] | None = None

    def propose(self, ctx, rng):
        if self.mistake is not None:
            raise self.mistake("as the test wants it")
        while True:
            yield Ask(("x" * int(rng.integers(9)),))

    def measure(self, ctx, ask) -> Fact | Drop:
        while True:
            sum(range(1000))

    def compose(self, ctx, fact, form, rng):
        raise NotImplementedError

    def explain(self, ctx, fact, names):
        raise NotImplementedError


def test_a_crash_is_found():
    family = Crashing()
    family.mistake = ZeroDivisionError
    (problem,) = try_scene(CALM, {family.id: family}).problems
    assert problem.startswith("ZeroDivisionError: as the test wants it at test_fuzz.py")


def test_an_endless_family_is_found(monkeypatch):
    monkeypatch.setattr("fuzzing.LIMIT_S", 0.2)
    (problem,) = try_scene(CALM, {"mm.crashing": Crashing()}).problems
    assert problem.startswith("TooSlow: more than 0 s at")


def test_a_row_that_cannot_be_verified_is_found():
    class Forgetful(TASKS["mm.object_size"].__class__):  # type: ignore[misc]
        calls = 0

        def measure(self, ctx, ask):
            self.calls += 1
            fact = super().measure(ctx, ask)
            if isinstance(fact, Drop):
                return fact
            return dataclasses.replace(fact, value=fact.value + self.calls)

    problems = try_scene(CALM, {"mm.object_size": Forgetful()}).problems
    assert problems
    assert all(p.startswith("mm.object_size: value was") for p in problems)
