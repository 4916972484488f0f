"""Sizes of a model and of its pictures, from a checkpoint's configs alone; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.models.family import Part, Shape
from sextant.models.qwen3_vl.json_files import count, part, read_object

MODEL_TYPE = "qwen3_vl"


@dataclass(frozen=True, slots=True)
class Config:
    """What the other modules need to know of a checkpoint.

    Attributes:
        layers, hidden, heads, key_value_heads, head_size, intermediate, vocabulary: Of the language
            model.
        attention_bias: Whether its projections of queries, keys, values and outputs have biases.
        tied: Whether the output layer is the input table.
        vision_layers, vision_hidden, vision_intermediate: Of the vision encoder.
        vision_places: Rows of its table of learned positions.
        deepstack: Vision layers whose output is fed in besides the last one's.
        patch: Side of a patch in pixels.
        merge: So many patches in each direction become one token.
        frames: So many copies of a picture make a patch; the encoder was made for videos.
        image_id, vision_start_id, vision_end_id: Of the placeholder of a vision token, and of what
            stands around a picture.
        min_pixels, max_pixels: Between which the checkpoint's processor scales a picture.
        scale: What a byte is multiplied by.
        mean, std: Of the three channels, after that.
        resample: Pillow's number of the filter.
    """

    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    head_size: int
    intermediate: int
    vocabulary: int
    attention_bias: bool
    tied: bool
    vision_layers: int
    vision_hidden: int
    vision_intermediate: int
    vision_places: int
    deepstack: int
    patch: int
    merge: int
    frames: int
    image_id: int
    vision_start_id: int
    vision_end_id: int
    min_pixels: int
    max_pixels: int
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resample: int

    @property
    def factor(self) -> int:
        """Side of the square of pixels that becomes one token."""
        return self.patch * self.merge


def read_config(folder: Path) -> Config:
    """Read a checkpoint's ``config.json`` and the settings of its image processor.

    Raises:
        MissingInput: If one is missing.
        CorruptInput: If one is not what it should be, or they contradict each other.
        InputError: If it is another family.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise MissingInput("not the folder of a model", where=folder, expected="a config.json")
    whole = read_object(path)
    _check_family(whole, path)
    # Numbers that a config leaves out are those of transformers' configuration classes.
    text, vision = part(whole, "text_config", path), part(whole, "vision_config", path)
    heads = count(text, "num_attention_heads", 32, path)
    deepstack = vision.get("deepstack_visual_indexes", [8, 16, 24])
    if not isinstance(deepstack, list):
        raise CorruptInput("a list of layers is none", where=path, got=repr(deepstack))
    return Config(
        layers=count(text, "num_hidden_layers", 32, path),
        hidden=count(text, "hidden_size", 4096, path),
        heads=heads,
        key_value_heads=count(text, "num_key_value_heads", heads, path),
        head_size=count(text, "head_dim", 128, path),
        intermediate=count(text, "intermediate_size", 22016, path),
        vocabulary=count(text, "vocab_size", 151936, path),
        attention_bias=text.get("attention_bias", False) is True,
        tied=whole.get("tie_word_embeddings", False) is True,
        vision_layers=count(vision, "depth", 27, path),
        vision_hidden=count(vision, "hidden_size", 1152, path),
        vision_intermediate=count(vision, "intermediate_size", 4304, path),
        vision_places=count(vision, "num_position_embeddings", 2304, path),
        deepstack=len(deepstack),
        patch=count(vision, "patch_size", 16, path),
        merge=count(vision, "spatial_merge_size", 2, path),
        frames=count(vision, "temporal_patch_size", 2, path),
        image_id=count(whole, "image_token_id", 151655, path),
        vision_start_id=count(whole, "vision_start_token_id", 151652, path),
        vision_end_id=count(whole, "vision_end_token_id", 151653, path),
        **_pictures(folder, vision, path),
    )


def shape_of(config: Config) -> Shape:
    """Return the numbers for plans.

    Where the output layer is the input table, its parameters are counted as the output layer's, for
    there they are multiplied: embedding + head + layers always make up ``language``.
    """
    c, h, v = config, config.hidden, config.vision_hidden
    queries, keys = c.heads * c.head_size, c.key_value_heads * c.head_size
    attention = h * (queries + 2 * keys) + queries * h + 2 * c.head_size
    if c.attention_bias:
        attention += queries + 2 * keys + h
    layer = attention + 3 * h * c.intermediate + 2 * h
    table = c.vocabulary * h
    embedding = 0 if c.tied else table
    block = (
        4 * v + (4 * v * v + 4 * v) + (2 * v * c.vision_intermediate + c.vision_intermediate + v)
    )
    patches = 3 * c.frames * c.patch**2 * v + v
    wide = v * c.merge**2
    merger = wide * wide + wide + wide * h + h  # without its norm
    parameters: dict[Part, int] = {
        "vision": patches + c.vision_places * v + c.vision_layers * block,
        "projector": merger + 2 * v + c.deepstack * (merger + 2 * wide),
        "language": embedding + table + c.layers * layer + h,
    }
    return Shape(
        parameters=parameters,
        embedding_parameters=embedding,
        head_parameters=table,
        layers=c.layers,
        hidden=h,
        heads=c.heads,
        key_value_heads=c.key_value_heads,
        intermediate=c.intermediate,
        vocabulary=c.vocabulary,
        vision_layers=c.vision_layers,
        vision_hidden=v,
        vision_intermediate=c.vision_intermediate,
        patch=c.patch,
        patches_per_token=c.merge**2,
    )


def _check_family(whole: Mapping[str, Any], path: Path) -> None:
    found = whole.get("model_type")
    if found == MODEL_TYPE:
        return
    if found == "qwen3_vl_moe":
        raise InputError(
            "Qwen3-VL's mixtures of experts are not supported",
            where=path,
            expected=f"model_type {MODEL_TYPE!r}: one of the dense models, 2B to 32B",
            got=repr(found),
        )
    raise InputError(
        "a model of another family",
        where=path,
        expected=f"model_type {MODEL_TYPE!r}",
        got=repr(found),
        hint="the backend 'hf' answers with any image-text model of transformers",
    )


def _pictures(folder: Path, vision: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return what a checkpoint says of its pictures, held against its model."""
    values, path = _processor(folder)
    size = values.get("size")
    size = size if isinstance(size, dict) else {}
    pixels = [
        count({**values, **size}, new if new in size else old, 0, path)
        for new, old in (("shortest_edge", "min_pixels"), ("longest_edge", "max_pixels"))
    ]
    if pixels[0] > pixels[1]:
        raise CorruptInput("the fewest pixels are more than the most", where=path, got=pixels)
    for ours, theirs, default in (
        ("patch_size", "patch_size", 16),
        ("merge_size", "spatial_merge_size", 2),
        ("temporal_patch_size", "temporal_patch_size", 2),
    ):
        model = vision.get(theirs, default)
        if values.get(ours, model) != model:
            raise CorruptInput(
                "the image processor was made for another model",
                where=f"{path}: {ours}",
                expected=model,
                got=values.get(ours),
            )
    for name in ("do_resize", "do_rescale", "do_normalize", "do_convert_rgb"):
        if values.get(name, True) is not True:
            raise CorruptInput(
                "an image processor that leaves out a step", where=path, expected=f"{name}: true"
            )
    scale = values.get("rescale_factor", 1 / 255)
    resample = values.get("resample", 3)
    if type(scale) is not float or not 0 < scale <= 1:
        raise CorruptInput("a factor that cannot be meant", where=path, got=repr(scale))
    if type(resample) is not int or not 0 <= resample <= 5:
        raise CorruptInput("no filter of Pillow's", where=path, got=repr(resample))
    return {
        "min_pixels": pixels[0],
        "max_pixels": pixels[1],
        "scale": scale,
        "mean": _channels(values, "image_mean", path),
        "std": _channels(values, "image_std", path),
        "resample": resample,
    }


def _processor(folder: Path) -> tuple[Mapping[str, Any], Path]:
    """Return the settings of the image processor, from the file that transformers would take."""
    path = folder / "processor_config.json"
    if path.is_file():
        values = read_object(path).get("image_processor")
        if isinstance(values, dict):
            return values, path
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        raise MissingInput(
            "a checkpoint that does not say how it sees pictures",
            where=folder,
            expected="preprocessor_config.json, or processor_config.json with an image_processor",
        )
    return read_object(path), path


def _channels(values: Mapping[str, Any], name: str, path: Path) -> tuple[float, float, float]:
    found = values.get(name, [0.5, 0.5, 0.5])
    good = isinstance(found, list) and len(found) == 3
    if not good or not all(type(v) in (int, float) and 0 < v < 10 for v in found):
        raise CorruptInput(
            "three numbers, one a channel, are needed", where=f"{path}: {name}", got=repr(found)
        )
    return float(found[0]), float(found[1]), float(found[2])
