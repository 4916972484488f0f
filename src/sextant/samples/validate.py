"""What makes a sample well-formed, whoever wrote it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from typing import Any

from sextant.samples.external import external_parts
from sextant.samples.sample import (
    ANSWER_TYPES,
    CAPABILITIES,
    DIFFICULTIES,
    LETTERS,
    UNITS,
    Sample,
)

IMAGE_MARK = "<image>"

SPLITS = ("train", "val", "test")

_ID = re.compile(r"[0-9a-f]{16}")

_TEXTS = tuple(f.name for f in fields(Sample) if f.type == "str")
_OPTIONAL_TEXTS = tuple(f.name for f in fields(Sample) if f.type == "str | None")
_LISTS = ("images", "frame_ids", "options")


def check_sample(sample: Sample) -> list[str]:
    """Return everything that is wrong with a sample; an empty list if nothing is."""
    problems = _type_problems(sample)
    if problems:
        # The rules below assume the types.
        return problems
    if _ID.fullmatch(sample.id) is None:
        problems.append(f"id is not 16 hex digits: {sample.id!r}")
    for name, known in (
        ("capability", CAPABILITIES),
        ("split", SPLITS),
        ("answer_type", ANSWER_TYPES),
        ("difficulty", DIFFICULTIES),
    ):
        value = getattr(sample, name)
        if value not in known:
            problems.append(f"{name} is {value!r}, not one of {', '.join(known)}")
    for name in ("task", "source", "scene_id", "question", "answer", "license", "generator"):
        if not getattr(sample, name).strip():
            problems.append(f"{name} is empty")
    return problems + _image_problems(sample) + _answer_problems(sample) + _json_problems(sample)


def image_path_problem(path: str) -> str | None:
    """Say why ``path`` is no relative path inside a folder, or None if it is one."""
    if not path or "\0" in path or "\\" in path or path.startswith("/") or ":" in path:
        return f"not a relative path with forward slashes: {path!r}"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return f"path does not stay inside its folder: {path!r}"
    if path.startswith("external/") and external_parts(path) is None:
        return f"not external/<name>/<path>: {path!r}"
    return None


def _type_problems(sample: Sample) -> list[str]:
    problems = []
    texts: list[tuple[str, object]] = [(name, getattr(sample, name)) for name in _TEXTS]
    texts += [(n, v) for n in _OPTIONAL_TEXTS if (v := getattr(sample, n)) is not None]
    for name in _LISTS:
        items = getattr(sample, name)
        if items is None and name == "options":
            continue
        if not isinstance(items, tuple):
            problems.append(f"{name} is a {type(items).__name__}, not a tuple")
            continue
        texts += [(name, item) for item in items]
    for name, text in texts:
        if not isinstance(text, str):
            problems.append(f"{name} is a {type(text).__name__}, not a string")
        elif not text.isascii() and not _is_utf8(text):
            problems.append(f"{name} holds a lone surrogate, which UTF-8 cannot write")
    if not _is_int(sample.seed) or not 0 <= sample.seed < 2**64:
        problems.append(f"seed is not an unsigned 64-bit integer: {sample.seed!r}")
    if sample.answer_index is not None and not _is_int(sample.answer_index):
        problems.append(f"answer_index is not an integer: {sample.answer_index!r}")
    if sample.value is not None and (
        isinstance(sample.value, bool) or not isinstance(sample.value, (int, float))
    ):
        problems.append(f"value is not a number: {sample.value!r}")
    return problems


def _image_problems(sample: Sample) -> list[str]:
    problems = [p for path in sample.images if (p := image_path_problem(path)) is not None]
    marks = sample.question.count(IMAGE_MARK)
    if marks != len(sample.images):
        problems.append(f"question has {marks} {IMAGE_MARK} for {len(sample.images)} images")
    others = (*(sample.options or ()), sample.answer, sample.rationale or "", sample.turns or "")
    if any(IMAGE_MARK in text for text in others):
        problems.append(f"{IMAGE_MARK} outside the question")
    if sample.frame_ids and len(sample.frame_ids) != len(sample.images):
        problems.append(f"{len(sample.frame_ids)} frame_ids for {len(sample.images)} images")
    return problems


def _answer_problems(sample: Sample) -> list[str]:
    problems = []
    if sample.value is not None and not math.isfinite(sample.value):
        problems.append(f"value is not finite: {sample.value}")
    if sample.unit is not None:
        if sample.unit not in UNITS:
            problems.append(f"unit is {sample.unit!r}, not one of {', '.join(UNITS)}")
        if sample.value is None:
            problems.append("a unit without a value")
    if sample.answer_type == "choice":
        problems += _choice_problems(sample)
    elif sample.options is not None or sample.answer_index is not None:
        problems.append(f"options or answer_index on a {sample.answer_type} question")
    if sample.answer_type == "number" and not _is_finite_number(sample.answer):
        problems.append(f"answer is not a number: {sample.answer!r}")
    if sample.answer_type == "boolean" and sample.answer.lower() not in ("yes", "no"):
        problems.append(f"answer is neither yes nor no: {sample.answer!r}")
    if sample.answer_type == "json":
        problems += _parse("answer", sample.answer)[1]
    return problems


def _choice_problems(sample: Sample) -> list[str]:
    options, index = sample.options, sample.answer_index
    if options is None or index is None:
        return ["a choice needs options and answer_index"]
    problems = []
    if not 2 <= len(options) <= len(LETTERS):
        problems.append(f"{len(options)} options, not 2 to {len(LETTERS)}")
    if len({text.strip().casefold() for text in options}) != len(options):
        problems.append(f"two options read the same: {options}")
    if any(not text.strip() for text in options):
        problems.append("an option is empty")
    if not 0 <= index < min(len(options), len(LETTERS)):
        problems.append(f"answer_index {index} outside the {len(options)} options")
    elif sample.answer not in (LETTERS[index], options[index]):
        problems.append(
            f"answer {sample.answer!r} is neither {LETTERS[index]!r} nor {options[index]!r}"
        )
    return problems


def _json_problems(sample: Sample) -> list[str]:
    evidence, problems = _parse("evidence", sample.evidence)
    if not problems and not isinstance(evidence, dict):
        problems.append(f"evidence is a JSON {type(evidence).__name__}, not an object")
    if sample.turns is None:
        return problems
    turns, turn_problems = _parse("turns", sample.turns)
    problems += turn_problems
    if not turn_problems and not _are_turns(turns):
        problems.append('turns are not pairs of {"from": "human"|"gpt", "value": text}')
    return problems


def _are_turns(turns: object) -> bool:
    if not isinstance(turns, list) or not turns or len(turns) % 2:
        return False
    return all(
        isinstance(turn, dict)
        and turn.get("from") == ("human", "gpt")[i % 2]
        and isinstance(turn.get("value"), str)
        for i, turn in enumerate(turns)
    )


def _parse(name: str, text: str) -> tuple[Any, list[str]]:
    try:
        return json.loads(text, parse_constant=_refuse_constant), []
    except (ValueError, RecursionError) as error:
        return None, [f"{name} is not JSON: {error}"]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
