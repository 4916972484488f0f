"""The writer's own PNG files, read by a decoder that is not ours."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sextant.sources.posed_rgbd.png import rgb_png, uint16_png

SHAPES = [(1, 1), (1, 7), (5, 1), (2, 3), (48, 64)]


def decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.array(image)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["noise", "ramp", "zeros", "top"])
def test_what_is_written_is_read_back(shape: tuple[int, int], kind: str) -> None:
    rng = np.random.default_rng(3)
    made = {
        "noise": lambda s, top: rng.integers(0, top + 1, s),
        "ramp": lambda s, top: np.arange(np.prod(s)).reshape(s) * 97 % (top + 1),
        "zeros": lambda s, top: np.zeros(s),
        "top": lambda s, top: np.full(s, top),
    }[kind]
    rgb = made((*shape, 3), 255).astype(np.uint8)
    np.testing.assert_array_equal(decoded(rgb_png(rgb)), rgb)
    values = made(shape, 65535).astype(np.uint16)
    np.testing.assert_array_equal(decoded(uint16_png(values)), values)


def test_arrays_may_be_views_in_any_order() -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (9, 8, 3)).astype(np.uint8)
    depth = rgb[..., 0].astype(np.uint16) * 257
    for turned in (np.rot90(rgb), rgb[:, ::-1], np.asfortranarray(rgb)):
        np.testing.assert_array_equal(decoded(rgb_png(turned)), turned)
    for turned in (np.rot90(depth), depth[::2], np.asfortranarray(depth)):
        np.testing.assert_array_equal(decoded(uint16_png(turned)), turned)


def test_runs_and_slopes_become_small() -> None:
    ids = np.zeros((480, 640), np.uint16)
    ids[100:300, 200:400] = 7
    assert len(uint16_png(ids)) < 0.02 * ids.nbytes
    slope = np.add.outer(np.arange(480), 257 * np.arange(640)).astype(np.uint16)
    assert len(uint16_png(slope)) < 0.02 * slope.nbytes
