"""Training recipes from files, presets and ``--set`` options, with errors that help."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sextant.errors import RecipeError
from sextant.training.recipe import TrainRecipe

_MAX_BYTES = 1024 * 1024


def preset_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with the package, sorted."""
    folder = resources.files("sextant.training") / "recipes"
    return tuple(
        sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))
    )


def load_train_recipe(source: str | Path, overrides: Sequence[str] = ()) -> TrainRecipe:
    """Read a recipe, change some of its fields, and validate it.

    Args:
        source: Name of a preset, or path of a YAML file.
        overrides: ``"optimizer.lr=1e-5"``, ``"data.0.path=corpus"``, ...: the value is YAML.
            ``data.0`` may be one more than there are.

    Raises:
        RecipeError: If there is no such recipe, it is no YAML mapping, or does not validate; names
            the field and the nearest known name.
    """
    name = str(source)
    if name in preset_names():
        text = (resources.files("sextant.training") / "recipes" / f"{name}.yaml").read_text("utf-8")
    else:
        text = _read(Path(source))
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RecipeError(
            "recipe is not valid YAML", where=name, got=(str(error).splitlines() or [""])[0]
        ) from None
    if not isinstance(data, dict):
        raise RecipeError("a recipe is a mapping of keys to values", where=name)
    for pair in overrides:
        _set(data, pair)
    return parse_train_recipe(data, where=name)


def parse_train_recipe(data: Mapping[str, Any], *, where: str) -> TrainRecipe:
    """Validate a mapping into a recipe.

    Raises:
        RecipeError: With the field, what is wrong, and the nearest known name.
    """
    try:
        return TrainRecipe.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        place = f"{where}: {'.'.join(path)}" if path else where
        if first["type"] == "extra_forbidden":
            known = _fields_at(path[:-1])
            raise RecipeError(
                f"unknown recipe key {path[-1]!r}", where=place, hint=_did_you_mean(path[-1], known)
            ) from None
        got = None if first["type"] == "missing" else repr(first.get("input"))[:80]
        raise RecipeError(
            first["msg"].removeprefix("Value error, "), where=place, got=got
        ) from None


def dump_train_recipe(recipe: TrainRecipe) -> str:
    """Return the resolved recipe as YAML, all fields named, in their order."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RecipeError("recipe file is too large", where=path, expected=f"<= {_MAX_BYTES}")
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        near = difflib.get_close_matches(str(path), preset_names(), n=1, cutoff=0.5)
        raise RecipeError(
            "no such recipe, neither a preset nor a file",
            where=path,
            expected=", ".join(preset_names()) or "a YAML file",
            hint=f"did you mean {near[0]!r}?" if near else None,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError("recipe file cannot be read", where=path, got=error) from None


def _set(data: dict[str, Any], pair: str) -> None:
    key, equals, text = pair.partition("=")
    if not equals or not key:
        raise RecipeError("--set takes key=value", got=pair)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise RecipeError("--set: the value is not valid YAML", got=pair) from None
    place: Any = data
    *parents, last = key.split(".")
    for part, following in zip(parents, key.split(".")[1:], strict=True):
        place = _step_into(place, part, [] if following.isdigit() else {}, pair)
    if isinstance(place, list):
        _list_place(place, last, pair, value)
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise RecipeError("--set: there is nothing inside this field", got=pair)


def _step_into(place: Any, part: str, empty: Any, pair: str) -> Any:
    if isinstance(place, list):
        _list_place(place, part, pair, empty)
        return place[int(part)]
    if isinstance(place, dict):
        if place.get(part) is None:
            place[part] = empty
        return place[part]
    raise RecipeError("--set: there is nothing inside this field", got=pair)


def _list_place(place: list[Any], part: str, pair: str, new: Any) -> None:
    if not part.isdecimal() or int(part) > len(place):
        raise RecipeError("--set: no such entry of a list", expected=f"0..{len(place)}", got=pair)
    if int(part) == len(place):
        place.append(new)


def _fields_at(path: Sequence[str]) -> set[str]:
    """Return the fields of the model that a path of names and list indices leads to."""
    model: Any = TrainRecipe
    for part in path:
        if part.isdecimal():
            continue
        field = model.model_fields.get(part)
        model = None if field is None else _model_in(field.annotation)
        if model is None:
            return set()
    return set(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (tuple, list, typing.Union, types.UnionType):
        inner = (_model_in(part) for part in typing.get_args(annotation))
        return next((model for model in inner if model is not None), None)
    return None


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
