"""What all recordings of Project Aria glasses share: the RGB sensor and its calibration record.

Calibrations are written for the full sensor; published pictures are that raster less a margin, and
smaller. Aria's pixel convention puts the centre of the top-left pixel at (0, 0). The sensor is
mounted a quarter turn off: the right of a stored picture is the floor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.transforms import rigid, rotation_from_quaternion
from sextant.scenes.checks import project_pose
from sextant.sources.documents import shown

Array = NDArray[np.float64]

SENSOR_SIDE = 2880
CROP = 32
"""The RGB sensor's pixels, of which published pictures lack 32 at each side: 1408 and 704 are half
and a quarter of the rest (``AriaCalibRescaleAndCrop.cpp`` of projectaria_tools)."""

VALID_RADIUS = 1415.0
"""Pixels of the full sensor around the principal point within which the lens model holds
(``ConfigData.cpp`` of projectaria_tools)."""

R_SENSOR_UPRIGHT: Array = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Columns: right, down and forward of the upright camera, in the stored picture's axes."""


def raster_of(side: int) -> tuple[float, int]:
    """Return (scale, crop) of square pictures: sensor pixels are first cut off, then averaged."""
    crop = 0 if side == SENSOR_SIDE else CROP
    return side / (SENSOR_SIDE - 2 * crop), crop


def lens_at(params: tuple[float, ...], side: int) -> tuple[float, ...]:
    """Return the (15,) Fisheye624 numbers of square pictures ``side`` pixels wide.

    Args:
        params: f, cu, cv, k0..k5, p0, p1, s0..s3 of the full sensor, pixel centres at whole
            numbers, as in the result.
        side: Pixels of the pictures' side.
    """
    scale, crop = raster_of(side)
    f, *centre = params[:3]
    cu, cv = ((c + 0.5 - crop) * scale - 0.5 for c in centre)
    return (f * scale, cu, cv, *params[3:])


def rgb_camera(record: Any, where: str) -> tuple[tuple[float, ...], Array]:
    """Read the RGB camera of a calibration record (``calib_json``, ``online_calibration.jsonl``).

    Args:
        record: The parsed document.
        where: Its place, for messages.

    Returns:
        The (15,) numbers of Fisheye624 for the full sensor and (4, 4) T_device_camera of the
        stored, turned picture.

    Raises:
        CorruptInput: If it has no such camera or lacks a part of it.
        ConventionError: If the lens is another model or of another raster, or the pose is none.
    """
    try:
        camera = next(c for c in record["CameraCalibrations"] if c["Label"] == "camera-rgb")
        kind = camera["Projection"]["Name"]
        params = tuple(float(p) for p in camera["Projection"]["Params"])
        w, xyz = camera["T_Device_Camera"]["UnitQuaternion"]
        wxyz = np.array([float(w), *(float(x) for x in xyz)])
        place = np.array([float(x) for x in camera["T_Device_Camera"]["Translation"]])
    except StopIteration:
        raise CorruptInput("record has no camera-rgb", where=where) from None
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise CorruptInput("record cannot be read", where=where, got=repr(error)[:200]) from error
    if kind != "FisheyeRadTanThinPrism" or len(params) != 15:
        raise ConventionError(
            "unknown lens model", where=where, expected="FisheyeRadTanThinPrism with 15 parameters",
            got=f"{shown(kind)} with {len(params)}",
        )  # fmt: skip
    inside = all(0.35 * SENSOR_SIDE < c < 0.65 * SENSOR_SIDE for c in params[1:3])
    if not (all(math.isfinite(p) for p in params) and params[0] > 0 and inside):
        raise ConventionError(
            "lens is not of the full sensor", where=where,
            expected=f"a centre near {SENSOR_SIDE // 2}", got=params[:3],
        )  # fmt: skip
    shaped = wxyz.shape == (4,) and place.shape == (3,) and np.abs(wxyz).max() < 2
    if not shaped or not abs(np.linalg.norm(wxyz) - 1) < 1e-3:
        raise ConventionError("camera's place on the device cannot be", where=where)
    T = rigid(rotation_from_quaternion(wxyz), place)
    return params, project_pose(T, where=where)[0]
