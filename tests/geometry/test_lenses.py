"""Lenses against the published formulas written out with scalars."""

from __future__ import annotations

import math

import numpy as np

from sextant.geometry.lenses import brown_conrady, fisheye624, kannala_brandt

RAYS = np.random.default_rng(3).normal(size=(200, 3)) * [0.6, 0.5, 0.2] + [0, 0, 1.2]


def test_brown_conrady_is_opencvs_formula() -> None:
    k1, k2, p1, p2, k3 = 0.11, -0.07, 0.002, -0.0013, 0.02
    for (a, b, c), got in zip(RAYS, brown_conrady(RAYS, [k1, k2, k3], [p1, p2]), strict=True):
        x, y = a / c, b / c
        r2 = x * x + y * y
        radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        wanted = (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        )
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_kannala_brandt_is_odd_in_the_angle() -> None:
    k = [0.03, -0.01, 0.004, -0.0007]
    for (a, b, c), got in zip(RAYS, kannala_brandt(RAYS, k), strict=True):
        theta, phi = math.atan2(math.hypot(a, b), c), math.atan2(b, a)
        d = theta + sum(ki * theta ** (2 * i + 3) for i, ki in enumerate(k))
        np.testing.assert_allclose(got, (d * math.cos(phi), d * math.sin(phi)), atol=1e-12)


def test_kannala_brandt_on_the_axis_and_behind() -> None:
    np.testing.assert_array_equal(kannala_brandt(np.array([0.0, 0.0, 2.0]), [0.1]), [0.0, 0.0])
    behind = kannala_brandt(np.array([1.0, 0.0, -1.0]), [])
    np.testing.assert_allclose(behind, [3 * math.pi / 4, 0.0])


def test_fisheye624_without_its_terms_is_equidistant() -> None:
    parameters = [300.0, 352.0, 350.0, *[0.0] * 12]
    uv = fisheye624(RAYS, parameters)
    np.testing.assert_allclose(uv, 300.0 * kannala_brandt(RAYS, []) + [352.0, 350.0])


def test_fisheye624_is_cut_from_the_same_cloth() -> None:
    k, p, s = [0.02, -0.01, 0.003, 0, 0, 0.0004], [0.001, -0.002], [0.0003, 0.0001, -0.0002, 4e-5]
    for ray, got in zip(RAYS, fisheye624(RAYS, [250.0, 10.0, 20.0, *k, *p, *s]), strict=True):
        x, y = kannala_brandt(ray, k)
        r2 = x * x + y * y
        u = x + p[0] * (r2 + 2 * x * x) + 2 * p[1] * x * y + s[0] * r2 + s[1] * r2**2
        v = y + p[1] * (r2 + 2 * y * y) + 2 * p[0] * x * y + s[2] * r2 + s[3] * r2**2
        np.testing.assert_allclose(got, (250.0 * u + 10.0, 250.0 * v + 20.0), atol=1e-9)
