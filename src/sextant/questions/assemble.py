"""From a fact to a row: form, options in letters, pictures, rationale, evidence."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from PIL import Image

from sextant._version import __version__
from sextant.execution.seeds import generator_of
from sextant.questions.answers import Answer, Boolean, Choice, JsonAnswer, Number
from sextant.questions.context import SceneContext
from sextant.questions.difficulty import rate
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import (
    FIRST,
    HEURISTICS,
    Cue,
    Guess,
    first_mentioned,
    object_cue,
    option_guesses,
)
from sextant.questions.marks import can_be_read
from sextant.questions.pictures import (
    DrawnPicture,
    FramePicture,
    Picture,
    encode_frame,
    shrink,
    shrunk_size,
)
from sextant.questions.rationale import render_rationale
from sextant.questions.recipe import draw_share
from sextant.questions.task import Draft, Task, sentence
from sextant.samples import Sample, sample_id
from sextant.samples.sample import LETTERS
from sextant.visibility.reading import read_rgb

GENERATOR = f"sextant {__version__}"


class Pictures(Protocol):
    """Knows the stored path of a picture."""

    def path(self, picture: Picture) -> str:
        """Return the path relative to the corpus root."""
        ...


KEPT_FRAMES = 48
"""So many shrunk frames of a scene are kept (at most 0.9 MB each at 640 x 480): every marked
picture starts from its frame, and rendering one costs far more than drawing on it."""


class PictureWriter:
    """Encodes every picture of a scene once and remembers its path."""

    def __init__(self, ctx: SceneContext, write_image: Callable[[bytes, str], str]) -> None:
        self._ctx = ctx
        self._write_image = write_image
        self._paths: dict[FramePicture, str] = {}
        self._frames: OrderedDict[tuple[bool, str], tuple[Image.Image, float]] = OrderedDict()

    def path(self, picture: Picture) -> str:
        """Return the path of the stored picture, relative to the corpus root."""
        if isinstance(picture, DrawnPicture):
            return self._write_image(picture.png, ".png")
        found = self._paths.get(picture)
        if found is None:
            image, scale = self._frame(picture)
            data, suffix = encode_frame(image, scale, picture.marks, self._ctx.recipe.images)
            found = self._paths[picture] = self._write_image(data, suffix)
        return found

    def _frame(self, picture: FramePicture) -> tuple[Image.Image, float]:
        key = (picture.earlier, picture.frame_id)
        found = self._frames.get(key)
        if found is None:
            rgb = read_rgb(capture_of(self._ctx, picture).frame(picture.frame_id))
            found = self._frames[key] = shrink(rgb, self._ctx.recipe.images)
            if len(self._frames) > KEPT_FRAMES:
                self._frames.popitem(last=False)
        self._frames.move_to_end(key)
        return found


def capture_of(ctx: SceneContext, picture: FramePicture) -> SceneContext:
    """Return the capture that a picture's frame belongs to."""
    if not picture.earlier:
        return ctx
    assert ctx.before is not None  # a family that shows it has looked at it
    return ctx.before


def _can_be_read(ctx: SceneContext, picture: Picture) -> bool:
    """Tell whether all marks of a picture can be seen; the picture itself need not be drawn."""
    if isinstance(picture, DrawnPicture) or len(picture.marks) < 2:
        return True
    camera = capture_of(ctx, picture).frame(picture.frame_id).camera
    size, scale = shrunk_size(camera.width, camera.height, ctx.recipe.images)
    return can_be_read(picture.marks, size, scale)


def stored_frame_id(ctx: SceneContext, picture: Picture) -> str:
    """Return the ``frame_ids`` entry of a picture: "" for a drawing, scene/frame if earlier."""
    if isinstance(picture, DrawnPicture):
        return ""
    if picture.earlier:
        return f"{capture_of(ctx, picture).scene.id}/{picture.frame_id}"
    return picture.frame_id


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
    if not all(_can_be_read(ctx, p) for p in shown):
        return Drop("marks would cover each other")
    text = sentence(draft.text)
    if shown and "<image>" not in text:
        text = "<image>\n" * len(shown) + text
    answer, kind, options, order, said = _write_answer(draft.answer, slot, rng)
    answer_index = None if options is None else LETTERS.index(answer)
    guesses = written_guesses(ctx, fact, draft, order)
    style = draw_share(ctx.recipe.rationale, generator_of(seed, "rationale"))
    level, factors = rate(ctx, fact, view)
    scene = ctx.scene
    return Sample(
        id=sample_id(scene.source, scene.id, task.id, seed),
        capability=task.capability,
        task=task.id,
        source=scene.source,
        scene_id=scene.id,
        split=scene.split,
        images=tuple(pictures.path(p) for p in shown),
        frame_ids=tuple(stored_frame_id(ctx, p) for p in shown),
        question=text,
        answer=answer,
        answer_type=kind,
        options=options,
        answer_index=answer_index,
        value=fact.value,
        unit=fact.unit,
        evidence=_evidence(ctx, task, fact, names, slot, factors, options, guesses, style),
        difficulty=level,
        template=f"{task.id}/{draft.template}",
        seed=seed,
        rationale=render_rationale(ctx, task, fact, names, style, said),
        turns=None,
        license=scene.license,
        generator=GENERATOR,
    )


def _write_answer(
    answer: Answer, slot: int, rng: np.random.Generator
) -> tuple[str, str, tuple[str, ...] | None, tuple[int, ...], str]:
    """Return answer text, type, options, the composed index of each, and the answer said aloud."""
    if isinstance(answer, Choice):
        n, correct = len(answer.options), answer.correct
        order = list(range(n))
        if not answer.keep_order:
            others = [int(i) for i in rng.permutation(n) if int(i) != correct]
            place = slot % n
            order = [*others[:place], correct, *others[place:]]
        options = tuple(answer.options[i] for i in order)
        letter = LETTERS[order.index(correct)]
        return letter, "choice", options, tuple(order), answer.options[correct]
    if isinstance(answer, Number):
        return answer.text, "number", None, (), answer.text
    if isinstance(answer, Boolean):
        text = "yes" if answer.truth else "no"
        return text, "boolean", None, (), text
    if isinstance(answer, JsonAnswer):
        text = json.dumps(answer.value, sort_keys=True, separators=(",", ":"))
        return text, "json", None, (), text
    return answer.text, "text", None, (), answer.text


def written_guesses(
    ctx: SceneContext, fact: Fact, draft: Draft, order: tuple[int, ...]
) -> dict[str, str]:
    """Return what every heuristic would answer: letters ("B"; "AC" if it cannot choose), yes or no.

    Args:
        ctx: The scene.
        fact: What is asked.
        draft: The composed question.
        order: Index among the composed options of every option as shown.
    """
    answer = draft.answer
    if not isinstance(answer, Choice | Boolean):
        return {}
    guesses: dict[str, Guess] = {}
    if isinstance(answer, Choice):
        guesses.update(option_guesses(draft.cues or _object_cues(ctx, fact, draft), draft.lean))
    guesses.update(draft.guesses)
    said = first_mentioned(draft.text, answer)
    guesses[FIRST] = [order[0]] if said is None else said
    return {name: _written(guesses[name], order) for name in HEURISTICS if name in guesses}


def _object_cues(ctx: SceneContext, fact: Fact, draft: Draft) -> tuple[Cue | None, ...]:
    """Return the cues of options that are asked objects by name; none for other options."""
    assert isinstance(draft.answer, Choice)
    by_name = {text: i for i, text in (draft.names or {}).items() if i in fact.ask.objects}
    frames = fact.ask.frames
    if not frames or any(text not in by_name for text in draft.answer.options):
        return ()
    return tuple(object_cue(ctx, frames, by_name[text]) for text in draft.answer.options)


def _written(guess: Guess, order: tuple[int, ...]) -> str:
    if isinstance(guess, bool):
        return "yes" if guess else "no"
    wanted = (guess,) if isinstance(guess, int) else guess
    return "".join(LETTERS[k] for k, i in enumerate(order) if i in wanted)


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
    task: Task,
    fact: Fact,
    names: dict[str, str],
    slot: int,
    factors: dict[str, Any],
    options: tuple[str, ...] | None,
    guesses: dict[str, str],
    rationale: str,
) -> str:
    ask = fact.ask
    boxes = {}
    for object_id in dict.fromkeys(i for i in ask.objects if i in ctx.scene.object_by_id):
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
            "heuristics": guesses,
            **({"by_definition": definition} if (definition := sorted(task.by_definition)) else {}),
            "rationale": rationale,
        },
        separators=(",", ":"),
        allow_nan=False,
    )


def ask_of(sample: Sample) -> tuple[Ask, int]:
    """Rebuild the ask and the slot from a stored row's evidence."""
    evidence = sample.evidence_dict()
    ask = Ask(tuple(evidence["proposed"]), tuple(evidence["frames"]), evidence["ask"])
    return ask, int(evidence["slot"])
