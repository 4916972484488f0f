"""Reading mixing recipes: presets or YAML files, with overrides and inputs bound to folders."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sextant.corpus.mixing.recipe import Holdout, MixInput, MixRecipe
from sextant.errors import RecipeError

PRESETS = Path(__file__).parents[1] / "recipes"

_PARTS: dict[str, type[BaseModel]] = {"inputs": MixInput, "holdout": Holdout}


def preset_names() -> list[str]:
    """Return the names of recipes that come with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def load_mix_recipe(
    source: str, *, overrides: Sequence[str] = (), inputs: Mapping[str, str] | None = None
) -> MixRecipe:
    """Read a preset or a YAML file, apply overrides, bind inputs, and validate.

    Args:
        source: Name of a preset, or a path.
        overrides: ``key=value`` or ``key.key=value``.
        inputs: Corpus folder by name of an input. Optional inputs without a folder are left out.

    Raises:
        RecipeError: If it is absent, no YAML mapping, does not validate, or lacks an input.
    """
    path = PRESETS / f"{source}.yaml"
    if source not in preset_names():
        path = Path(source)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        near = difflib.get_close_matches(source, preset_names(), n=1, cutoff=0.5)
        raise RecipeError(
            "no such recipe", where=source, expected=f"a file, or {', '.join(preset_names())}",
            hint=f"did you mean {near[0]!r}?" if near else None,
        ) from None  # fmt: skip
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise RecipeError(
            "recipe is not valid YAML", where=path, got=str(error).splitlines()[0]
        ) from None
    if not isinstance(data, dict):
        raise RecipeError("a recipe is a mapping of keys to values", where=path)
    for pair in overrides:
        _override(data, pair)
    return _bound(parse_mix_recipe(data, where=source), inputs or {}, where=source)


def parse_mix_recipe(data: Mapping[str, Any], *, where: str) -> MixRecipe:
    """Validate a mapping into a recipe.

    Raises:
        RecipeError: With the field, what is wrong, and the nearest known name.
    """
    try:
        return MixRecipe.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(p) for p in first["loc"]]
        place = f"{where}: {'.'.join(path)}"
        if first["type"] == "extra_forbidden":
            model = next((_PARTS[p] for p in path[:-1] if p in _PARTS), MixRecipe)
            known = sorted(model.model_fields)
            near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            raise RecipeError(f"unknown recipe key {path[-1]!r}", where=place, hint=hint) from None
        raise RecipeError(
            first["msg"], where=place, got=repr(first.get("input"))[:80],
            hint="docs/corpus.md lists the keys of a mixing recipe",
        ) from None  # fmt: skip


def _bound(recipe: MixRecipe, folders: Mapping[str, str], *, where: str) -> MixRecipe:
    names = {given.name for given in recipe.inputs}
    for name in folders:
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.5)
            raise RecipeError(
                "the recipe has no such input", where=where, expected=", ".join(sorted(names)),
                got=name, hint=f"did you mean {near[0]!r}?" if near else None,
            )  # fmt: skip
    bound = []
    for given in recipe.inputs:
        if given.name in recipe.without:
            continue
        folder = folders.get(given.name, given.corpus)
        if folder is not None:
            bound.append(given.model_copy(update={"corpus": folder}))
        elif not given.optional:
            raise RecipeError(
                "an input of the recipe has no folder", where=f"{where}: {given.name}",
                hint=f"--input {given.name}=FOLDER",
            )  # fmt: skip
    if not bound:
        raise RecipeError(
            "no input of the recipe has a folder", where=where,
            expected=f"--input name=folder of {', '.join(sorted(names))}",
        )  # fmt: skip
    return recipe.model_copy(update={"inputs": tuple(bound)})


def _override(data: dict[str, Any], pair: str) -> None:
    key, sign, text = pair.partition("=")
    if not sign or not key:
        raise RecipeError("--set takes key=value", got=pair)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise RecipeError("--set: the value is not valid YAML", got=pair) from None
    # A family's id holds a dot itself: counts.task.mm.object_size=100
    path = key.split(".")
    if path[0] in ("shares", "counts") and len(path) > 2:
        path = [*path[:2], ".".join(path[2:])]
    level: Any = data
    for name in path[:-1]:
        level = level.setdefault(name, {}) if isinstance(level, dict) else None
        if not isinstance(level, dict):
            raise RecipeError("--set: no such field", got=pair)
    level[path[-1]] = value
