"""Pictures of a question: frames with marks, or drawings such as maps, as encoded bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.questions.marks import Mark, draw_marks
from sextant.questions.recipe import ImageRules


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
    size, scale = shrunk_size(image.width, image.height, rules)
    if scale < 1.0:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return image, scale


def shrunk_size(width: int, height: int, rules: ImageRules) -> tuple[tuple[int, int], float]:
    """Return what ``shrink`` makes of a frame's size, and its scale."""
    scale = min(1.0, rules.max_side / max(width, height))
    if scale < 1.0:
        return (round(width * scale), round(height * scale)), scale
    return (width, height), scale


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
