from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.directions import (
    EIGHT_SECTORS,
    FOUR_SECTORS,
    heading,
    sector,
    signed_angle,
    wrap,
)
from sextant.geometry.transforms import yaw_rotation

quick = settings(max_examples=60, deadline=None, derandomize=True)

coordinates = st.floats(-10, 10, allow_subnormal=False)
points = st.tuples(coordinates, coordinates, coordinates).map(np.array)
angles = st.floats(-20, 20)


def apart(a: np.ndarray, b: np.ndarray) -> bool:
    return math.hypot(*(a - b)[:2]) > 1e-3


def same_angle(a: float, b: float) -> bool:
    return abs(math.remainder(a - b, 2 * math.pi)) < 1e-8


@quick
@given(points, points, points, angles, points)
def test_signed_angle_follows_motion_and_flips_in_the_mirror(o, f, t, yaw, shift):
    if not (apart(o, f) and apart(o, t)):
        return
    theta = signed_angle(o, f, t)
    assert isinstance(theta, float)
    R = yaw_rotation(yaw)
    assert same_angle(signed_angle(R @ o + shift, R @ f + shift, R @ t + shift), theta)
    assert same_angle(signed_angle(3 * o, 3 * f, 3 * t), theta)
    mirror = np.array([1, -1, 1])
    assert same_angle(signed_angle(o * mirror, f * mirror, t * mirror), -theta)
    assert same_angle(signed_angle(o, t, f), -theta)
    assert same_angle(theta, heading(t - o) - heading(f - o))
    lifted = np.array([0, 0, 7.0])
    assert signed_angle(o, f + lifted, t - lifted) == theta


@pytest.mark.parametrize(
    ("target", "degrees"),
    [([2, 0], 0), ([0, 1], 90), ([1, 1], 45), ([0, -3], -90), ([-1, 0], 180), ([-1, -1], -135)],
)
def test_positive_is_to_the_left(target, degrees):
    assert signed_angle([0, 0], [1, 0], target) == pytest.approx(math.radians(degrees))


def test_many_targets_at_once():
    got = signed_angle([0, 0, 0], [1, 0, 0], [[[0, 1, 0], [1, 0, 5]], [[0, -1, 0], [1, 1, 1]]])
    np.testing.assert_allclose(got, np.radians([[90, 0], [-90, 45]]))


@quick
@given(angles)
def test_wrap_is_the_same_angle_in_the_half_open_turn(angle):
    assert -math.pi < wrap(angle) <= math.pi
    assert same_angle(wrap(angle), angle)
    assert wrap(wrap(angle)) == wrap(angle)


def test_wrap_at_the_seam():
    assert wrap(math.pi) == wrap(-math.pi) == math.pi
    assert wrap(0.0) == 0.0


@quick
@given(angles, st.sampled_from([EIGHT_SECTORS, FOUR_SECTORS]))
def test_sectors_cover_the_circle_and_margins_reach_the_border(angle, names):
    name, margin = sector(angle, names)
    width = 2 * math.pi / len(names)
    assert -1e-12 <= margin <= width / 2 + 1e-12
    centre = names.index(name) * width
    assert abs(math.remainder(angle - centre, 2 * math.pi)) == pytest.approx(
        width / 2 - margin, abs=1e-12
    )
    if margin > 1e-9:
        # Up to the margin the name stays on both sides; beyond it, it changes on one of them.
        assert {sector(angle + s * 0.999 * margin, names).name for s in (-1, 1)} == {name}
        beyond = [sector(angle + s * (margin + 1e-9), names).name for s in (-1, 1)]
        assert any(other != name for other in beyond)
    assert sector(angle + 2 * math.pi, names).margin_rad == pytest.approx(margin, abs=1e-12)


@quick
@given(angles)
def test_the_mirror_swaps_left_and_right(angle):
    name, margin = sector(angle)
    if margin > 1e-9:
        swapped = name.replace("left", "?").replace("right", "left").replace("?", "right")
        assert sector(-angle).name == swapped


def test_every_sector_is_centred_on_its_multiple():
    for names in (EIGHT_SECTORS, FOUR_SECTORS):
        width = 2 * math.pi / len(names)
        assert tuple(sector(k * width, names).name for k in range(len(names))) == names
        assert sector(width, names).margin_rad == pytest.approx(width / 2)
        assert sector(width / 2, names).margin_rad == pytest.approx(0.0, abs=1e-15)
