"""Lens models by the names of COLMAP: one point each, by the formulas of its documentation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.errors import ConventionError
from sextant.sources.colmap.lenses import lens_of
from sextant.sources.stored_lens import MAX_SIDE, StoredLens, map_onto

U, V = 0.31, -0.22
R2 = U * U + V * V
R = math.sqrt(R2)
T = math.atan(R)
K1, K2, K3, K4, P1, P2 = 0.1, -0.02, 0.03, 0.004, 0.005, -0.006
TU, TV = U * T / R, V * T / R
T2 = T * T


def brown(u: float, v: float, radial: float) -> tuple[float, float]:
    r2 = u * u + v * v
    return (
        u * radial + 2 * P1 * u * v + P2 * (r2 + 2 * u * u),
        v * radial + 2 * P2 * u * v + P1 * (r2 + 2 * v * v),
    )


FISH = 1 + K1 * T2 + K2 * T2**2 + K3 * T2**3 + K4 * T2**4
THIN = brown(TU, TV, FISH)
FULL = (1 + K1 * R2 + K2 * R2**2 + K3 * R2**3) / (1 + K4 * R2 + 0.02 * R2**2 - 0.01 * R2**3)
FIELD = math.atan(2 * R * math.tan(0.45)) / 0.9

KNOWN = {
    "SIMPLE_PINHOLE": ([], (U, V)),
    "PINHOLE": ([], (U, V)),
    "SIMPLE_RADIAL": ([K1], (U * (1 + K1 * R2), V * (1 + K1 * R2))),
    "RADIAL": ([K1, K2], tuple(x * (1 + K1 * R2 + K2 * R2**2) for x in (U, V))),
    "OPENCV": ([K1, K2, P1, P2], brown(U, V, 1 + K1 * R2 + K2 * R2**2)),
    "FULL_OPENCV": ([K1, K2, P1, P2, K3, K4, 0.02, -0.01], brown(U, V, FULL)),
    "OPENCV_FISHEYE": ([K1, K2, K3, K4], (TU * FISH, TV * FISH)),
    "SIMPLE_RADIAL_FISHEYE": ([K1], tuple(x * (1 + K1 * T2) for x in (TU, TV))),
    "RADIAL_FISHEYE": ([K1, K2], tuple(x * (1 + K1 * T2 + K2 * T2**2) for x in (TU, TV))),
    "FOV": ([0.9], (U * FIELD / R, V * FIELD / R)),
    "THIN_PRISM_FISHEYE": (
        [K1, K2, P1, P2, K3, K4, 0.007, -0.008],
        (THIN[0] + 0.007 * (TU**2 + TV**2), THIN[1] - 0.008 * (TU**2 + TV**2)),
    ),
}


@pytest.mark.parametrize("model", KNOWN)
def test_every_model_projects_by_its_formula(model: str) -> None:
    params, (x, y) = KNOWN[model]
    one = model.startswith("SIMPLE_") or model in ("RADIAL", "RADIAL_FISHEYE")
    focal = [300.0] if one else [300.0, 310.0]
    lens = lens_of(model, 640, 480, (*focal, 321.0, 243.0, *params), "test")
    got = lens(np.array([U, V, 1.0]) * 2.5)
    wanted = [300.0 * x + 321.0, focal[-1] * y + 243.0]
    np.testing.assert_allclose(got, wanted, atol=1e-9)


def test_rays_beyond_the_turn_of_a_polynomial_are_not_shown() -> None:
    lens = lens_of("SIMPLE_RADIAL", 640, 480, (300.0, 320.0, 240.0, -0.3), "test")
    near, far = lens(np.array([[0.5, 0.0, 1.0], [1.8, 0.0, 1.0]]))
    assert np.all(np.isfinite(near))
    assert np.all(np.isnan(far))


def test_large_pictures_of_bent_lenses_are_averaged_down() -> None:
    lens = StoredLens(4000, 3000, 2000.0, 2000.0, 2001.0, 1501.0, "fisheye", (0.0,) * 4)
    assert lens.shrink == 4
    small = lens.pinhole
    assert max(small.width, small.height) <= MAX_SIDE
    assert (small.width, small.fx, small.cx) == (1000, 500.0, 500.25)
    straight = StoredLens(4000, 3000, 2000.0, 2000.0, 2001.0, 1501.0)
    assert straight.pinhole == straight.camera


def test_a_map_of_another_size_is_spread_by_nearest() -> None:
    lens = StoredLens(8, 6, 9.0, 9.0, 4.0, 3.0)
    stored = np.arange(12, dtype=np.uint16).reshape(3, 4)
    np.testing.assert_array_equal(map_onto(stored, lens), stored.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("opencv", (0.0,) * 4),
        ("fisheye", (math.nan, 0.0, 0.0, 0.0)),
        ("ftheta", ()),
        ("fisheye", (1e300, 0.0, 0.0, 0.0)),
    ],
)
def test_lenses_that_cannot_be_are_refused(model: str, params: tuple[float, ...]) -> None:
    with pytest.raises(ConventionError):
        StoredLens(8, 6, 9.0, 9.0, 4.0, 3.0, model, params)
