"""Drawings keep their colours in a palette."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from sextant.questions.drawing import SCALE, TINTS, Canvas, palette_png, ramp


def test_palette_keeps_the_colours_and_comes_close_to_mixtures():
    colors = ("#ffffff", "#1d2733", "#c0392b")
    image = Image.new("RGB", (60, 60), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((5, 5, 20, 20), fill="#1d2733")
    draw.rectangle((30, 5, 50, 20), fill="#c0392b")
    draw.text((5, 30), "sofa", fill="#1d2733")
    back = Image.open(io.BytesIO(palette_png(image, colors))).convert("RGB")
    for place, color in (((0, 0), 0), ((10, 10), 1), ((40, 10), 2)):
        assert back.getpixel(place) == ImageColor.getrgb(colors[color])
    off = np.abs(np.asarray(image).astype(int) - np.asarray(back).astype(int))
    assert off.max() <= 20


def test_canvas_is_shrunk_and_tinted():
    canvas = Canvas(40, 30)
    canvas.draw.rectangle((0, 0, SCALE * 10 - 1, SCALE * 10 - 1), fill=128)
    image = Image.open(io.BytesIO(canvas.png(TINTS[1]))).convert("RGB")
    assert image.size == (40, 30)
    assert image.getpixel((5, 5)) == TINTS[1]
    assert image.getpixel((30, 20)) == (255, 255, 255)


def test_ramp_grows_lighter():
    levels = np.frombuffer(ramp(TINTS[0]), dtype=np.uint8).reshape(256, 3).astype(int).sum(axis=1)
    assert (np.diff(levels) >= 0).all()
    assert levels[-1] == 765
