"""The generation recipe: one YAML file, validated into frozen models, unknown keys refused."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sextant.errors import RecipeError
from sextant.samples.selection_rules import SelectionRules

RationaleStyle = Literal["none", "steps", "map", "grid"]
PromptStyle = Literal["neutral", "vsibench", "mmsi", "mindcube", "viewspatial", "spar"]


class Model(BaseModel):
    """Frozen, and it refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VisibilityRules(Model):
    """When an object counts as shown (taxonomy.md, common rules)."""

    min_visible_ratio: float = Field(0.3, ge=0, le=1, description="v of a shown object")
    min_pixel_share: float = Field(0.0005, ge=0, le=1, description="share of the image's pixels")
    min_in_frame_ratio: float = Field(
        0.25, ge=0, le=1, description="w of a shown object: a cut-off corner cannot be named"
    )
    present_pixels: int = Field(
        12, ge=1, description="pixels from which an object can make a name ambiguous"
    )


class ClipRules(Model):
    """Which frames a video question shows."""

    frames: int = Field(16, ge=1, le=128, description="most frames of a video question")
    per_scene: int = Field(2, ge=1, description="different clips of a scene")


class ImageRules(Model):
    """How pictures are written."""

    max_side: int = Field(640, ge=64, description="longest side in pixels")
    jpeg_quality: int = Field(90, ge=30, le=100)


class GenerateRecipe(Model):
    """Everything that decides which questions come out, apart from source and seed."""

    tasks: tuple[str, ...] = Field((), description="family ids; empty = all that the source allows")
    per_task: int = Field(10, ge=1, description="most questions of one family in one scene")
    max_tries: int = Field(60, ge=1, description="candidates tried per wanted question")
    rationale: RationaleStyle | Mapping[RationaleStyle, float] = Field(
        "none", description="none, steps, map or grid; or shares, {none: 0.5, grid: 0.5}"
    )
    prompt_style: PromptStyle | Mapping[PromptStyle, float] = Field(
        "neutral", description="wording and framing of a benchmark; or shares of several"
    )
    visibility: VisibilityRules = VisibilityRules()
    clips: ClipRules = ClipRules()
    images: ImageRules = ImageRules()
    margins: Mapping[str, Mapping[str, float]] = Field(
        default_factory=dict, description="family id -> threshold -> value, to override defaults"
    )
    selection: SelectionRules = SelectionRules()
    scenes_per_shard: int = Field(1, ge=1)
    max_broken_share: float = Field(
        0.2, ge=0, le=1, description="stop if a larger share of the scenes is broken"
    )

    @field_validator("rationale", "prompt_style")
    @classmethod
    def _shares_sum_up(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            if not value or any(s < 0 or not math.isfinite(s) for s in value.values()):
                raise ValueError("shares are finite numbers >= 0, at least one of them above 0")
            if sum(value.values()) <= 0:
                raise ValueError("at least one share must be above 0")
        return value

    def digest(self) -> str:
        """Return 16 hex digits that identify the resolved recipe."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()


def draw_share(wanted: str | Mapping[Any, float], rng: np.random.Generator) -> str:
    """Return the one style wanted, or one drawn by its share; only a mixture uses the generator."""
    if not isinstance(wanted, Mapping):
        return wanted
    names = sorted(wanted)
    shares = np.array([wanted[n] for n in names], dtype=np.float64)
    edges = np.cumsum(shares / shares.sum())
    return str(names[min(int(np.searchsorted(edges, rng.random(), side="right")), len(names) - 1)])


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one probably meant."""
    matches = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def parse_recipe(data: Mapping[str, Any], *, where: str) -> GenerateRecipe:
    """Validate a mapping into a recipe.

    Raises:
        RecipeError: With the field, what is wrong, and the nearest known name.
    """
    try:
        return GenerateRecipe.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(p) for p in first["loc"]]
        hint = None
        if first["type"] == "extra_forbidden":
            known = _fields_at(path[:-1])
            near = nearest_name(path[-1], known)
            hint = f"did you mean {near!r}?" if near else f"known keys: {', '.join(sorted(known))}"
            raise RecipeError(
                f"unknown recipe key {path[-1]!r}", where=f"{where}: {'.'.join(path)}", hint=hint
            ) from None
        raise RecipeError(
            first["msg"],
            where=f"{where}: {'.'.join(path)}",
            got=repr(first.get("input"))[:80],
            hint="`sextant generate --help` names the recipe's fields and defaults",
        ) from None


def load_recipe(path: Path | None, overrides: Mapping[str, Any]) -> GenerateRecipe:
    """Read a YAML recipe, apply overrides by field name, and validate.

    Raises:
        RecipeError: If the file is absent, is no YAML mapping, or does not validate.
    """
    data: dict[str, Any] = {}
    if path is not None:
        try:
            loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RecipeError("recipe file not found", where=path) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise RecipeError(
                "recipe is not valid YAML", where=path, got=str(error).splitlines()[0]
            ) from None
        if not isinstance(loaded, dict):
            raise RecipeError("a recipe is a mapping of keys to values", where=path)
        data = loaded
    data = {**data, **overrides}
    return parse_recipe(data, where=str(path) if path else "command line")


def _fields_at(path: list[str]) -> set[str]:
    model: Any = GenerateRecipe
    for part in path:
        field = model.model_fields.get(part)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return set()
        model = annotation
    return set(model.model_fields)
