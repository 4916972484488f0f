"""What a pinhole may be: numbers that arithmetic on pixels bears."""

from __future__ import annotations

import math

import pytest

from sextant.errors import ConventionError
from sextant.scenes import Camera


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"width": 0}, "size must be positive"),
        ({"height": -1}, "size must be positive"),
        ({"width": 10_000, "height": 10_000}, "too many pixels"),
        ({"fx": 0.0}, "focal"),
        ({"fy": math.nan}, "focal"),
        ({"fx": math.inf}, "focal"),
        ({"fx": 1e-300}, "focal"),
        ({"fy": 1e300}, "focal"),
        ({"cx": math.nan}, "principal point"),
        ({"cy": -1e300}, "principal point"),
    ],
)
def test_cameras_that_cannot_be_are_refused(change: dict[str, float], what: str) -> None:
    numbers = {"width": 64, "height": 48, "fx": 50.0, "fy": 50.0, "cx": 32.0, "cy": 24.0}
    with pytest.raises(ConventionError, match=what):
        Camera(**numbers | change)  # type: ignore[arg-type]


def test_an_8k_frame_is_a_camera() -> None:
    assert Camera(7680, 4320, 5000.0, 5000.0, 3840.0, 2160.0).K[0, 2] == 3840.0
