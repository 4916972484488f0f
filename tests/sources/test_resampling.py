"""Pictures brought onto another camera: a linear ramp must come back exactly, halves and all."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from sextant.errors import ConventionError
from sextant.geometry.lenses import brown_conrady, kannala_brandt
from sextant.geometry.projection import depth_to_points
from sextant.scenes import Camera
from sextant.sources.resampling import (
    Rectifier,
    nearest_onto,
    read_rgb_onto,
    turned_camera,
    turned_pose,
)

STORED = Camera(201, 161, 150.0, 140.0, 100.0, 82.0)
WANTED = Camera(90, 70, 72.0, 66.0, 44.0, 36.0)


def ramp(camera: Camera, slope: float = 100.0) -> np.ndarray:
    """A picture whose colour is linear in the ray: 128 + slope x, 128 + slope y, 128."""
    rays = depth_to_points(camera.K, np.ones((camera.height, camera.width)))
    planes = [128 + slope * rays[..., 0], 128 + slope * rays[..., 1], 128 + 0 * rays[..., 0]]
    return np.stack(planes, axis=-1).clip(0, 255)


def encoded(raster: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(raster).save(
        file, kind, **({"quality": 100, "subsampling": 0} if kind == "JPEG" else {})
    )
    return file.getvalue()


@pytest.mark.parametrize(("kind", "off"), [("PNG", 1.3), ("JPEG", 2.6)])
@pytest.mark.parametrize("wanted", [WANTED, Camera(60, 48, 48.0, 44.0, 29.0, 25.0)])
def test_a_ramp_is_kept_to_the_rounding(kind: str, off: float, wanted: Camera) -> None:
    data = encoded(np.rint(ramp(STORED)).astype(np.uint8), kind)
    got = read_rgb_onto(data, STORED, wanted, "ramp")
    wanted_ramp = ramp(wanted)
    inner = np.abs(got - wanted_ramp)[2:-2, 2:-2]
    assert inner.max() < off
    # Pillow rounds down, hence 0.4 grey values; half a pixel would be 0.7 and more on top.
    bias = (got - wanted_ramp)[2:-2, 2:-2].mean(axis=(0, 1))[:2]
    assert np.abs(bias + 0.4).max() < 0.3


def test_an_unchanged_camera_is_not_resampled() -> None:
    raster = np.random.default_rng(0).integers(0, 255, (161, 201, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_rgb_onto(encoded(raster, "PNG"), STORED, STORED), raster)


def test_another_size_than_the_camera_is_refused() -> None:
    data = encoded(np.zeros((10, 10, 3), np.uint8), "PNG")
    with pytest.raises(ConventionError, match="another size"):
        read_rgb_onto(data, STORED, WANTED, "x")


@pytest.mark.parametrize("focal", [1e-5, 0.5, 1e5, 1e8])
def test_sensors_that_cannot_be_of_one_device_are_refused(focal: float) -> None:
    broken = Camera(90, 70, focal, 66.0, 44.0, 36.0)
    data = encoded(np.zeros((161, 201, 3), np.uint8), "JPEG")
    with pytest.raises(ConventionError, match="do not fit"):
        read_rgb_onto(data, STORED, broken, "x")
    with pytest.raises(ConventionError, match="do not fit"):
        nearest_onto(np.zeros((161, 201), np.uint16), STORED, broken)


def test_a_picture_that_becomes_one_pixel_is_still_one() -> None:
    data = encoded(np.full((161, 201, 3), 9, np.uint8), "JPEG")
    tiny = Camera(1, 1, 2.5, 2.5, 0.5, 0.5)
    assert read_rgb_onto(data, STORED, tiny, "x").shape == (1, 1, 3)


def test_nearest_takes_the_pixel_that_the_ray_hits_and_0_beyond() -> None:
    values = np.arange(201 * 161, dtype=np.uint16).reshape(161, 201)
    wide = Camera(90, 70, 30.0, 66.0, 44.0, 36.0)
    got = nearest_onto(values, STORED, wide)
    rays = depth_to_points(wide.K, np.ones((70, 90)))
    for row in range(0, 70, 7):
        for column in range(90):
            u = STORED.fx * rays[row, column, 0] + STORED.cx
            v = STORED.fy * rays[row, column, 1] + STORED.cy
            inside = 0 <= u < 201 and 0 <= v < 161
            assert got[row, column] == (values[int(v), int(u)] if inside else 0)


def test_turned_camera_and_pose_fit_the_turned_raster() -> None:
    camera = turned_camera(STORED, 1)
    assert (camera.width, camera.height) == (161, 201)
    turned = np.rot90(ramp(STORED), 1)
    rays = depth_to_points(camera.K, np.ones((201, 161))) @ turned_pose(np.eye(4), 1)[:3, :3].T
    np.testing.assert_allclose(turned[..., 0], (128 + 100 * rays[..., 0]).clip(0, 255))
    np.testing.assert_allclose(turned[..., 1], (128 + 100 * rays[..., 1]).clip(0, 255))


@pytest.mark.parametrize("model", ["fisheye", "brown"])
def test_a_rectified_lens_is_a_pinhole(model: str) -> None:
    k = [0.08, -0.03, 0.01, 0.0]

    def lens(rays: np.ndarray) -> np.ndarray:
        xy = (
            kannala_brandt(rays, k) if model == "fisheye" else brown_conrady(rays, k, [1e-3, -2e-3])
        )
        return xy * [150.0, 140.0] + [100.0, 82.0]

    # The stored picture, by brute force: which ray falls on each of its pixels (Newton's method).
    v, u = np.mgrid[0:161, 0:201] + 0.5
    target = np.stack([u, v], axis=-1)
    xy = (target - [100.0, 82.0]) / [150.0, 140.0]
    for _ in range(60):
        rays = np.concatenate([xy, np.ones((161, 201, 1))], axis=-1)
        xy = xy - 0.8 * (lens(rays) - target) / [150.0, 140.0]
    stored = np.stack([128 + 60 * xy[..., 0], 128 + 60 * xy[..., 1], 128 + 0 * u], axis=-1)
    rectifier = Rectifier(lens, 201, 161, WANTED)
    assert rectifier.valid.mean() > 0.9
    got = rectifier.bilinear(np.rint(stored).astype(np.uint8))
    off = np.abs(got - ramp(WANTED, 60.0))[rectifier.valid]
    assert off.max() < 1.6
    # Left bent, the ramp would be off by several grey values.
    straight = Rectifier(lambda r: r[..., :2] / r[..., 2:] * [150.0, 140.0] + [100.0, 82.0],
                         201, 161, WANTED)  # fmt: skip
    bent = straight.bilinear(np.rint(stored).astype(np.uint8))
    assert np.abs(bent - ramp(WANTED, 60.0))[straight.valid].max() > (
        3.0 if model == "fisheye" else 1.0
    )
    ids = rectifier.nearest(np.full((161, 201), 7, np.uint8))
    np.testing.assert_array_equal(ids, np.where(rectifier.valid, 7, 0))


@pytest.mark.parametrize("size", [(37, 29), (1, 1), (1, 5), (64, 2)])
def test_rectified_pictures_and_maps_are_those_of_plain_interpolation(
    size: tuple[int, int],
) -> None:
    width, height = size
    rng = np.random.default_rng(5)
    pinhole = Camera(23, 17, 20.0, 21.0, 11.0, 9.0)

    def lens(rays: np.ndarray) -> np.ndarray:
        xy = kannala_brandt(rays, [0.1, -0.02, 0.0, 0.0])
        return xy * [width * 1.1, height * 0.9] + [width * 0.5, height * 0.45]

    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    ids = rng.integers(1, 2**60, (height, width), dtype=np.uint64)
    rectifier = Rectifier(lens, width, height, pinhole)
    got, taken = rectifier.bilinear(picture), rectifier.nearest(ids)
    assert 0.2 < rectifier.valid.mean() <= 1.0
    for i in range(17):
        for j in range(23):
            ray = [(j + 0.5 - 11.0) / 20.0, (i + 0.5 - 9.0) / 21.0, 1.0]
            u, v = lens(np.array(ray))
            inside = 0 <= u < width and 0 <= v < height
            assert bool(rectifier.valid[i, j]) == inside
            if not inside:
                assert taken[i, j] == 0
                assert not got[i, j].any()
                continue
            assert taken[i, j] == ids[math.floor(v), math.floor(u)]
            x, y = min(max(u - 0.5, 0), width - 1), min(max(v - 0.5, 0), height - 1)
            left, top = math.floor(x), math.floor(y)
            right, below = min(left + 1, width - 1), min(top + 1, height - 1)
            wanted = (
                (1 - y + top) * ((1 - x + left) * picture[top, left].astype(float)
                                 + (x - left) * picture[top, right])
                + (y - top) * ((1 - x + left) * picture[below, left].astype(float)
                               + (x - left) * picture[below, right])
            )  # fmt: skip
            assert np.abs(got[i, j] - wanted).max() < 0.501


def test_a_raster_of_another_size_than_its_lens_is_refused() -> None:
    camera = Camera(8, 6, 8.0, 8.0, 4.0, 3.0)
    own = Rectifier(lambda rays: rays[..., :2] * 8.0 + (4.0, 3.0), 8, 6, camera)
    assert own.bilinear(np.full((6, 8, 3), 9, dtype=np.uint8)).max() == 9
    for shape in ((8, 6), (6, 7), (5, 8), (0, 0)):
        with pytest.raises(ConventionError, match="another size"):
            own.bilinear(np.zeros((*shape, 3), dtype=np.uint8))
        with pytest.raises(ConventionError, match="another size"):
            own.nearest(np.zeros(shape, dtype=np.uint16))
