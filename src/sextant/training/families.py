"""Model families by name, and their renderers where other processes can open them too."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

import sextant.models
from sextant._version import __version__
from sextant.errors import MissingInput, RecipeError
from sextant.models.family import Family, Renderer
from sextant.models.registry import GROUP, unknown
from sextant.training.recipe import TrainRecipe

_TEXT_FILES = ("*.json", "*.txt", "*.jinja", "*.model")
"""Of a checkpoint folder: config, tokenizer and template, from which lengths follow."""

_WEIGHT_INDEX = "*.safetensors.index.json"


def family_names() -> tuple[str, ...]:
    """Return the names of our families and of entry points, sorted; none is imported."""
    ours = {
        path.parent.name
        for root in sextant.models.__path__
        for path in Path(root).glob("*/packing.py")
    }
    return tuple(sorted(ours | {e.name for e in entry_points(group=GROUP)}))


def open_family(name: str, folder: Path) -> Family:
    """Open a checkpoint folder as one of a family.

    Raises:
        RecipeError: If there is no such family, or it cannot be trained.
        MissingInput: If there is no such folder.
        InputError: If it is not of this family.
    """
    if name not in family_names():
        raise unknown("model family", name, family_names())
    if not folder.is_dir():
        raise MissingInput("no such checkpoint folder", where=folder)
    plugins = {e.name: e for e in entry_points(group=GROUP)}
    module = (
        plugins[name].load()
        if name in plugins
        else importlib.import_module(f"sextant.models.{name}")
    )
    opener = getattr(module, "open_family", None)
    if opener is None:
        raise RecipeError(f"{name} is a backend of evaluation only, it cannot be trained")
    family: Family = opener(folder)
    return family


def settled(recipe: TrainRecipe, family: Family) -> TrainRecipe:
    """Return a recipe with the family's choices in place of ``auto``.

    Raises:
        RecipeError: If the family has no such attention.
    """
    if recipe.attention == "auto":
        return recipe.model_copy(update={"attention": family.attentions[0]})
    if recipe.attention not in family.attentions:
        raise RecipeError(
            f"{family.name} has no such attention", where="attention",
            expected=" or ".join(("auto", *family.attentions)), got=recipe.attention,
        )  # fmt: skip
    return recipe


class OpensRenderer(Protocol):
    """What opens a renderer in any process; picklable."""

    def open(self) -> Renderer:
        """Return the renderer."""
        ...

    def fingerprint(self) -> str:
        """Return hex digits that change when lengths of samples may."""
        ...


_renderers: dict[str, Renderer] = {}


def opened(source: OpensRenderer) -> Renderer:
    """Return a renderer that this process may have open already."""
    key = source.fingerprint()
    if key not in _renderers:
        _renderers.clear()  # a process measures for one model at a time
        _renderers[key] = source.open()
    return _renderers[key]


@dataclass(frozen=True, slots=True)
class RendererSource:
    """Opens the training renderer of a checkpoint folder, in this process or in workers.

    Attributes:
        family: Its name.
        folder: The checkpoint folder.
        rules: Of the renderer, as the recipe changes them.
    """

    family: str
    folder: Path
    rules: Mapping[str, Any] = field(default_factory=dict)

    def open(self) -> Renderer:
        """Return the renderer.

        Raises:
            RecipeError: If a rule is unknown.
            InputError: If the folder is not of the family.
        """
        return open_family(self.family, self.folder).renderer("train", **self.rules)

    def fingerprint(self) -> str:
        """Return hex digits that change when lengths of samples may."""
        digest = blake2b(digest_size=10)
        digest.update(
            json.dumps([__version__, self.family, dict(self.rules)], sort_keys=True).encode()
        )
        for pattern in _TEXT_FILES:
            for path in sorted(self.folder.glob(pattern)):
                if not path.match(_WEIGHT_INDEX) and path.is_file():
                    digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()
