"""What a BAGEL folder's three configs say, checked; and the numbers that plans need.

``llm_config.json`` and ``vit_config.json`` decide the shapes. Neither says all: that queries and
keys are normalised, that the head is not tied, and that one vision layer less is used than is
stated, is what the authors' loading code adds (Bagel: ``eval/vlm/utils.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sextant.errors import CorruptInput, MissingInput
from sextant.models.family import Part, Shape

UNUSED_VISION_LAYERS = 1
"""The last layer that the vision config states is neither stored nor run."""

_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """A BAGEL model's sizes.

    Attributes:
        vocabulary, hidden, intermediate, layers, heads, key_value_heads: Of the language model.
        rope_theta, norm_eps, max_positions: Of the language model.
        vision_hidden, vision_intermediate, vision_layers, vision_heads: Of the vision encoder;
            ``vision_layers`` are those that run.
        vision_norm_eps: Of the vision encoder.
        patch: Side of a patch in pixels.
        side: Patches along the longest side that a picture may have.
    """

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    rope_theta: float
    norm_eps: float
    max_positions: int
    vision_hidden: int
    vision_intermediate: int
    vision_layers: int
    vision_heads: int
    vision_norm_eps: float
    patch: int
    side: int

    @property
    def head_dim(self) -> int:
        """Width of a head of the language model."""
        return self.hidden // self.heads

    @property
    def patch_values(self) -> int:
        """Numbers in a patch: rows x columns x 3 channels."""
        return self.patch * self.patch * 3


def read_config(folder: Path) -> Config:
    """Read the configs of a folder.

    Raises:
        MissingInput: If one is missing.
        CorruptInput: If one is not JSON, or says what this model is not.
    """
    language = _Fields(folder / "llm_config.json")
    vision = _Fields(folder / "vit_config.json")
    whole = _Fields(folder / "config.json")
    whole.must_be("model_type", "bagel", missing="bagel")
    whole.must_be("interpolate_pos", False, missing=False)
    whole.must_be("connector_act", "gelu_pytorch_tanh", missing="gelu_pytorch_tanh")
    language.must_be("hidden_act", "silu", missing="silu")
    language.must_be("use_sliding_window", False, missing=False)
    language.must_be("rope_scaling", None, missing=None)
    vision.must_be("hidden_act", "gelu_pytorch_tanh", missing="gelu_pytorch_tanh")
    vision.must_be("num_channels", 3, missing=3)
    config = Config(
        vocabulary=language.size("vocab_size"),
        hidden=language.size("hidden_size"),
        intermediate=language.size("intermediate_size"),
        layers=language.size("num_hidden_layers"),
        heads=language.size("num_attention_heads"),
        key_value_heads=language.size("num_key_value_heads"),
        rope_theta=language.number("rope_theta", 10_000.0),
        norm_eps=language.number("rms_norm_eps", 1e-6),
        max_positions=language.size("max_position_embeddings", 32_768),
        vision_hidden=vision.size("hidden_size"),
        vision_intermediate=vision.size("intermediate_size"),
        vision_layers=vision.size("num_hidden_layers") - UNUSED_VISION_LAYERS,
        vision_heads=vision.size("num_attention_heads"),
        vision_norm_eps=vision.number("layer_norm_eps", 1e-6),
        patch=vision.size("patch_size"),
        side=whole.size("vit_max_num_patch_per_side", 70),
    )
    _check(config, vision.size("image_size"), folder)
    return config


def shape_of(config: Config) -> Shape:
    """Return the numbers for plans; the twins that make pictures are not among them."""
    c = config
    attention = c.hidden * c.hidden * 2 + c.hidden  # queries with bias, output without
    attention += 2 * (c.hidden + 1) * c.head_dim * c.key_value_heads
    block = attention + 2 * c.head_dim + 3 * c.hidden * c.intermediate + 2 * c.hidden
    table = c.vocabulary * c.hidden
    language = 2 * table + c.layers * block + c.hidden
    v, w = c.vision_hidden, c.vision_intermediate
    vision_block = 4 * (v * v + v) + (v * w + w) + (w * v + v) + 4 * v
    vision = (c.patch_values + 1) * v + c.side**2 * v + c.vision_layers * vision_block + 2 * v
    projector = (v + 1) * c.hidden + (c.hidden + 1) * c.hidden
    parameters: dict[Part, int] = {"vision": vision, "projector": projector, "language": language}
    return Shape(
        parameters=parameters,
        embedding_parameters=table,
        head_parameters=table,
        layers=c.layers,
        hidden=c.hidden,
        heads=c.heads,
        key_value_heads=c.key_value_heads,
        intermediate=c.intermediate,
        vocabulary=c.vocabulary,
        vision_layers=c.vision_layers,
        vision_hidden=v,
        vision_intermediate=w,
        patch=c.patch,
        patches_per_token=1,
    )


def _check(config: Config, image_size: int, folder: Path) -> None:
    """Refuse sizes that do not go together."""
    c = config
    problems = [
        (c.hidden % c.heads == 0, "hidden_size is a multiple of num_attention_heads"),
        (c.heads % c.key_value_heads == 0, "heads are a multiple of num_key_value_heads"),
        (c.hidden % 4 == 0, "hidden_size is a multiple of 4 (rows and columns, sine and cosine)"),
        (
            c.vision_hidden % c.vision_heads == 0,
            "the vision hidden_size is a multiple of its heads",
        ),
        (c.vision_layers > 0, "the vision config states at least two layers"),
        (image_size == c.side * c.patch, "image_size is vit_max_num_patch_per_side x patch_size"),
    ]
    for holds, expected in problems:
        if not holds:
            raise CorruptInput("sizes that do not go together", where=folder, expected=expected)


class _Fields:
    """A config file, whose values are asked for by name and kind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = read_json(path)

    def size(self, name: str, missing: int | None = None) -> int:
        found = self._values.get(name, missing)
        if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
            raise self._wrong(name, "a positive whole number", found)
        return found

    def number(self, name: str, missing: float) -> float:
        found = self._values.get(name, missing)
        if not isinstance(found, (int, float)) or isinstance(found, bool) or not found > 0:
            raise self._wrong(name, "a positive number", found)
        return float(found)

    def must_be(self, name: str, value: object, missing: object) -> None:
        found = self._values.get(name, missing)
        if found != value:
            raise self._wrong(name, repr(value), found)

    def _wrong(self, name: str, expected: str, found: object) -> CorruptInput:
        return CorruptInput(
            "a config that is not BAGEL's",
            where=f"{self._path}: {name}",
            expected=expected,
            got=repr(found),
        )


def read_json(path: Path) -> Mapping[str, Any]:
    """Return a small JSON object.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is none, or too large to be a config.
    """
    if not path.is_file():
        raise MissingInput(
            "not a BAGEL folder: a file is missing",
            where=path,
            expected="config.json, llm_config.json, vit_config.json, ema.safetensors, tokenizer",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise CorruptInput("a config file is too large", where=path, expected=f"<= {_MAX_BYTES} B")
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptInput("a config file is not JSON", where=path, got=error) from error
    if not isinstance(found, dict):
        raise CorruptInput("a config file is not a JSON object", where=path)
    return cast("Mapping[str, Any]", found)
