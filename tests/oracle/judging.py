"""What every oracle asks of a row: options, numbers, names, marks, and words of the text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marks import judge_boxes
from world import World

from sextant.samples import Sample

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNIT_WORDS = {
    "m": r"met(er|re)|\bm\b", "cm": r"centimet(er|re)|\bcm\b", "m2": r"square|m²",
    "deg": r"degree|angle|°",
    "count": r"how (many|few)|number|count|total|volume|copy|steps|moves|length|far apart|times",
}  # fmt: skip
UNIT_SIGNS = {"m": " m", "cm": " cm", "m2": " m²", "deg": "°", "count": ""}

Problems = list[str]


def ask(sample: Sample) -> dict[str, Any]:
    return dict(sample.evidence_dict()["ask"])


def detail(sample: Sample) -> dict[str, Any]:
    return dict(sample.evidence_dict()["detail"])


def asked(sample: Sample) -> list[str]:
    """Object ids in the order in which the question was proposed."""
    return list(sample.evidence_dict()["proposed"])


def frames(sample: Sample) -> list[str]:
    """The asked frames; pictures that are options may be among them."""
    return list(sample.evidence_dict()["frames"])


def names(sample: Sample) -> dict[str, str]:
    return dict(sample.evidence_dict()["names"])


def variant(sample: Sample) -> str:
    """The name of the phrasing's variant, without family, style and number."""
    middle = sample.template.split("/")[1]
    return re.split(r"[:+]", middle)[-1]


# ---- answers -----------------------------------------------------------------------------


def judge_choice(sample: Sample, right: Sequence[bool]) -> Problems:
    """Exactly one option is right, and it is the answer; ``right`` is told option by option."""
    assert sample.options is not None
    assert sample.answer_index is not None
    problems = []
    if sum(right) != 1:
        problems.append(f"{sum(right)} options are right: {sample.options} {list(right)}")
    if not right[sample.answer_index]:
        problems.append(f"answer {sample.options[sample.answer_index]!r} is wrong")
    return problems


def judge_option(sample: Sample, truth: str | int | None) -> Problems:
    """The option with this text or index is the answer."""
    assert sample.options is not None
    if isinstance(truth, int):
        return judge_choice(sample, [k == truth for k in range(len(sample.options))])
    return judge_choice(sample, [o == truth for o in sample.options])


def judge_boolean(sample: Sample, truth: bool) -> Problems:
    said = "yes" if truth else "no"
    return [] if sample.answer == said else [f"answer is {sample.answer}, should be {said}"]


def judge_number(sample: Sample, own: float, tolerance: float) -> Problems:
    """The stored value, and the number written or chosen, are the own one."""
    assert sample.unit is not None
    problems = []
    if sample.value is None or not math.isclose(sample.value, own, rel_tol=0, abs_tol=tolerance):
        problems.append(f"value is {sample.value}, own is {own:.4f}")
    if not re.search(UNIT_WORDS[sample.unit], sample.question.lower()):
        problems.append(f"question does not name the unit: {sample.question!r}")
    if sample.answer_type == "number":
        if not _close(sample.answer, own, tolerance):
            problems.append(f"answer is {sample.answer}, own is {own:.4f}")
        return problems
    assert sample.options is not None
    texts = [o.removesuffix(UNIT_SIGNS[sample.unit]) for o in sample.options]
    off = [abs(float(t) - own) for t in texts]
    near = [d == min(off) and _close(t, own, tolerance) for t, d in zip(texts, off, strict=True)]
    problems += judge_choice(sample, near)
    others = [d for k, d in enumerate(off) if k != sample.answer_index]
    right = off[sample.answer_index or 0]
    if min(others) < 1.5 * right or (sample.unit != "count" and min(others) < 0.1 * own):
        problems.append(f"a wrong option is about as close: {sample.options}, own {own:.3f}")
    return problems


def _close(text: str, own: float, tolerance: float) -> bool:
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return abs(float(text) - own) <= half + tolerance + 1e-9


def judge(sample: Sample, truth: bool | str | None, *, yes: Iterable[str] = ()) -> Problems:
    """A label among options, a short text, or yes/no where ``truth`` is said or in ``yes``."""
    if sample.answer_type == "boolean":
        return judge_boolean(sample, truth if isinstance(truth, bool) else truth in set(yes))
    if sample.answer_type == "text":
        return [] if sample.answer == truth else [f"answer is {sample.answer!r}, own is {truth!r}"]
    return judge_option(sample, None if truth is None else str(truth))


def by_name(sample: Sample) -> dict[str, str]:
    """Object id by what the question calls it."""
    return {text: i for i, text in names(sample).items()}


def option_objects(sample: Sample) -> list[str]:
    """Object ids of options that are names."""
    found = by_name(sample)
    assert sample.options is not None
    return [found.get(o, f"no object is called {o!r}") for o in sample.options]


# ---- words -------------------------------------------------------------------------------


def said(sample: Sample) -> str:
    """The question in lower case, with @ for the names of objects (they hold words like "top")."""
    text = sample.question.lower()
    for name in sorted(set(names(sample).values()), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name.lower())}\b", "@", text)
    return text.replace("the @", "@")


def judge_words(sample: Sample, wanted: str, words: Mapping[str, str]) -> Problems:
    """The text speaks of ``wanted``, by a pattern of ``words``, and of none of the others."""
    text = said(sample)
    hits = {key for key, pattern in words.items() if re.search(pattern, text)}
    if wanted in hits and len(hits) == 1:
        return []
    return [f"text speaks of {sorted(hits)}, not {wanted}: {sample.question!r}"]


def after(sample: Sample, pattern: str) -> set[str]:
    """Ids of the objects whose names follow a pattern directly ("facing the sofa")."""
    text, found = sample.question.lower(), set()
    for object_id, name in names(sample).items():
        if re.search(rf"(?:{pattern})\s+(?:the |an? )?{re.escape(name.lower())}\b", text):
            found.add(object_id)
    return found


def judge_role(sample: Sample, pattern: str, wanted: str) -> Problems:
    """Where the pattern stands before names at all, it stands before the wanted one alone.

    A name may begin another one ("table", "table lamp"): the longest that fits counts.
    """
    found = after(sample, pattern)
    called = names(sample)
    found = {
        i for i in found
        if not any(j != i and called[j].startswith(called[i] + " ") for j in found)
    }  # fmt: skip
    if found <= {wanted}:
        return []
    return [f"{pattern!r} stands before {sorted(found)}, not {wanted}: {sample.question!r}"]


# ---- names, marks ------------------------------------------------------------------------


def general(world: World, sample: Sample, *, shown: bool = True, named: bool = True) -> Problems:
    """What must hold of every row: form, names, marks, and that the pictures show the objects.

    Args:
        world: The scene.
        sample: The row.
        shown: Whether every object of the question must be well visible in a shown frame.
        named: Whether the text must hold every object's name.
    """
    problems: Problems = []
    if sample.options is not None:
        assert sample.answer_index is not None
        if len(set(sample.options)) < len(sample.options) or len(sample.options) < 2:
            problems.append(f"options are not distinct: {sample.options}")
        if sample.answer != LETTERS[sample.answer_index]:
            problems.append(f"letter {sample.answer} is not option {sample.answer_index}")
    if sample.question.count("<image>") != len(sample.images):
        problems.append("images and their places in the text differ in number")
    views = [f for f in frames(sample) if f in world.frames]
    present = world.present(views, 40) if views else set(world.objects)
    called = names(sample)
    told = sample.question + "\n" + "\n".join(sample.options or ()) + "\n" + sample.answer
    for object_id in dict.fromkeys(asked(sample)):
        name = called.get(object_id)
        missing = name is not None and name.lower() not in told.lower()
        if named and name is not None and missing and not _plural_said(name, told):
            problems.append(f"{name!r} is not in the text")
        if name is not None and " marked " not in name and list(called.values()).count(name) == 1:
            same = [o for o in present if world.category(o) == name]
            if len(same) > 1:
                problems.append(f"name {name!r} fits {sorted(same)}")
            if world.category(object_id) != name:
                problems.append(f"{object_id} is called {name!r}")
        if shown and views and not world.shown(object_id, views):
            looks = [(world.pixels(f, object_id), *world.look(f, object_id)) for f in views]
            problems.append(f"{object_id} is not well visible: (pixels, v, w) {looks}")
    if any(" marked " in n for n in called.values()):
        problems += judge_boxes(world, sample)
    return problems


def _plural_said(name: str, text: str) -> bool:
    words = {"shelf": "shelves", "person": "people", "knife": "knives", "mouse": "mice"}
    last = name.rpartition(" ")[2]
    return words.get(last, last[:-1]) in text.lower()
