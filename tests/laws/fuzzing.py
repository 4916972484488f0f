"""Throws hostile scenes at all families and judges what comes back."""

from __future__ import annotations

import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import twists_of_boxes  # noqa: F401 - each registers its twists
import twists_of_frames  # noqa: F401
import twists_of_scenes  # noqa: F401
from rough import Rough, ordinary
from twists import TWISTS
from twists_of_things import add_things

from sextant.errors import InputError, MissingInput
from sextant.questions.context import SceneContext
from sextant.questions.engine import generate_scene
from sextant.questions.recipe import GenerateRecipe
from sextant.questions.task import Task
from sextant.questions.verify import verify_samples
from sextant.samples.validate import check_sample
from sextant.scenes import Scene

RATIONALES = ("none", "steps", "map", "grid")
STYLES = ("neutral", "vsibench", "mmsi", "mindcube", "viewspatial", "spar")
CROWD = "ten thousand objects"
CROWD_EVERY = 1000
"""One scene in so many is a crowd: it costs as much as a hundred others."""

LIMIT_S, CROWD_LIMIT_S = 20.0, 120.0
"""What bounded time means for a small scene and for a crowd, in seconds of the processor."""


class TooSlow(Exception):
    """A scene took longer than its limit."""


@dataclass
class Outcome:
    """What became of one hostile scene.

    Attributes:
        seed: Rebuilds it.
        kinds: Names of its twists.
        refused: The error that did not let it through, at the door or on reading; None = it went.
        rows, drops: What was let through, and how many candidates were not.
        problems: One line for every crash and every bad row.
        seconds: What generation took.
    """

    seed: int
    kinds: tuple[str, ...]
    refused: str | None = None
    rows: Counter[str] = field(default_factory=Counter)
    drops: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def hostile(seed: int) -> tuple[tuple[str, ...], Rough]:
    """Return the twists of a seed and the rough scene they make."""
    rng = np.random.default_rng([seed, 4])
    names = tuple(sorted(TWISTS))
    rough = ordinary(rng, f"scene_{seed}")
    if seed % CROWD_EVERY == CROWD_EVERY - 1:
        add_things(rough, rng, 10_000)
        return (CROWD,), rough
    # The first twist goes round, so that every kind comes up equally often.
    kinds = [names[seed % len(names)]]
    for _ in range(int(rng.integers(0, 3))):
        kinds.append(names[int(rng.integers(len(names)))])
    with np.errstate(all="ignore"):
        for kind in dict.fromkeys(kinds):
            _twist(rough, kind, rng)
    rough.recipe["rationale"] = RATIONALES[int(rng.integers(4))]
    rough.recipe["prompt_style"] = STYLES[int(rng.integers(len(STYLES)))]
    return tuple(dict.fromkeys(kinds)), rough


def _twist(rough: Rough, kind: str, rng: np.random.Generator) -> None:
    try:
        TWISTS[kind](rough, rng)
    except (IndexError, KeyError, InputError):
        pass  # nothing left to spoil, or the mesh itself is refused
    except (ValueError, np.linalg.LinAlgError):
        pass  # a twist of what an earlier one has broken


def try_scene(seed: int, tasks: Mapping[str, Task], per_task: int = 2) -> Outcome:
    """Generate, check and verify one hostile scene; never raises."""
    kinds, rough = hostile(seed)
    outcome = Outcome(seed, kinds)
    start = time.process_time()
    try:
        with np.errstate(all="ignore"), _limited(CROWD_LIMIT_S if CROWD in kinds else LIMIT_S):
            _go(seed, rough, tasks, per_task, outcome)
    except InputError as error:
        outcome.refused = f"{type(error).__name__}: {error.what}"
    except Exception as error:  # whatever it is, it is what we look for
        outcome.problems.append(_in_one_line(error))
    outcome.seconds = time.process_time() - start
    return outcome


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise ``TooSlow`` where the code is after so much processor time; main thread, Unix."""

    def stop(signal_number: int, frame: object) -> None:
        raise TooSlow(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def _go(
    seed: int, rough: Rough, tasks: Mapping[str, Task], per_task: int, outcome: Outcome
) -> None:
    recipe = GenerateRecipe.model_validate({"per_task": per_task, "max_tries": 12, **rough.recipe})
    ctx = SceneContext(rough.make(), recipe, seed, _opener(rough))
    made = generate_scene(ctx, tasks.values(), _store)
    outcome.drops = sum(made.drops.values())
    for sample in made.samples:
        outcome.rows[sample.task] += 1
        for problem in check_sample(sample):
            outcome.problems.append(f"{sample.task}: {problem[:160]}")
    anew = hostile(seed)[1]
    again = SceneContext(anew.make(), recipe, seed, _opener(anew))
    for mismatch in verify_samples(again, tasks, made.samples):
        if mismatch is not None:
            outcome.problems.append(
                f"{mismatch.task}: {mismatch.field} was {mismatch.stored[:80]!r}, is "
                f"{mismatch.recomputed[:160]!r}"
            )


def _in_one_line(error: Exception) -> str:
    places = [f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in traceback.extract_tb(
        error.__traceback__)]  # fmt: skip
    return f"{type(error).__name__}: {error!s:.160} at {' < '.join(places[:-5:-1])}"


def _store(data: bytes, suffix: str) -> str:
    return f"images/{blake2b(data, digest_size=8).hexdigest()}{suffix}"


def _opener(rough: Rough):  # type: ignore[no-untyped-def]
    def open_scene(scene_id: str) -> Scene:
        if rough.earlier is None:
            raise MissingInput("no such scene", where=scene_id)
        return rough.earlier.make()

    return open_scene
