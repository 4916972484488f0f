"""Damage what a document says and keep it a document: wrong types, lost keys, huge numbers.

Byte flips in a JSON file mostly end in "not valid JSON"; what a reader does with a valid document
that is wrong is only seen by these.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from mutations import pick

DEEP = "\x01deep\x01"
"""Stands for brackets within brackets, which no encoder of JSON writes."""

_VALUES = (
    None, True, False, "", " ", "x", "../x", "/etc/passwd", "a\\b", "a\x00b", "\ud800", "nan",
    "9" * 300, "x" * 5000, -1, 0, 1, 2, 7, 0.5, -0.5, 1e-320, 1e30, 1e308, float("nan"),
    float("inf"), -float("inf"), 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1,
    2**64, 10**25, 10**400, DEEP,
)  # fmt: skip


def odd_value(rng: np.random.Generator) -> Any:
    """One thing that stands where another is meant."""
    fresh = ([], {}, [[]], [None], {"": None}, [0.0] * 3, [1, 2], [[1], [2, 3]], ["x"] * 4)
    return pick(rng, fresh) if rng.random() < 0.2 else pick(rng, _VALUES)


def mutated_tree(tree: Any, rng: np.random.Generator) -> Any:
    """The tree of dicts and lists with one or two places changed; the argument is used up."""
    holder = [tree]
    for _ in range(1 if rng.random() < 0.7 else 2):
        _change(*_place(holder, rng), rng)
    return holder[0]


def mutated_json(text: str, rng: np.random.Generator) -> str:
    """A JSON document with a place changed, a key that stands twice, or deep brackets."""
    written = json.dumps(mutated_tree(json.loads(text), rng))
    depth = int(pick(rng, (40, 100, 700, 900, 940, 980, 3000, 100_000)))
    deep = "[" * depth + "]" * depth if rng.random() < 0.7 else '{"a":' * depth + "1" + "}" * depth
    written = written.replace(json.dumps(DEEP), deep)
    if rng.random() < 0.05:
        at = written.find('": ')
        start = written.rfind('"', 0, at)
        if 0 <= start < at:
            twice = f'{written[start:at]}": {json.dumps(pick(rng, _VALUES[:-1]))}, '
            written = written[:start] + twice + written[start:]
    return written


def _place(holder: list, rng: np.random.Generator) -> tuple[Any, Any]:
    """A container and a key of it: a walk from the root, so that depths get a like share."""
    here: Any = holder
    key: Any = 0
    while True:
        child = here[key]
        if isinstance(child, np.ndarray) or not isinstance(child, dict | list) or not child:
            return here, key
        if rng.random() < 0.15:
            return here, key
        here = child
        keys = list(child) if isinstance(child, dict) else range(len(child))
        key = keys[int(rng.integers(len(keys)))]


def _change(here: Any, key: Any, rng: np.random.Generator) -> None:
    value = here[key]
    kind = rng.random()
    if kind < 0.5:
        here[key] = odd_value(rng)
    elif kind < 0.65:
        del here[key]
        if not here:
            here.append(None) if isinstance(here, list) else None
    elif kind < 0.75 and isinstance(value, list) and value:
        cut = int(rng.integers(len(value)))
        here[key] = value[:cut] if rng.random() < 0.5 else value + value[cut:]
    elif kind < 0.8 and isinstance(here, dict):
        here[pick(rng, ("", "x", "\ud800", "a/b", "../x", "0"))] = here.pop(key)
    elif kind < 0.85:
        here[key] = pick(rng, ([value], {"value": value}, str(value)[:200]))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        ten = 10**10 if isinstance(value, int) else 1e10
        other = value + 0.5 if abs(value) < 2**53 else 0.5
        here[key] = pick(rng, (-value, value * ten, value + 1, other, str(value), 0))
    elif isinstance(here, list):
        other = int(rng.integers(len(here)))
        here[key], here[other] = here[other], here[key]
    else:
        here[key] = here[pick(rng, tuple(here))]


def mutated_lines(text: str, rng: np.random.Generator, odd: tuple[str, ...]) -> str:
    """A table or a list in text with a word, a line, or the order changed."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return str(pick(rng, odd))
    far = len(lines) if rng.random() < 0.7 else min(4, len(lines))
    at = int(rng.integers(far))
    kind = rng.random()
    if kind < 0.6:
        lines[at] = _other_word(lines[at], rng, odd)
    elif kind < 0.7:
        del lines[at]
    elif kind < 0.8:
        lines.insert(at, lines[int(rng.integers(len(lines)))])
    elif kind < 0.87:
        other = int(rng.integers(len(lines)))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind < 0.94:
        odd_lines = ("\n", "#\n", " \n", "a b c\n", "\ufeff\n", '"\n', "," * 40 + "\n")
        lines.insert(at, str(pick(rng, odd_lines)))
    else:
        lines = lines[:at]
    return "".join(lines)


def _other_word(line: str, rng: np.random.Generator, odd: tuple[str, ...]) -> str:
    mark = next((m for m in (",", "\t", " ") if m in line), " ")
    ending = line[len(line.rstrip("\r\n")) :]
    words = line[: len(line) - len(ending)].split(mark)
    at = int(rng.integers(len(words)))
    kind = rng.random()
    if kind < 0.7:
        words[at] = str(pick(rng, odd))
    elif kind < 0.8:
        del words[at]
    elif kind < 0.9:
        words.insert(at, words[int(rng.integers(len(words)))])
    else:
        other = int(rng.integers(len(words)))
        words[at], words[other] = words[other], words[at]
    return mark.join(words) + ending
