"""Recompute a stored answer from the scene and compare it, field by field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sextant.questions.assemble import PictureWriter, ask_of, assemble
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop
from sextant.questions.pictures import Picture
from sextant.questions.task import Task
from sextant.samples import Sample

VALUE_TOLERANCE = 1e-9
"""Relative tolerance for the numeric truth: the same code on the same machine is exact, another
CPU's fused operations are not."""

COMPARED = (
    "question", "answer", "answer_type", "options", "answer_index", "unit", "split", "license",
    "images", "frame_ids", "template", "difficulty", "rationale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A stored field that is not what the scene says."""

    sample_id: str
    task: str
    scene_id: str
    field: str
    stored: str
    recomputed: str


class StoredPictures:
    """Answers with the paths a row has; the files are held against their names elsewhere."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = iter(paths)

    def path(self, picture: Picture) -> str:
        """Return the next stored path, or a text that no path equals if there are too few."""
        return next(self._paths, "<missing>")


def verify_samples(
    ctx: SceneContext,
    tasks: Mapping[str, Task],
    samples: Iterable[Sample],
    pictures: PictureWriter | None = None,
) -> Iterator[Mismatch | None]:
    """Yield None for every sample that holds, and a mismatch for every one that does not.

    The truth is measured again from the scene, then the question is composed again from the
    stored seed, so that text, options and letter are held against it as well.

    Args:
        ctx: The scene, opened anew.
        tasks: The families by id, with the margins of the corpus' recipe.
        samples: Rows of this scene.
        pictures: If given, every picture is drawn again too and must give the same bytes; that
            holds on the machine that made the corpus, not across versions of the JPEG encoder.
    """
    for sample in samples:
        yield _verify(ctx, tasks, sample, pictures)


def _verify(
    ctx: SceneContext, tasks: Mapping[str, Task], sample: Sample, pictures: PictureWriter | None
) -> Mismatch | None:
    def differs(name: str, stored: object, recomputed: object) -> Mismatch:
        return Mismatch(
            sample.id, sample.task, sample.scene_id, name, str(stored)[:200], str(recomputed)[:200]
        )

    task = tasks.get(sample.task)
    if task is None:
        return differs("task", sample.task, "no such family")
    try:
        ask, slot = ask_of(sample)
        fact = task.measure(ctx, ask)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        return differs("evidence", sample.evidence, f"cannot be replayed: {error!r}")
    if isinstance(fact, Drop):
        return differs("fact", sample.answer, f"must not be asked: {fact.reason}")
    if not _equal(sample.value, fact.value):
        return differs("value", sample.value, fact.value)
    shown = pictures or StoredPictures(sample.images)
    again = assemble(ctx, task, fact, sample.seed, slot, shown)
    if isinstance(again, Drop):
        return differs("question", sample.question, f"must not be asked: {again.reason}")
    for name in COMPARED:
        stored, recomputed = getattr(sample, name), getattr(again, name)
        if stored != recomputed:
            return differs(name, stored, recomputed)
    return None


def _equal(stored: float | None, recomputed: float | None) -> bool:
    if stored is None or recomputed is None:
        return stored is recomputed
    return math.isclose(stored, recomputed, rel_tol=VALUE_TOLERANCE, abs_tol=VALUE_TOLERANCE)
