"""What ``config.json`` says in either layout, checked; and the numbers that plans need.

The two layouts name the same things differently. Everything here goes by transformers' names: a
config of OpenGVLab's is translated first (``layouts``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from sextant.errors import CorruptInput, MissingInput
from sextant.models.family import Part, Shape

Layout = Literal["opengvlab", "hf"]

MODEL_TYPES: Mapping[str, Layout] = {"internvl_chat": "opengvlab", "internvl": "hf"}

_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """An InternVL model's sizes.

    Attributes:
        vocabulary, hidden, intermediate, layers, heads, key_value_heads: Of the language model.
        tied: Whether its output layer is its input table.
        vision_hidden, vision_intermediate, vision_layers, vision_heads: Of the vision encoder.
        vision_bias: Whether its queries, keys and values have biases.
        vision_qk_norm: Whether its queries and keys are normalised (the encoder of 38B and 78B).
        vision_rms_norm: Whether its norms have a weight only.
        tile: Side of a tile in pixels.
        patch: Side of a patch in pixels.
        shrink: Patches along each side that become one token (2: four patches a token).
    """

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    tied: bool
    vision_hidden: int
    vision_intermediate: int
    vision_layers: int
    vision_heads: int
    vision_bias: bool
    vision_qk_norm: bool
    vision_rms_norm: bool
    tile: int
    patch: int
    shrink: int

    @property
    def tokens_per_tile(self) -> int:
        """Vision tokens that the language model sees of a tile."""
        return (self.tile // self.patch // self.shrink) ** 2


def config_of(raw: Mapping[str, Any], where: Path) -> Config:
    """Return the sizes that a config in transformers' form states.

    What it leaves out has transformers' default: configs are saved without values that are.

    Raises:
        CorruptInput: If it says what this model is not.
    """
    text = _Fields(raw.get("text_config"), where, "text_config")
    vision = _Fields(raw.get("vision_config"), where, "vision_config")
    whole = _Fields(raw, where, "")
    text.must_be("model_type", "qwen2", missing="qwen2")
    text.must_be("hidden_act", "silu", missing="silu")
    text.must_be("use_sliding_window", False, missing=False)
    vision.must_be("hidden_act", "gelu", missing="gelu")
    vision.must_be("use_absolute_position_embeddings", True, missing=True)
    vision.must_be("use_mask_token", False, missing=False)
    vision.must_be("use_mean_pooling", True, missing=True)
    vision.must_be("num_channels", 3, missing=3)
    whole.must_be("projector_hidden_act", "gelu", missing="gelu")
    whole.must_be("vision_feature_layer", -1, missing=-1)
    whole.must_be("vision_feature_select_strategy", "default", missing="default")
    heads = text.size("num_attention_heads", 32)
    config = Config(
        vocabulary=text.size("vocab_size", 151_936),
        hidden=text.size("hidden_size", 4096),
        intermediate=text.size("intermediate_size", 22_016),
        layers=text.size("num_hidden_layers", 32),
        heads=heads,
        key_value_heads=text.size("num_key_value_heads", min(32, heads)),
        # A config saved before transformers 5 states it of the language model alone.
        tied=whole.flag("tie_word_embeddings", text.flag("tie_word_embeddings", False)),
        vision_hidden=vision.size("hidden_size", 1024),
        vision_intermediate=vision.size("intermediate_size", 4096),
        vision_layers=vision.size("num_hidden_layers", 24),
        vision_heads=vision.size("num_attention_heads", 16),
        vision_bias=vision.flag("attention_bias", False),
        vision_qk_norm=vision.flag("use_qk_norm", False),
        vision_rms_norm=vision.choice("norm_type", ("layer_norm", "rms_norm")) == "rms_norm",
        tile=vision.side("image_size", 448),
        patch=vision.side("patch_size", 14),
        shrink=whole.inverse("downsample_ratio", 0.5),
    )
    _check(config, where)
    return config


def shape_of(config: Config) -> Shape:
    """Return the numbers for plans."""
    c, v = config, config.vision_hidden
    head_dim = c.hidden // c.heads
    attention = 2 * c.hidden * c.hidden + c.hidden  # queries with bias, output without
    attention += 2 * (c.hidden + 1) * head_dim * c.key_value_heads
    block = attention + 3 * c.hidden * c.intermediate + 2 * c.hidden
    table = c.vocabulary * c.hidden
    head = 0 if c.tied else table
    language = table + c.layers * block + c.hidden + head
    vision_block = 4 * v * v + v + (3 * v if c.vision_bias else 0)
    vision_block += 2 * v * c.vision_intermediate + c.vision_intermediate + v
    vision_block += 2 * v * (1 if c.vision_rms_norm else 2) + 2 * v  # norms, layer scales
    vision_block += 2 * v if c.vision_qk_norm else 0
    places = (c.tile // c.patch) ** 2 + 1
    vision = v + places * v + (3 * c.patch**2 + 1) * v + c.vision_layers * vision_block
    wide = v * c.shrink**2
    projector = 2 * wide + (wide + 1) * c.hidden + (c.hidden + 1) * c.hidden
    parameters: dict[Part, int] = {"vision": vision, "projector": projector, "language": language}
    return Shape(
        parameters=parameters,
        embedding_parameters=table,
        head_parameters=head,
        layers=c.layers,
        hidden=c.hidden,
        heads=c.heads,
        key_value_heads=c.key_value_heads,
        intermediate=c.intermediate,
        vocabulary=c.vocabulary,
        vision_layers=c.vision_layers,
        vision_hidden=v,
        vision_intermediate=c.vision_intermediate,
        patch=c.patch,
        patches_per_token=c.shrink**2,
    )


def read_json(path: Path) -> dict[str, Any]:
    """Return a small JSON object.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is none, or too large to be a config.
    """
    if not path.is_file():
        raise MissingInput(
            "not an InternVL folder: a file is missing",
            where=path,
            expected="config.json, a tokenizer, and safetensors",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise CorruptInput("a config file is too large", where=path, expected=f"<= {_MAX_BYTES} B")
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptInput("a config file is not JSON", where=path, got=error) from error
    if not isinstance(found, dict):
        raise CorruptInput("a config file is not a JSON object", where=path)
    return cast("dict[str, Any]", found)


def layout_of(raw: Mapping[str, Any], where: Path) -> Layout:
    """Return the layout that a config belongs to.

    Raises:
        CorruptInput: If it is of another family.
    """
    found = raw.get("model_type")
    if not isinstance(found, str) or found not in MODEL_TYPES:
        raise CorruptInput(
            "not a model of the InternVL family",
            where=f"{where}: model_type",
            expected=" or ".join(MODEL_TYPES),
            got=repr(found),
        )
    return MODEL_TYPES[found]


def wrong(where: Path, name: str, expected: object, found: object) -> CorruptInput:
    """Return the error for a value that this family does not have."""
    return CorruptInput(
        "a config that this family does not have",
        where=f"{where}: {name}",
        expected=expected,
        got=repr(found),
    )


def _check(config: Config, where: Path) -> None:
    """Refuse sizes that do not go together."""
    c = config
    problems = [
        (c.hidden % c.heads == 0, "hidden_size is a multiple of num_attention_heads"),
        (c.heads % c.key_value_heads == 0, "heads are a multiple of num_key_value_heads"),
        (
            c.vision_hidden % c.vision_heads == 0,
            "the vision hidden_size is a multiple of its heads",
        ),
        (c.tile % c.patch == 0, "image_size is a multiple of patch_size"),
        (
            c.tile // c.patch % c.shrink == 0,
            "patches along a side are a multiple of 1 / downsample_ratio",
        ),
    ]
    for holds, expected in problems:
        if not holds:
            raise CorruptInput("sizes that do not go together", where=where, expected=expected)


class _Fields:
    """A part of a config, whose values are asked for by name and kind."""

    def __init__(self, values: object, where: Path, part: str) -> None:
        self._where, self._part = where, part
        if values is None:
            values = {}
        if not isinstance(values, Mapping):
            raise wrong(where, part, "an object", values)
        self._values: Mapping[str, Any] = values

    def size(self, name: str, missing: int) -> int:
        found = self._values.get(name, missing)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 1 << 31:
            raise self._wrong(name, "a positive whole number", found)
        return found

    def side(self, name: str, missing: int) -> int:
        """Return the side of a square, which may be stated twice."""
        found = self._values.get(name, missing)
        if isinstance(found, (list, tuple)) and len(found) == 2 and found[0] == found[1]:
            found = found[0]
        if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 1 << 16:
            raise self._wrong(name, "the side of a square", found)
        return found

    def flag(self, name: str, missing: bool) -> bool:
        found = self._values.get(name, missing)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false", found)
        return found

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        found = self._values.get(name, known[0])
        if found not in known:
            raise self._wrong(name, " or ".join(known), found)
        return str(found)

    def inverse(self, name: str, missing: float) -> int:
        """Return n of a ratio 1/n."""
        found = self._values.get(name, missing)
        if isinstance(found, (int, float)) and 0 < found <= 1 and (1 / found).is_integer():
            return int(1 / found)
        raise self._wrong(name, "1, 0.5, 0.25, ...", found)

    def must_be(self, name: str, value: object, missing: object) -> None:
        found = self._values.get(name, missing)
        if found != value:
            raise self._wrong(name, repr(value), found)

    def _wrong(self, name: str, expected: object, found: object) -> CorruptInput:
        return wrong(self._where, f"{self._part}.{name}".lstrip("."), expected, found)
