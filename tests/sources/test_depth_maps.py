from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.errors import ConventionError
from sextant.sources.depth_maps import metres


def test_steps_become_metres_and_invalid_ones_nan() -> None:
    raw = np.array([[0, 1500], [65535, 4]], dtype=np.uint16)
    depth_m = metres(raw, 0.001, "x", invalid=(0, 65535))
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, [[np.nan, 1.5], [np.nan, 0.004]], rtol=1e-6)


def test_the_result_can_be_written_to() -> None:
    depth_m = metres(np.full((2, 2), 1000, np.uint16), 0.001, "x")
    depth_m[0, 0] = 5.0
    assert metres(np.full((2, 2), 1000, np.uint16), 0.001, "x")[0, 0] == 1.0


@pytest.mark.parametrize("steps", [3, 45_000])
def test_a_median_that_is_no_room_is_refused(steps: int) -> None:
    unit_m = 0.001 if steps == 3 else 0.01
    with pytest.raises(ConventionError, match="wrong unit"):
        metres(np.full((300, 400), steps, np.uint16), unit_m, "x")


@pytest.mark.parametrize("unit_m", [0.0, -0.001, 1e300, math.inf, math.nan, 1e-320])
def test_a_unit_that_cannot_be_is_refused_though_nothing_was_measured(unit_m: float) -> None:
    with pytest.raises(ConventionError, match="impossible unit"):
        metres(np.zeros((2, 2), np.uint16), unit_m, "x")


def test_an_empty_map_passes() -> None:
    assert np.isnan(metres(np.zeros((4, 4), np.uint16), 0.001, "x")).all()
