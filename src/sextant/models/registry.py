"""Which backends there are: our folders, and those of entry points."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import sextant.models
from sextant.errors import RecipeError
from sextant.models.messages import Model, ModelOptions

GROUP = "sextant.models"
"""Entry points of this group are functions ``open_model(name, options)``, or modules with one."""


def backend_names() -> tuple[str, ...]:
    """Return the names of all backends, sorted; none of them is imported."""
    return tuple(sorted(_ours() | set(_plugins())))


def open_model(spec: str, options: ModelOptions | None = None) -> Model:
    """Open a model by ``backend:name``, e.g. ``api:Qwen3-VL-8B``, ``hf:/path``, ``blind:prior``.

    Raises:
        RecipeError: If there is no such backend, or it knows no such model.
        MissingDependency: If the backend needs an extra that is not installed.
        InputError: If the model's files are not what they should be.
    """
    backend, colon, name = spec.partition(":")
    if not colon or not name.strip():
        raise RecipeError(
            "a model is named by its backend and its name",
            expected=" or ".join(f"{b}:NAME" for b in backend_names()),
            got=repr(spec),
        )
    plugins = _plugins()
    if backend in plugins:
        loaded = plugins[backend].load()
    elif backend in _ours():
        loaded = importlib.import_module(f"sextant.models.{backend}")
    else:
        raise unknown("model backend", backend, backend_names())
    make: Callable[[str, ModelOptions], Model] = getattr(loaded, "open_model", loaded)
    return make(name.strip(), options or ModelOptions())


def unknown(what: str, name: str, known: tuple[str, ...]) -> RecipeError:
    """Return the error for a name that is none of the known, with the nearest of them."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return RecipeError(
        f"unknown {what} {name!r}",
        expected=", ".join(known),
        hint=f"did you mean {near[0]!r}?" if near else None,
    )


def _ours() -> set[str]:
    found = pkgutil.iter_modules(sextant.models.__path__)
    return {m.name for m in found if m.ispkg and not m.name.startswith("_")}


def _plugins() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}
