"""Pictures of a question: frames with marks, or drawings such as maps, as encoded bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sextant.questions.recipe import ImageRules

MARK_LETTERS = "PQRSTUVWXYZ"
"""Letters of marks; those of options start at A, so the two never meet."""

MIN_MARK = 22.0
"""Least side of a drawn box in pixels of a picture 640 wide."""

_COLORS = (
    (230, 25, 75), (0, 130, 255), (255, 225, 25), (60, 200, 80), (245, 130, 48), (200, 60, 230),
    (70, 240, 240), (255, 255, 255), (170, 110, 40), (128, 128, 0), (0, 0, 128),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A box or a dot with a letter.

    Attributes:
        letter: What the question calls it.
        box: (u_min, v_min, u_max, v_max) in pixels of the frame; or
        dot: (u, v) in pixels of the frame.
    """

    letter: str
    box: tuple[float, float, float, float] | None = None
    dot: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FramePicture:
    """A frame, with marks drawn on it.

    Attributes:
        frame_id: The frame.
        marks: What is drawn on it.
        earlier: Whether it is a frame of the earlier capture (``SceneContext.before``).
    """

    frame_id: str
    marks: tuple[Mark, ...] = ()
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A drawing, already encoded as PNG; ``about`` says what it is ("map 2")."""

    png: bytes
    about: str


Picture = FramePicture | DrawnPicture


def shrink(rgb: NDArray[np.uint8], rules: ImageRules) -> tuple[Image.Image, float]:
    """Return a (H, W, 3) uint8 frame as a picture of at most ``max_side``, and its scale."""
    image = Image.fromarray(rgb, mode=None)
    scale = min(1.0, rules.max_side / max(image.size))
    if scale < 1.0:
        size = (round(image.width * scale), round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return image, scale


def encode_frame(
    picture: Image.Image, scale: float, marks: tuple[Mark, ...], rules: ImageRules
) -> tuple[bytes, str]:
    """Draw the marks on a copy of a shrunk frame and encode it.

    Args:
        picture: The frame as ``shrink`` returns it; left as it is.
        scale: Its pixels per pixel of the frame, in which marks are given.
        marks: What to draw.
        rules: How to encode.

    Returns:
        data: JPEG bytes, the same for the same input and Pillow build.
        suffix: ``".jpg"``.
    """
    image = picture.copy() if marks else picture
    draw_marks(image, marks, scale)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=rules.jpeg_quality, subsampling=0)
    return buffer.getvalue(), ".jpg"


def draw_marks(image: Image.Image, marks: tuple[Mark, ...], scale: float = 1.0) -> None:
    """Draw boxes and dots with their letters, in place; coordinates are multiplied by ``scale``."""
    if not marks:
        return
    draw = ImageDraw.Draw(image)
    unit = max(1.0, max(image.size) / 640)
    font = ImageFont.load_default(size=round(18 * unit))
    for mark in marks:
        color = _COLORS[MARK_LETTERS.index(mark.letter) % len(_COLORS)]
        if mark.box is not None:
            u0, v0, u1, v1 = _padded([c * scale for c in mark.box], MIN_MARK * unit)
            width = round(3 * unit)
            draw.rectangle((u0, v0, u1, v1), outline=(0, 0, 0), width=width + 2)
            draw.rectangle((u0 + 1, v0 + 1, u1 - 1, v1 - 1), outline=color, width=width)
            _tag(draw, image.size, (u0, v0 - 22 * unit), mark.letter, color, font, unit)
        if mark.dot is not None:
            u, v = (c * scale for c in mark.dot)
            r = 5 * unit
            draw.ellipse((u - r - 1, v - r - 1, u + r + 1, v + r + 1), fill=(0, 0, 0))
            draw.ellipse((u - r, v - r, u + r, v + r), fill=color)
            draw.ellipse((u - 1, v - 1, u + 1, v + 1), fill=(0, 0, 0))
            _tag(draw, image.size, (u + 9 * unit, v - 24 * unit), mark.letter, color, font, unit)


def _padded(box: list[float], least: float) -> tuple[float, float, float, float]:
    """Return the box grown to ``least`` pixels a side: a mark must not cover what it marks."""
    grow_u = max(2.0, (least - (box[2] - box[0])) / 2)
    grow_v = max(2.0, (least - (box[3] - box[1])) / 2)
    return box[0] - grow_u, box[1] - grow_v, box[2] + grow_u, box[3] + grow_v


def _tag(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    corner: tuple[float, float],
    letter: str,
    color: tuple[int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    unit: float,
) -> None:
    side = 22 * unit
    x = min(max(0.0, corner[0]), size[0] - side - 1)
    y = min(max(0.0, corner[1]), size[1] - side - 1)
    draw.rectangle((x, y, x + side, y + side), fill=color, outline=(0, 0, 0))
    light = sum(color) > 380
    draw.text(
        (x + side / 2, y + side / 2), letter, fill=(0, 0, 0) if light else (255, 255, 255),
        font=font, anchor="mm",
    )  # fmt: skip
