"""Other names for everything in a scene: ids in the same order, categories as words never heard."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from types import MappingProxyType, ModuleType
from typing import Any

from laws import Json, Law, each_text
from sextant.commands.registry import task_classes
from sextant.questions.naming import plural
from sextant.scenes import Scene, SceneObject

SYLLABLES = [a + b for a in "bdfgklmnprtv" for b in "aeiou"]


KEPT = frozenset({"trash", "mirror", "person"})
"""Words with a meaning in the code itself, or that also name something else in it."""

LONGEST_NAME = 30
"""Constants whose texts are all this short are lists of names; others hold sentences."""


def _modules() -> list[ModuleType]:
    task_classes()
    rooms = ("sextant.tasks.", "sextant.questions.")
    return [m for name, m in sorted(sys.modules.items()) if name.startswith(rooms)]


@lru_cache(maxsize=1)
def spoken_words() -> frozenset[str]:
    """Return the words of all phrasings: a category of such a word keeps it.

    Else nobody could tell the "box" of "a box is pushed along the floor" from one in the room.
    """
    found: set[str] = set(KEPT)
    for module in _modules():
        for value in vars(module).values():
            for text in _texts(value):
                if len(text) > LONGEST_NAME or "{" in text:
                    found.update(re.findall(r"[a-z]+", text.lower()))
        for cls in (c for c in vars(module).values() if isinstance(c, type)):
            for text in _texts([getattr(cls, "templates", ()), getattr(cls, "styles", ())]):
                found.update(re.findall(r"[a-z]+", text.lower()))
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        for v in value:
            yield from _texts(v)
    elif isinstance(value, dict | MappingProxyType):
        for k, v in value.items():
            yield from _texts(k)
            yield from _texts(v)


@cache
def _constants(name: Callable[[str], str]) -> tuple[tuple[ModuleType, str, Any, Any], ...]:
    """Return module, name, old and new value of every list of categories."""
    found = []
    for module in _modules():
        for key, value in vars(module).items():
            if isinstance(value, frozenset | set | dict | tuple) and not key.startswith("__"):
                texts = list(_texts(value))
                if texts and all(len(t) <= LONGEST_NAME and "{" not in t for t in texts):
                    found.append((module, key, value, _named(value, name)))
    return tuple(found)


@contextlib.contextmanager
def renamed_constants(name: Callable[[str], str]) -> Iterator[None]:
    """Rename the lists of categories that rules are about: what holds things, what is glass."""
    found = _constants(name)
    try:
        for module, key, _, new in found:
            setattr(module, key, new)
        yield
    finally:
        for module, key, old, _ in found:
            setattr(module, key, old)


def _named(value: Any, name: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return name(value)
    if isinstance(value, dict):
        return {_named(k, name): _named(v, name) for k, v in value.items()}
    if type(value) in (tuple, list, frozenset, set):
        return type(value)(_named(v, name) for v in value)
    return value


def fresh_words(words: Iterable[str]) -> dict[str, str]:
    """Return an unheard word for every word that no phrasing uses.

    The order of words stays, the first letter ("a" or "an"), and the plural's "s".
    """
    spoken = spoken_words()
    named = {}
    for rank, word in enumerate(sorted(set(words))):
        if word not in spoken:
            high, low = divmod(rank, len(SYLLABLES))
            ending = "s" if word.endswith("s") else ""
            named[word] = f"{word[0]}{SYLLABLES[high]}{SYLLABLES[low]}n{ending}"
    return named


def renaming_of(*scenes: Scene) -> Law:
    """Return the law of a scene with new names; rescans are renamed alike."""
    objects = [o for s in scenes for o in s.objects]
    ranks = {i: k for k, i in enumerate(sorted({o.id for o in objects}))}
    ids = {i: f"id{k:05d}" for i, k in ranks.items()}
    words = fresh_words(w for o in objects for w in o.category.split())
    words |= {plural(old): plural(new) for old, new in words.items()}

    def name(text: str) -> str:
        return " ".join(words.get(w, w) for w in text.split(" "))

    def rename(o: SceneObject) -> SceneObject:
        attributes = {k: ids.get(v, v) for k, v in o.attributes.items()}
        return dataclasses.replace(
            o, id=ids[o.id], category=name(o.category), attributes=MappingProxyType(attributes)
        )

    def scene(s: Scene) -> Scene:
        pairs = {ids[a]: ids[b] for a, b in s.rescan_objects.items()}
        return dataclasses.replace(
            s, objects=tuple(sorted(map(rename, s.objects), key=lambda o: o.id)),
            rescan_objects=MappingProxyType(pairs),
        )  # fmt: skip

    def anything(text: str) -> str:
        """Rename an id, a list of ids, or a category."""
        if text in ids:
            return ids[text]
        return name(re.sub(r"\w+", lambda m: ids.get(m[0], m[0]), text))

    def sentence(text: str) -> str:
        renamed = re.sub(r"[a-z]+", lambda m: words.get(m[0], m[0]), text)
        return re.sub(
            r"\b[A-Z][a-z]+", lambda m: words.get(m[0].lower(), m[0].lower()).capitalize(), renamed
        )

    def reworded(family: str, x: Json) -> Json:
        return {name(k): each_text(v, anything) for k, v in x.items()} if isinstance(x, dict) else x

    return Law(
        "renamed", scene, detail=lambda family, x: each_text(x, anything), ids=ids.__getitem__,
        label=lambda family, label: anything(label), words=sentence, json=reworded, mask=sentence,
        active=lambda: renamed_constants(name),
    )  # fmt: skip
