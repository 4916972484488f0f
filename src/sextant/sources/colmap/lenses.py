"""COLMAP's camera models: which numbers a lens has, and the lens that they describe."""

from __future__ import annotations

from collections.abc import Mapping

from sextant.errors import ConventionError, CorruptInput
from sextant.sources.stored_lens import StoredLens

MAX_SIDE = 65_536

MODELS: Mapping[str, tuple[int, int]] = {
    "SIMPLE_PINHOLE": (0, 3), "PINHOLE": (1, 4), "SIMPLE_RADIAL": (2, 4), "RADIAL": (3, 5),
    "OPENCV": (4, 8), "OPENCV_FISHEYE": (5, 8), "FULL_OPENCV": (6, 12), "FOV": (7, 5),
    "SIMPLE_RADIAL_FISHEYE": (8, 4), "RADIAL_FISHEYE": (9, 5), "THIN_PRISM_FISHEYE": (10, 12),
}  # fmt: skip
"""Number in binary files and count of parameters, by the name in text files."""

NAMES = {number: name for name, (number, _) in MODELS.items()}
"""Names by the number in binary files."""


def lens_of(
    name: str, width: int, height: int, params: tuple[float, ...], where: str
) -> StoredLens:
    """Return the lens of one of COLMAP's camera models.

    Raises:
        ConventionError: If the model is unknown, or its numbers cannot be.
    """
    if name not in MODELS:
        raise ConventionError(
            "unknown camera model", where=where, expected=", ".join(MODELS), got=name[:80],
            hint="colmap's image_undistorter makes a PINHOLE model of any other",
        )  # fmt: skip
    if len(params) != MODELS[name][1]:
        raise CorruptInput(
            "wrong number of camera parameters", where=where,
            expected=f"{MODELS[name][1]} for {name}", got=len(params),
        )  # fmt: skip
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise CorruptInput("unusable size of a camera", where=where, got=f"{width}x{height}")
    one_focal = name.startswith("SIMPLE_") or name in ("RADIAL", "RADIAL_FISHEYE")
    fx, fy, cx, cy, *d = (params[0], *params) if one_focal else params
    no = 0.0
    model, numbers = {
        "SIMPLE_RADIAL": ("opencv", (*d, no, no, no, no, no, no, no)),
        "RADIAL": ("opencv", (*d, no, no, no, no, no, no)),
        "OPENCV": ("opencv", (*d[:2], no, no, no, no, *d[2:])),
        "FULL_OPENCV": ("rational", tuple(d)),
        "OPENCV_FISHEYE": ("fisheye", tuple(d)),
        "SIMPLE_RADIAL_FISHEYE": ("fisheye", (*d, no, no, no)),
        "RADIAL_FISHEYE": ("fisheye", (*d, no, no)),
        "FOV": ("fov", tuple(d)),
        "THIN_PRISM_FISHEYE": ("thin_prism", tuple(d)),
    }.get(name, ("pinhole", ()))
    try:
        return StoredLens(width, height, fx, fy, cx, cy, model, tuple(numbers))
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error
