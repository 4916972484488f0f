"""Pictures of rooms drawn in a moment: walls, floor and boxes in perspective, with some texture."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

SIZE = (320, 240)


def room(seed: int, view: int = 0) -> Image.Image:
    """Draw one view of a room; views of a room share its colours and its things."""
    own, look = np.random.default_rng(seed), np.random.default_rng((seed, view))
    w, h = SIZE
    wall, floor = own.integers(120, 230, 3), own.integers(60, 180, 3)
    image = Image.new("RGB", SIZE, tuple(wall))
    draw = ImageDraw.Draw(image)
    corner = int(look.integers(40, w - 40))
    level = int(look.integers(90, 160))
    draw.polygon([(corner, 0), (w, 0), (w, h), (corner, level)], fill=tuple(wall - 25))
    draw.polygon([(0, h), (0, level + 40), (corner, level), (w, level + 50), (w, h)],
                 fill=tuple(floor))  # fmt: skip
    for _ in range(9):
        colour = tuple(int(c) for c in own.integers(20, 235, 3))
        x, y = int(look.integers(-30, w)), int(look.integers(20, h))
        dx, dy = int(look.integers(20, 110)), int(look.integers(15, 90))
        draw.rectangle([x, y, x + dx, y + dy], fill=colour)
        draw.polygon([(x, y), (x + 15, y - 12), (x + dx + 15, y - 12), (x + dx, y)],
                     fill=tuple(min(255, c + 20) for c in colour))  # fmt: skip
    noise = look.normal(0, 3, (h, w, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def sheet(seed: int, *, detail: bool = False) -> Image.Image:
    """Draw blocks on white, as exercises show them; with a detail, one short line more."""
    own = np.random.default_rng(seed)
    image = Image.new("RGB", (384, 384), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = (int(own.integers(1, 9)) * 36 for _ in range(2))
        draw.rectangle([x, y, x + 36, y + 36], fill=(225, 225, 235), outline=(20, 20, 20), width=2)
    if detail:
        x, y = (int(own.integers(2, 8)) * 36 for _ in range(2))
        draw.line([x + 14, y + 18, x + 22, y + 18], fill=(20, 20, 20), width=2)
    return image


def encoded(image: Image.Image, form: str = "JPEG", **more: object) -> bytes:
    """Return an image file."""
    file = io.BytesIO()
    image.convert("RGB").save(file, form, **more)
    return file.getvalue()


def half(image: Image.Image) -> Image.Image:
    """Scale by a half."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "re-encoded": lambda image: encoded(image, quality=50),
    "resized": lambda image: encoded(half(image), quality=90),
    "png": lambda image: encoded(image, "PNG"),
}
