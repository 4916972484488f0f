"""From a fact to a row: form, options in letters, pictures, rationale, evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from sextant._version import __version__
from sextant.questions.answers import Answer, Boolean, Choice, JsonAnswer, Number
from sextant.questions.context import SceneContext
from sextant.questions.difficulty import rate
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.pictures import DrawnPicture, FramePicture, Picture, encode_frame
from sextant.questions.rationale import render_rationale
from sextant.questions.task import Task, sentence
from sextant.samples import Sample, sample_id
from sextant.samples.sample import LETTERS

GENERATOR = f"sextant {__version__}"


class Pictures(Protocol):
    """Knows the stored path of a picture."""

    def path(self, picture: Picture) -> str:
        """Return the path relative to the corpus root."""
        ...


class PictureWriter:
    """Encodes every picture of a scene once and remembers its path."""

    def __init__(self, ctx: SceneContext, write_image: Callable[[bytes, str], str]) -> None:
        self._ctx = ctx
        self._write_image = write_image
        self._paths: dict[FramePicture, str] = {}

    def path(self, picture: Picture) -> str:
        """Return the path of the stored picture, relative to the corpus root."""
        if isinstance(picture, DrawnPicture):
            return self._write_image(picture.png, ".png")
        found = self._paths.get(picture)
        if found is None:
            read = self._ctx.frame(picture.frame_id).read_rgb
            assert read is not None  # the families ask only about frames with pictures
            data, suffix = encode_frame(read(), picture.marks, self._ctx.recipe.images)
            found = self._paths[picture] = self._write_image(data, suffix)
        return found


def assemble(
    ctx: SceneContext,
    task: Task,
    fact: Fact,
    seed: int,
    slot: int,
    pictures: Pictures,
) -> Sample | Drop:
    """Phrase a fact and make the row.

    Args:
        ctx: The scene.
        task: The family.
        fact: The measured truth.
        seed: Seed of everything random about this row.
        slot: Running number that the place of the right option follows, so that letters balance.
        pictures: Stores the images.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    form = task.forms[int(rng.integers(len(task.forms)))]
    draft = task.compose(ctx, fact, form, rng)
    if isinstance(draft, Drop):
        return draft
    names = dict(draft.names or {})
    view = ctx.view(fact.ask.frames)
    shown = draft.pictures
    if shown is None:
        shown = tuple(FramePicture(f) for f in fact.ask.frames)
    paths = tuple(pictures.path(p) for p in shown)
    text = sentence(draft.text)
    if paths and "<image>" not in text:
        text = "<image>\n" * len(paths) + text
    answer, kind, options, answer_index, said = _write_answer(draft.answer, slot, rng)
    level, factors = rate(ctx, fact, view)
    scene = ctx.scene
    return Sample(
        id=sample_id(scene.source, scene.id, task.id, seed),
        capability=task.capability,
        task=task.id,
        source=scene.source,
        scene_id=scene.id,
        split=scene.split,
        images=paths,
        frame_ids=tuple(p.frame_id if isinstance(p, FramePicture) else "" for p in shown),
        question=text,
        answer=answer,
        answer_type=kind,
        options=options,
        answer_index=answer_index,
        value=fact.value,
        unit=fact.unit,
        evidence=_evidence(ctx, fact, names, slot, factors, options),
        difficulty=level,
        template=f"{task.id}/{draft.template}",
        seed=seed,
        rationale=render_rationale(ctx, task, fact, names, ctx.recipe.rationale, said),
        turns=None,
        license=scene.license,
        generator=GENERATOR,
    )


def _write_answer(
    answer: Answer, slot: int, rng: np.random.Generator
) -> tuple[str, str, tuple[str, ...] | None, int | None, str]:
    """Return answer text, type, options, index of the right one, and the answer as said aloud."""
    if isinstance(answer, Choice):
        options, correct = answer.options, answer.correct
        if not answer.keep_order:
            n = len(options)
            others = [options[int(i)] for i in rng.permutation(n) if int(i) != correct]
            place = slot % n
            options = (*others[:place], answer.options[correct], *others[place:])
            correct = place
        return LETTERS[correct], "choice", options, correct, options[correct]
    if isinstance(answer, Number):
        return answer.text, "number", None, None, answer.text
    if isinstance(answer, Boolean):
        text = "yes" if answer.truth else "no"
        return text, "boolean", None, None, text
    if isinstance(answer, JsonAnswer):
        text = json.dumps(answer.value, sort_keys=True, separators=(",", ":"))
        return text, "json", None, None, text
    return answer.text, "text", None, None, answer.text


def in_option_order(
    objects: tuple[str, ...], names: dict[str, str], options: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Put the objects that are the options last, in the order in which they are shown.

    Questions whose options are no objects keep their order.
    """
    by_name = {names[i]: i for i in objects if i in names}
    if not options or any(text not in by_name for text in options):
        return objects
    chosen = tuple(by_name[text] for text in options)
    return (*(i for i in objects if i not in chosen), *chosen)


def _evidence(
    ctx: SceneContext,
    fact: Fact,
    names: dict[str, str],
    slot: int,
    factors: dict[str, Any],
    options: tuple[str, ...] | None,
) -> str:
    ask = fact.ask
    boxes = {}
    for object_id in dict.fromkeys(ask.objects):
        box = ctx.object(object_id).box
        boxes[object_id] = {
            "center": box.center.tolist(),
            "size_m": box.size_m.tolist(),
            "R": box.R_world_box.ravel().tolist(),
        }
    cameras = {}
    if len(ask.frames) <= 2:
        cameras = {f: ctx.frame(f).T_world_camera[:3].ravel().tolist() for f in ask.frames}
    return json.dumps(
        {
            "objects": list(in_option_order(ask.objects, names, options)),
            "proposed": list(ask.objects),
            "frames": list(ask.frames),
            "ask": dict(ask.detail),
            "quantity": fact.quantity,
            "value": fact.value,
            "unit": fact.unit,
            "label": fact.label,
            "margin": fact.margin,
            "thresholds": dict(fact.thresholds),
            "reference_frame": fact.reference_frame,
            "geometry": fact.geometry,
            "detail": dict(fact.detail),
            "names": names,
            "boxes": boxes,
            "T_world_camera": cameras,
            "slot": slot,
            "difficulty": factors,
        },
        separators=(",", ":"),
        allow_nan=False,
    )


def ask_of(sample: Sample) -> tuple[Ask, int]:
    """Rebuild the ask and the slot from a stored row's evidence."""
    evidence = sample.evidence_dict()
    ask = Ask(tuple(evidence["proposed"]), tuple(evidence["frames"]), evidence["ask"])
    return ask, int(evidence["slot"])
