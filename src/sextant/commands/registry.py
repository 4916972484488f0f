"""Which sources and which question families there are: ours, and those of entry points."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sextant.sources
import sextant.tasks
from sextant.errors import MissingInput, RecipeError, SextantError
from sextant.questions.recipe import GenerateRecipe, nearest_name
from sextant.sources.facts import DatasetFacts
from sextant.sources.source import Source, SourceOptions

if TYPE_CHECKING:  # brings numba, which whoever only opens a source need not wait for
    from sextant.questions.task import Task

SHARED_BY_SOURCES = frozenset(
    {
        "archives", "aria", "boxes", "depth_maps", "documents", "facts", "hdf5", "images", "labels",
        "landmarks", "matlab", "mesh_parts", "npy", "pickles", "ply", "protobuf", "quarantine",
        "resampling", "sidecar", "source", "splits", "stored_lens", "upright", "video",
        "vocabulary", "vrs",
    }
)  # fmt: skip
"""Modules of ``sextant.sources`` that readers stand on and that are no readers themselves."""


def source_names() -> tuple[str, ...]:
    """Return the names of all readers, sorted; nothing is imported."""
    return tuple(sorted(_own_sources() | set(_plugins("sextant.sources"))))


def _own_sources() -> set[str]:
    return {
        m.name
        for m in pkgutil.iter_modules(sextant.sources.__path__)
        if m.name not in SHARED_BY_SOURCES and not m.name.startswith("_")
    }


def open_source(name: str, root: Path | None, options: SourceOptions) -> Source:
    """Open a dataset folder by the reader's name.

    Raises:
        RecipeError: If there is no such reader.
        InputError: If the folder is not what the reader needs.
    """
    source: Source = _reader(name).open_source(root, options)
    return source


def readers_of(root: Path) -> dict[str, str]:
    """Return the readers that find scenes below a folder, and what each says it found.

    A reader that finds its files and cannot use them is told with its error's first line.
    """
    found: dict[str, str] = {}
    for name in source_names():
        if name == "procedural":  # takes any folder, as it reads none
            continue
        try:
            found[name] = open_source(name, root, SourceOptions()).describe()
        except MissingInput:
            continue
        except SextantError as error:
            found[name] = f"cannot be read: {error.what}"
    return found


def source_facts(name: str) -> DatasetFacts | None:
    """Return what is known of a reader's dataset without its data; None if a plugin says nothing.

    Raises:
        RecipeError: If there is no such reader.
    """
    facts: DatasetFacts | None = getattr(_reader(name), "FACTS", None)
    return facts


def _reader(name: str) -> Any:
    plugins = _plugins("sextant.sources")
    if name in plugins:
        return plugins[name].load()
    if name in _own_sources():
        return importlib.import_module(f"sextant.sources.{name}")
    near = nearest_name(name, source_names())
    raise RecipeError(
        f"unknown source {name!r}",
        expected=", ".join(source_names()),
        hint=f"did you mean {near!r}?" if near else None,
    )


@lru_cache(maxsize=2)
def open_source_once(name: str, root: Path | None, options: SourceOptions) -> Source:
    """Open a source once per process: a worker comes back to it for every shard."""
    return open_source(name, root, options)


def task_classes() -> Mapping[str, type[Task]]:
    """Return all question families by id, sorted."""
    found: dict[str, type[Task]] = {}
    for capability in pkgutil.iter_modules(sextant.tasks.__path__):
        package = importlib.import_module(f"sextant.tasks.{capability.name}")
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                loaded = importlib.import_module(f"{package.__name__}.{module.name}")
                found[loaded.TASK.id] = loaded.TASK
    for plugin in _plugins("sextant.tasks").values():
        task: type[Task] = plugin.load()
        found[task.id] = task
    return dict(sorted(found.items()))


def make_tasks(recipe: GenerateRecipe) -> dict[str, Task]:
    """Return the families that a recipe asks for, with its margins.

    Raises:
        RecipeError: For an unknown family or threshold, with the nearest known name.
    """
    classes = task_classes()
    for name in (*recipe.tasks, *recipe.margins):
        _known(name, classes, "question family")
    tasks = {}
    for name in recipe.tasks or classes:
        model = classes[name].margins_model
        overrides = dict(recipe.margins.get(name, {}))
        for key in overrides:
            _known(key, model.model_fields, f"threshold of {name}")
        tasks[name] = classes[name](model(**overrides))
    return dict(sorted(tasks.items()))


def _known(name: str, known: Iterable[str], what: str) -> None:
    names = sorted(known)
    if name not in names:
        near = nearest_name(name, names)
        raise RecipeError(
            f"unknown {what} {name!r}",
            expected=", ".join(names),
            hint=f"did you mean {near!r}?" if near else None,
        )


def _plugins(group: str) -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=group)}
