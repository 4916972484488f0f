"""At which size a picture is shown, and its patches. numpy and Pillow only.

Sizes follow upstream's resize rule to the letter (Bagel: ``data/transforms.py``
MaxLongEdgeMinShortEdgeResize), with its quirk: a picture above the pixel cap has *both sides*
multiplied by the ratio of the *areas*, so that it ends up smaller than the cap asks by that ratio
once more. 16 frames of 640x480 become 266x196 instead of 392x294. Published weights were trained
so, and changing it here would be another model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, RecipeError
from sextant.models.family import Pixels, Size, Slot, Use


@dataclass(frozen=True, slots=True)
class Rules:
    """How pictures are shown.

    Attributes:
        max_side: Longest side in pixels; wins over ``min_side``.
        min_side: Shortest side in pixels; smaller pictures are scaled up.
        max_pixels: Of one picture, or of all of a sample.
        share_pixels: Whether ``max_pixels`` is divided by the number of pictures. Upstream does so
            in training, and not when it answers: many frames are seen far larger than they were
            learned.
        vae_resize_first: Scale to 512..1024 pixels in steps of 16 before, as upstream's
            ``InterleaveInferencer`` does even where no picture is made.
        pictures_first: All pictures of a turn before its text, as upstream's ``chat`` puts them.
    """

    max_side: int = 980
    min_side: int = 378
    max_pixels: int = 2_007_040
    share_pixels: bool = True
    vae_resize_first: bool = False
    pictures_first: bool = False


RULES: dict[Use, Rules] = {
    # Bagel: data/configs/example.yaml, vlm_sft; SenseNova-SI trains with the same values.
    "train": Rules(),
    # Bagel: eval/vlm/utils.py build_transform, called with img_num = 1.
    "inference": Rules(share_pixels=False),
}
"""Published settings. The SenseNova-SI app answers with ``min_side=224, max_pixels=1806336``."""

_VAE_SIDES, _VAE_STEP, _VAE_PIXELS = (1024, 512), 16, 14 * 14 * 9 * 1024


def rules_of(use: Use, changes: dict[str, Any], longest: int) -> Rules:
    """Return the settings of a use, some of them changed.

    Args:
        use: Whose published settings.
        changes: Values by name.
        longest: Pixels of the longest side that the model has positions for.

    Raises:
        RecipeError: For an unknown name or a value that cannot be meant.
    """
    kinds = {name: type(value) for name, value in asdict(Rules()).items()}
    if unknown := sorted(set(changes) - set(kinds)):
        raise RecipeError(
            "BAGEL has no such rule", expected=", ".join(sorted(kinds)), got=", ".join(unknown)
        )
    for name, value in changes.items():
        if type(value) is not kinds[name] or (type(value) is int and value <= 0):
            kind = "a positive whole number" if kinds[name] is int else "true or false"
            raise RecipeError("a rule of another kind", where=name, expected=kind, got=repr(value))
    rules = replace(RULES[use], **changes)
    if rules.max_side > longest:
        raise RecipeError(
            "pictures larger than the model has positions for",
            where="max_side",
            expected=f"<= {longest}",
            got=rules.max_side,
        )
    return rules


def shown_size(
    size: Size, max_side: int, min_side: int, max_pixels: float, step: int
) -> tuple[int, int]:
    """Return the size that upstream's rule scales a picture to.

    Args:
        size: (width, height) in pixels.
        max_side: Longest side that it may have.
        min_side: Shortest side that it should have.
        max_pixels: Pixels above which it is scaled down, by the quirk of the module's head.
        step: Both sides become multiples of this.
    """
    width, height = size
    scale = min(max_side / max(width, height), 1.0)
    scale = max(scale, min_side / min(width, height))
    width, height = _scaled(width, height, scale, step)
    if width * height > max_pixels:
        width, height = _scaled(width, height, max_pixels / (width * height), step)
    if max(width, height) > max_side:
        width, height = _scaled(width, height, max_side / max(width, height), step)
    return width, height


def slots_of(pictures: Sequence[Size], rules: Rules, patch: int) -> tuple[Slot, ...]:
    """Return how each picture of a sample is shown.

    Raises:
        ConventionError: If a picture has no pixels.
    """
    found = []
    for picture in pictures:
        width, height = _sizes(picture, len(pictures), rules, patch)[-1]
        tokens = (width // patch) * (height // patch)
        found.append(Slot(0, tokens, (width, height)))
    return tuple(found)


def pixels_of(
    pictures: Sequence[Image.Image], slots: Sequence[Slot], rules: Rules, patch: int, side: int
) -> Pixels:
    """Return what the vision encoder is fed for one sample.

    Args:
        pictures: In order.
        slots: Of ``slots_of`` for their sizes.
        rules: The same as there.
        patch: Side of a patch in pixels.
        side: Rows and columns of the position table.

    Returns:
        ``patches`` (n, patch * patch * 3) uint8, all pictures one after the other, rows x columns x
        channels inside each; ``positions`` (n,) int64, row * side + column; ``tokens`` (pictures,)
        int64. Values stay bytes until they are where the model is: a quarter of the traffic.

    Raises:
        ConventionError: If the pictures are not those that the slots were made for.
    """
    if len(pictures) != len(slots):
        raise ConventionError(
            "another number of pictures than was said", expected=len(slots), got=len(pictures)
        )
    patches, positions, tokens = [], [], []
    for k, (picture, slot) in enumerate(zip(pictures, slots, strict=True)):
        sizes = _sizes(picture.size, len(pictures), rules, patch)
        if sizes[-1] != slot.size:
            raise ConventionError(
                "a picture of another size than was said", where=f"picture {k}", got=picture.size
            )
        image = picture if picture.mode == "RGB" else picture.convert("RGB")
        for size in sizes:
            if image.size != size:
                image = image.resize(size, Image.Resampling.BICUBIC)
        columns, rows = slot.size[0] // patch, slot.size[1] // patch
        patches.append(patches_of(np.asarray(image), patch))
        positions.append((np.arange(rows)[:, None] * side + np.arange(columns)).ravel())
        tokens.append(rows * columns)
    return {
        "patches": np.concatenate(patches or [np.zeros((0, patch * patch * 3), np.uint8)]),
        "positions": np.concatenate(positions or [np.zeros(0, np.int64)]).astype(np.int64),
        "tokens": np.array(tokens, np.int64),
    }


def patches_of(image: NDArray[Any], patch: int) -> NDArray[Any]:
    """Cut (H, W, 3) into (H/patch * W/patch, patch * patch * 3), row by row."""
    height, width, channels = image.shape
    cut = image.reshape(height // patch, patch, width // patch, patch, channels)
    return cut.transpose(0, 2, 1, 3, 4).reshape(-1, patch * patch * channels)


def _sizes(picture: Size, pictures: int, rules: Rules, patch: int) -> list[Size]:
    """Return the sizes that a picture is scaled to, one after the other."""
    if min(picture) <= 0:
        raise ConventionError("a picture without pixels", got=f"{picture[0]}x{picture[1]}")
    found: list[Size] = []
    if rules.vae_resize_first:
        found.append(shown_size(picture, *_VAE_SIDES, _VAE_PIXELS, _VAE_STEP))
    share = pictures if rules.share_pixels else 1
    last = found[-1] if found else picture
    cap = rules.max_pixels / share
    found.append(shown_size(last, rules.max_side, rules.min_side, cap, patch))
    return found


def _scaled(width: int, height: int, scale: float, step: int) -> tuple[int, int]:
    """Scale, round to whole pixels, then to multiples of ``step``; as upstream, half to even."""
    rounded = (round(side * scale) for side in (width, height))
    first, second = (max(step, int(round(side / step) * step)) for side in rounded)
    return first, second
