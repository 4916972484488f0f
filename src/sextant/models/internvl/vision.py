"""How a picture is cut into tiles, and the pixels of these.

A picture is scaled to the grid of square tiles whose shape is nearest to its own and cut; a small
view of the whole follows if there is more than one tile (InternVL: ``dataset.py``
dynamic_preprocess, find_closest_aspect_ratio). Each tile becomes the same number of tokens, so
that the tokens of a picture follow from its size alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError
from sextant.models.family import Pixels, Size, Slot
from sextant.models.internvl.rules import Rules

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet, by channel, of values between 0 and 1."""


def grid_of(size: Size, min_tiles: int, max_tiles: int, tile: int) -> tuple[int, int]:
    """Return (columns, rows) of the grid that a picture is cut by.

    The grid whose ratio of columns to rows is nearest to that of width to height. Of equally near
    ones a larger grid is taken only if the picture has more than half the pixels that it shows.

    Args:
        size: (width, height) in pixels.
        min_tiles: Fewest tiles.
        max_tiles: Most tiles.
        tile: Side of a tile in pixels.

    Raises:
        ConventionError: If the picture has no pixels.
    """
    width, height = size
    if min(size) <= 0:
        raise ConventionError("a picture without pixels", got=f"{width}x{height}")
    best, nearest = (1, 1), float("inf")
    for columns, rows in _grids(min_tiles, max_tiles):
        distance = abs(width / height - columns / rows)
        enough = width * height > 0.5 * tile * tile * columns * rows
        if distance < nearest or (distance == nearest and enough):
            best, nearest = (columns, rows), distance
    return best


def slots_of(pictures: Sequence[Size], rules: Rules, tile: int, tokens: int) -> tuple[Slot, ...]:
    """Return how each picture of a sample is shown.

    Args:
        pictures: Their sizes.
        rules: Tiles and thumbnails.
        tile: Side of a tile in pixels.
        tokens: Of a tile.

    Raises:
        ConventionError: If a picture has no pixels.
    """
    most = rules.most_tiles(len(pictures))
    found = []
    for size in pictures:
        grid = grid_of(size, rules.min_tiles, most, tile)
        cut = grid[0] * grid[1]
        thumbnail = rules.thumbnail and cut > 1
        found.append(Slot(0, (cut + int(thumbnail)) * tokens, (tile, tile), grid, thumbnail))
    return tuple(found)


def tiles_of(picture: Image.Image, slot: Slot) -> NDArray[np.uint8]:
    """Return (tiles, tile, tile, 3): row by row, then the thumbnail."""
    image = picture if picture.mode == "RGB" else picture.convert("RGB")
    (columns, rows), (wide, high) = slot.grid, slot.size
    scaled = image.resize((columns * wide, rows * high), Image.Resampling.BICUBIC)
    cut = np.asarray(scaled).reshape(rows, high, columns, wide, 3).swapaxes(1, 2)
    found = cut.reshape(rows * columns, high, wide, 3)
    if slot.thumbnail:
        small = np.asarray(image.resize(slot.size, Image.Resampling.BICUBIC))
        found = np.concatenate([found, small[None]])
    return found


def pixels_of(pictures: Sequence[Image.Image], slots: Sequence[Slot], tile: int) -> Pixels:
    """Return what the vision encoder is fed for one sample.

    Args:
        pictures: In order.
        slots: Of ``slots_of`` for their sizes.
        tile: Side of a tile in pixels, for samples without pictures.

    Returns:
        ``tiles`` (n, tile, tile, 3) uint8, all pictures one after the other. Values stay bytes
        until they are where the model is: a quarter of the traffic.

    Raises:
        ConventionError: If there are not as many pictures as slots.
    """
    if len(pictures) != len(slots):
        raise ConventionError(
            "another number of pictures than was said", expected=len(slots), got=len(pictures)
        )
    found = [tiles_of(picture, slot) for picture, slot in zip(pictures, slots, strict=True)]
    return {"tiles": np.concatenate(found or [np.zeros((0, tile, tile, 3), np.uint8)])}


def normalized(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, 3, tile, tile): tiles as the vision encoder takes them; the model does this."""
    values = tiles.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (MEAN, STD))
    return (values - mean) / std


@lru_cache(maxsize=64)
def _grids(min_tiles: int, max_tiles: int) -> tuple[tuple[int, int], ...]:
    """Return all (columns, rows) with so many tiles, smallest first."""
    found = [
        (columns, rows)
        for columns in range(1, max_tiles + 1)
        for rows in range(1, max_tiles // columns + 1)
        if columns * rows >= min_tiles
    ]
    return tuple(sorted(found, key=lambda grid: grid[0] * grid[1]))
