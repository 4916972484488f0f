"""What a run is, and whether the same command may go on with it.

A checkpoint notes the recipe, the data and the base it comes from. A run goes on only if these are
the same; what merely says where and how fast it runs may change.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sextant._version import __version__
from sextant.errors import MissingInput, RecipeError
from sextant.training.recipe import TrainRecipe

FREE = frozenset(
    {
        "attention", "checkpointing", "compile", "deterministic", "eval_every", "held_out",
        "held_out_answers", "held_out_limit", "keep", "notes", "pack_tokens", "prefetch_mb",
        "save_every", "sharding", "spike", "workers",
    }
)  # fmt: skip
"""Fields of a recipe that do not change what is learned."""

_HEAD_BYTES = 16 * 1024**2


def base_fingerprint(folder: Path) -> str:
    """Return 16 hex digits of a checkpoint folder: its small files, and the heads of large ones.

    The head of a safetensors file names all tensors with their places; together with its size this
    tells another model, though not a changed number. Reading 16 GB for that would take minutes.

    Raises:
        MissingInput: If the folder is not there, or is empty.
    """
    files = sorted(p for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
    if not files:
        raise MissingInput("no checkpoint folder", where=folder)
    digest = blake2b(digest_size=8)
    for path in files:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(head)
    return digest.hexdigest()


def identity_of(recipe: TrainRecipe, data: str, base: str, steps: int) -> dict[str, Any]:
    """Return what a checkpoint notes of its run, as JSON holds it.

    Args:
        recipe: The recipe, resolved.
        data: Fingerprint of the example sets.
        base: Fingerprint of the base.
        steps: Of the whole run.
    """
    return {
        "recipe": recipe.model_dump(mode="json"),
        "recipe_digest": recipe.digest(),
        "data": data,
        "base": base,
        "steps": steps,
    }


def versions() -> dict[str, str]:
    """Return the versions that decide on numbers."""
    found = {"sextant": __version__, "python": platform.python_version()}
    for package in ("torch", "transformers", "peft"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def check_same_run(noted: Mapping[str, Any], now: Mapping[str, Any], where: Path) -> None:
    """Refuse to go on with a run that is another one.

    Raises:
        RecipeError: Names the field of the recipe, the data, or the base that has changed.
    """
    hint = "choose another --out folder, or undo the change"
    before, after = _flat(noted.get("recipe", {})), _flat(now["recipe"])
    for key in sorted(before.keys() | after.keys()):
        if _is_free(key):
            continue
        if before.get(key) != after.get(key):
            raise RecipeError(
                f"the recipe has changed since the run began: {key}", where=where,
                expected=repr(before.get(key)), got=repr(after.get(key)), hint=hint,
            )  # fmt: skip
    for key, what in (
        ("data", "the data have"), ("base", "the base model has"),
        ("steps", "the number of steps has"),
    ):  # fmt: skip
        if noted.get(key) != now[key]:
            raise RecipeError(
                f"{what} changed since the run began", where=where,
                expected=noted.get(key), got=now[key], hint=hint,
            )  # fmt: skip


def _is_free(key: str) -> bool:
    first, _, rest = key.partition(".")
    # Folders may move: what is in them is held against the fingerprints.
    moved = first == "base" or (first == "data" and rest.rpartition(".")[2] in ("path", "images"))
    return first in FREE or moved


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, inner in items:
        found.update(_flat(inner, f"{prefix}.{key}" if prefix else str(key)))
    return found
