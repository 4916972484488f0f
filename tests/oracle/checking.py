"""Runs oracles over the rows of a corpus, scene by scene."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from world import World

from sextant.commands.registry import open_source_once
from sextant.samples import Sample
from sextant.samples.store import CorpusStore
from sextant.sources.source import Source, SourceOptions

MODULES = ("mm", "sr", "mr", "pt", "cr")


class Finding(NamedTuple):
    """A checked row and what is wrong with it; empty = both agree."""

    task: str
    sample: Sample
    problems: tuple[str, ...]


def oracle(task: str) -> Callable[[World, Sample], list[str]] | None:
    """The oracle of a family: ``check_<family>`` of its capability's module."""
    capability, _, family = task.partition(".")
    if capability not in MODULES:
        return None
    module = importlib.import_module(capability)
    found: Callable[[World, Sample], list[str]] | None = getattr(module, f"check_{family}", None)
    return found


def check(world: World, sample: Sample) -> Finding:
    """Check one row; an oracle that stumbles has found something, too."""
    check_family = oracle(sample.task)
    if check_family is None:
        return Finding(sample.task, sample, ("there is no oracle for this family",))
    try:
        return Finding(sample.task, sample, tuple(dict.fromkeys(check_family(world, sample))))
    except Exception as error:
        return Finding(sample.task, sample, (f"oracle failed: {error!r}",))


def source_of(store: CorpusStore) -> Source:
    """The source that a corpus was made from."""
    head = store.manifest["head"]
    told = head["source"]
    root = None if told["root"] is None else Path(told["root"])
    options = SourceOptions(scenes=told["scenes"], seed=int(head["seed"]))
    return open_source_once(told["name"], root, options)


def worlds(
    store: CorpusStore, part: Sequence[int] = (0, 1)
) -> Iterator[tuple[World, list[Sample]]]:
    """Yield every scene with its rows; ``part`` (i, n) takes every n-th scene from the i-th on."""
    source = source_of(store)
    by_scene = groupby(store.samples(), key=lambda s: s.scene_id)
    for k, (scene_id, rows) in enumerate(by_scene):
        if k % part[1] == part[0]:
            yield World(source.open(scene_id), source.open, store.root), list(rows)
