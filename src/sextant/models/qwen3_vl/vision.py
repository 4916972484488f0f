"""At which size a picture is shown, and its patches. numpy and Pillow only.

Sizes follow the rule of Qwen2-VL and its successors (transformers: ``smart_resize``) to the letter:
both sides become multiples of 32 pixels, the area lies between two bounds, and the shape is kept as
well as that goes. Pixels are those of transformers' Pillow processor, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, RecipeError
from sextant.models.family import Pixels, Size, Slot, Use
from sextant.models.qwen3_vl.config import Config

MAX_RATIO = 200
"""Longer pictures are refused, as upstream does."""

RELEASED_SYSTEM = "You are a helpful assistant"
"""What SenseNova-SI's training script (lmms-engine: ``Qwen3_VLDataProcessor``) puts before every
conversation, and nobody does who evaluates. The default of neither use; a recipe that repeats the
script names it: ``system: You are a helpful assistant``."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a conversation is shown.

    Attributes:
        min_pixels, max_pixels: Pictures are scaled up or down to lie between them.
        total_pixels: Shared by all pictures of a sample: each gets an equal part of it where that
            is less than ``max_pixels``. 0 = no such budget.
        number_pictures: Write ``Picture 1: `` before the first, and so on; the published template's
            option ``add_vision_id``.
        strip_text: Remove white space around each piece of a user's text between pictures, so that
            ``<image>\\nWhat ...`` has no line break after the picture.
        system: System turn of conversations that have none; "" = none.
    """

    min_pixels: int
    max_pixels: int
    total_pixels: int = 0
    number_pictures: bool = False
    strip_text: bool = True
    system: str = ""


def rules_of(use: Use, changes: dict[str, Any], config: Config) -> Rules:
    """Return the published settings of a use, some of them changed.

    Both uses have the same: pixels as the checkpoint's processor bounds them (65,536 to 16,777,216,
    64 to 16,384 tokens a picture, in the published ones), for every frame alike, and pieces of text
    stripped, which is what upstream does in training (QwenLM/Qwen3-VL: ``_build_messages``) and
    SenseNova-SI when it answers (``to_openai_format``). SenseNova-SI's training script bounds only
    videos (50,176 pixels a frame), and shows none.

    Raises:
        RecipeError: For an unknown use or name, or a value that cannot be meant.
    """
    if use not in ("train", "inference"):
        raise RecipeError("no such use", expected="train or inference", got=repr(use))
    published = Rules(config.min_pixels, config.max_pixels)
    known = {field.name: type(getattr(published, field.name)) for field in fields(Rules)}
    if unknown := sorted(set(changes) - set(known)):
        raise RecipeError(
            "Qwen3-VL has no such rule", expected=", ".join(sorted(known)), got=", ".join(unknown)
        )
    for name, value in changes.items():
        lowest = 0 if name == "total_pixels" else 1
        if type(value) is not known[name] or (type(value) is int and value < lowest):
            words = {int: "a positive whole number", bool: "true or false", str: "a text"}
            raise RecipeError(
                "a rule of another kind", where=name, expected=words[known[name]], got=repr(value)
            )
    rules = Rules(**{**asdict(published), **changes})
    if rules.min_pixels > rules.max_pixels:
        raise RecipeError(
            "the fewest pixels of a picture are more than the most",
            where="min_pixels, max_pixels",
            got=f"{rules.min_pixels}, {rules.max_pixels}",
        )
    return rules


def shown_size(size: Size, factor: int, min_pixels: int, max_pixels: int) -> Size:
    """Return the size that upstream's rule scales a picture to.

    Args:
        size: (width, height) in pixels.
        factor: Both sides become multiples of this.
        min_pixels: A picture below this is scaled up, to this or a little above.
        max_pixels: A picture above this is scaled down, to this or below.

    Raises:
        ConventionError: If it has no pixels, or is longer than 200 times its width.
    """
    width, height = size
    if min(size) <= 0:
        raise ConventionError("a picture without pixels", got=f"{width}x{height}")
    if max(size) / min(size) > MAX_RATIO:
        raise ConventionError(
            "a picture too long for its width",
            expected=f"sides whose ratio is <= {MAX_RATIO}",
            got=f"{width}x{height}",
        )
    # Python's round, half to even, as upstream: 48 becomes 2 x 32, 80 becomes 2 x 32 as well.
    shown = [round(side / factor) * factor for side in size]
    if shown[0] * shown[1] > max_pixels:
        ratio = math.sqrt((height * width) / max_pixels)
        shown = [max(factor, math.floor(side / ratio / factor) * factor) for side in size]
    elif shown[0] * shown[1] < min_pixels:
        ratio = math.sqrt(min_pixels / (height * width))
        shown = [math.ceil(side * ratio / factor) * factor for side in size]
    return shown[0], shown[1]


def slots_of(pictures: Sequence[Size], rules: Rules, factor: int) -> tuple[Slot, ...]:
    """Return how each picture of a sample is shown; ``start`` is 0 in all of them.

    A budget for the whole sample never goes below one token a picture.

    Raises:
        ConventionError: If a picture cannot be shown; see ``shown_size``.
    """
    most = rules.max_pixels
    if rules.total_pixels and pictures:
        most = max(factor * factor, min(most, rules.total_pixels // len(pictures)))
    least = min(rules.min_pixels, most)
    found = []
    for picture in pictures:
        width, height = shown_size(picture, factor, least, most)
        found.append(Slot(0, (width // factor) * (height // factor), (width, height)))
    return tuple(found)


def pixels_of(
    pictures: Sequence[Image.Image], slots: Sequence[Slot], rules: Rules, config: Config
) -> Pixels:
    """Return what the vision encoder is fed for one sample.

    Args:
        pictures: In order.
        slots: How they are shown.
        rules: By which the slots were made.
        config: Of the checkpoint.

    Returns:
        ``patches`` (n, 3 * patch * patch) uint8, and ``grid`` (pictures, 2) int64: (rows, columns)
        of patches. Values stay bytes, and each picture single, until they are where the model is:
        an eighth of the traffic.

    Raises:
        ConventionError: If the pictures are not those that the slots were made for.
    """
    if len(pictures) != len(slots):
        raise ConventionError(
            "another number of pictures than was said", expected=len(slots), got=len(pictures)
        )
    fresh = slots_of([picture.size for picture in pictures], rules, config.factor)
    patches, grid = [np.zeros((0, 3 * config.patch**2), np.uint8)], []
    for k, (picture, slot) in enumerate(zip(pictures, slots, strict=True)):
        if fresh[k].size != slot.size:
            raise ConventionError(
                "a picture of another size than was said",
                where=f"picture {k}",
                expected=f"one that is shown at {slot.size}",
                got=picture.size,
            )
        image = picture if picture.mode == "RGB" else picture.convert("RGB")
        if image.size != slot.size:
            image = image.resize(slot.size, Image.Resampling(config.resample))
        patches.append(patches_of(np.asarray(image), config.patch, config.merge))
        grid.append((slot.size[1] // config.patch, slot.size[0] // config.patch))
    return {
        "patches": np.concatenate(patches),
        "grid": np.array(grid, np.int64).reshape(-1, 2),
    }


def patches_of(image: NDArray[np.uint8], patch: int, merge: int) -> NDArray[np.uint8]:
    """Cut (H, W, 3) into patches: (n, 3 * patch * patch), channel by channel.

    The ``merge`` x ``merge`` patches that become one token stand together, the tokens row by row.
    """
    height, width, channels = image.shape
    step = patch * merge
    cut = image.reshape(height // step, merge, patch, width // step, merge, patch, channels)
    return cut.transpose(0, 3, 1, 4, 6, 2, 5).reshape(-1, channels * patch * patch)


def values_of(config: Config) -> NDArray[np.float32]:
    """Return (3, 256): the value of each byte in each channel.

    Rounded where transformers rounds: scaled in float64, stored as float32, normalised in float32.
    """
    scaled = (np.arange(256, dtype=np.float64) * config.scale).astype(np.float32)
    mean, std = (np.array(v, np.float32)[:, None] for v in (config.mean, config.std))
    found: NDArray[np.float32] = (scaled[None] - mean) / std
    return found


def pixel_values(patches: NDArray[np.uint8], config: Config) -> NDArray[np.float32]:
    """Return patches as transformers' processor does: (n, 3 * frames * patch * patch) float32."""
    channels = patches.reshape(len(patches), 3, -1)
    found = np.stack([values_of(config)[c][channels[:, c]] for c in range(3)], axis=1)
    return np.repeat(found[:, :, None], config.frames, axis=2).reshape(len(patches), -1)
