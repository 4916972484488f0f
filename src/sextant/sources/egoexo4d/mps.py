"""Files of Aria's machine perception services, and Ego-Exo4D's tables of cameras and times."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.rotations import rotation_from_xyzw
from sextant.geometry.transforms import rigid
from sextant.scenes.checks import project_pose
from sextant.sources.aria import lens_at, rgb_camera
from sextant.sources.documents import parse_json, read_gzip
from sextant.sources.quarantine import Quarantine
from sextant.sources.stored_lens import StoredLens

Array = NDArray[np.float64]

MAX_BYTES = 2 * 1024**3
_LATEST = 1e18
"""Microseconds, and more than any other column holds: beyond it no 64-bit integer counts them."""

_CAMERA_ID = re.compile(r"[^./\\\x00][^/\\\x00]{0,99}")

MAX_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Poses of the glasses.

    Attributes:
        times_us: (n,) ascending, on the device's clock.
        rows: (n, 7) translation and quaternion x, y, z, w of T_world_device.
        up: (3,) unit vertical in the files' world.
    """

    times_us: NDArray[np.int64]
    rows: Array
    up: Array

    def at(self, time_ns: int, tolerance_us: int = 2000) -> Array | None:
        """Return T_world_device nearest to a time, or None if none is within the tolerance."""
        time_us = time_ns / 1000
        right = int(np.searchsorted(self.times_us, time_us))
        near = [i for i in (right - 1, right) if 0 <= i < len(self.times_us)]
        best = min(near, key=lambda i: abs(int(self.times_us[i]) - time_us), default=None)
        if best is None or abs(int(self.times_us[best]) - time_us) > tolerance_us:
            return None
        row = self.rows[best]
        return rigid(rotation_from_xyzw(row[3:]), row[:3])


@dataclass(frozen=True, slots=True)
class Eye:
    """The RGB camera of the glasses.

    Attributes:
        params: (15,) of Fisheye624, for the full sensor, pixel centres at whole numbers.
        times_us: (n,) ascending times of ``T_device_camera``.
        T_device_camera: (n, 4, 4).
    """

    params: tuple[float, ...]
    times_us: NDArray[np.int64]
    T_device_camera: Array

    def mount(self, time_ns: int) -> Array:
        """Return T_device_camera nearest to a time."""
        near = int(np.argmin(np.abs(self.times_us - time_ns / 1000)))
        return np.asarray(self.T_device_camera[near])

    def lens(self, side: int) -> StoredLens:
        """Return the lens of square pictures of the sensor's raster, ``side`` pixels wide."""
        f, cu, cv, *bent = lens_at(self.params, side)
        return StoredLens(side, side, f, f, cu + 0.5, cv + 0.5, "aria", tuple(bent))


@dataclass(frozen=True, slots=True)
class StaticCamera:
    """A GoPro on its tripod.

    Attributes:
        id: As its video is called.
        lens: For the size that the table states, pixel centres at halves.
        T_world_camera: (4, 4) in the files' world.
        first, last: Video frames for which it holds; last is None for all.
    """

    id: str
    lens: StoredLens
    T_world_camera: Array
    first: int
    last: int | None


def read_trajectory(path: Path) -> Trajectory:
    """Read closed_loop_trajectory.csv.

    Raises:
        InputError: If it is missing, no table, or its gravity is none.
    """
    names = ["tracking_timestamp_us"]
    names += [f"{a}_world_device" for a in ("tx", "ty", "tz", "qx", "qy", "qz", "qw")]
    names += [f"gravity_{a}_world" for a in "xyz"]
    table = _columns(path, names)
    rows, gravity = table[:, 1:8], table[:, 8:]
    if len(table) == 0:
        raise CorruptInput("trajectory is empty", where=path)
    lengths = np.linalg.norm(rows[:, 3:], axis=1)
    finite = np.all(np.isfinite(table)) and np.all(np.abs(table) < _LATEST)
    if not finite or not np.all(np.abs(lengths - 1) < 1e-3):
        raise ConventionError("trajectory holds no finite poses", where=path)
    down = gravity.mean(axis=0)
    length = float(np.linalg.norm(down))
    if not 9.0 < length < 10.6:
        raise ConventionError(
            "gravity is none", where=path, expected="about 9.81 m/s2", got=f"{length:.3g}"
        )
    order = np.argsort(table[:, 0], kind="stable")
    times = table[order, 0].astype(np.int64)
    return Trajectory(times, rows[order], -down / length)


def read_eye(path: Path) -> Eye:
    """Read the RGB camera of online_calibration.jsonl; the lens is that of the middle record.

    Raises:
        InputError: If it is missing, holds no camera-rgb, or a lens of another kind.
    """
    if not path.is_file():
        raise MissingInput("calibration is not there", where=path)
    quarantine = Quarantine("calibrations")
    found: list[tuple[int, tuple[float, ...], Array]] = []

    def read(entry: tuple[int, bytes]) -> tuple[int, tuple[float, ...], Array]:
        return _calibration(entry[1], f"{path}: line {entry[0]}")

    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorruptInput("calibration is too large", where=path)
        with path.open("rb") as file:
            lines = [(i, t) for i, t in enumerate(file, start=1) if t.strip()]
    except OSError as error:
        raise CorruptInput("calibration cannot be read", where=path, got=error) from error
    found = sorted((c for _, c in quarantine.sift(lines, read)), key=lambda c: c[0])
    quarantine.check()
    if not found:
        raise CorruptInput("calibration is empty", where=path)
    return Eye(
        found[len(found) // 2][1],
        np.array([c[0] for c in found], dtype=np.int64),
        np.array([c[2] for c in found]),
    )


def read_static_cameras(path: Path) -> tuple[list[StaticCamera], Quarantine, int]:
    """Read gopro_calibs.csv: the cameras, the broken rows, and how many were not localised.

    Raises:
        InputError: If it is missing, or more than half of its rows are broken.
    """
    rows = _text_table(path)
    quarantine = Quarantine("static_cameras", max_share=0.5)
    lost = 0
    localised = []
    for number, row in enumerate(rows, start=2):
        if not _is_localised(row.get("quality", "")):
            lost += 1
        else:
            localised.append((f"{path}: line {number}", row))
    cameras = [c for _, c in quarantine.sift(localised, lambda e: _static_camera(*e))]
    quarantine.check()
    return cameras, quarantine, lost


def read_times_ns(path: Path, column: str, first: int, last: int) -> NDArray[np.float64]:
    """Return (n,) times of the rows first..last-1 of a timesync.csv; NaN where there is none."""
    table = _columns(path, [column])
    if not 0 <= first <= last <= len(table):
        raise ConventionError(
            "take lies outside of the capture's table", where=path,
            expected=f"rows 0..{len(table)}", got=f"{first}..{last}",
        )  # fmt: skip
    times = table[first:last, 0]
    return np.where(np.isfinite(times), times, np.nan)


def semidense_points(path: Path, max_std_m: float = 0.05) -> Array:
    """Return (n, 3) points of semidense_points.csv.gz in the files' world.

    Args:
        path: The file, packed or not.
        max_std_m: Points whose distance is less certain are left out.

    Raises:
        InputError: If it is missing or no such table.
    """
    table = _columns(path, ["px_world", "py_world", "pz_world", "dist_std"])
    good = np.isfinite(table).all(axis=1) & (table[:, 3] <= max_std_m)
    return np.asarray(table[good, :3])


def _columns(path: Path, names: list[str]) -> Array:
    """Return the named columns of a CSV file as (n, k) float64; empty cells are NaN."""
    import pyarrow
    from pyarrow import csv

    data = _unpacked(path)
    try:
        table = csv.read_csv(
            io.BytesIO(data),
            convert_options=csv.ConvertOptions(
                include_columns=names, column_types=dict.fromkeys(names, pyarrow.float64())
            ),
        )
        columns = [table.column(name).to_numpy(zero_copy_only=False) for name in names]
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        raise CorruptInput(
            "table cannot be read", where=path, expected=", ".join(names)[:200],
            got=str(error)[:200],
        ) from error  # fmt: skip
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def _unpacked(path: Path) -> bytes:
    if not path.is_file():
        raise MissingInput("table is not there", where=path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorruptInput("table is too large", where=path, expected=MAX_BYTES)
        return read_gzip(path, MAX_BYTES) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, MemoryError) as error:
        raise CorruptInput("table cannot be read", where=path, got=error) from error


def _text_table(path: Path) -> list[dict[str, str]]:
    import csv

    try:
        text = _unpacked(path).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorruptInput("table cannot be read", where=path, got=error) from error
    return [{k: v or "" for k, v in row.items() if k is not None} for row in rows]


def _is_localised(quality: str) -> bool:
    """Tell whether a quality says so; a table without that column says nothing else."""
    try:
        return not quality.strip() or float(quality) == 1.0
    except ValueError:
        return False


def _static_camera(where: str, row: Mapping[str, str]) -> StaticCamera:
    names = [f"{a}_world_cam" for a in ("tx", "ty", "tz", "qx", "qy", "qz", "qw")]
    names += [f"intrinsics_{i}" for i in range(8)]
    try:
        values = np.array([float(row[name]) for name in names])
        width, height = int(float(row["image_width"])), int(float(row["image_height"]))
        first = int(float(row.get("start_frame_idx") or -1))
        last = int(float(row.get("end_frame_idx") or -1))
    except (KeyError, ValueError, OverflowError) as error:
        raise CorruptInput("camera has no usable numbers", where=where, got=repr(error)) from error
    camera_id, kind = row.get("cam_uid", "").strip(), row.get("intrinsics_type", "").strip()
    if not _CAMERA_ID.fullmatch(camera_id):
        raise CorruptInput("camera has no usable id", where=where, got=camera_id[:80])
    if kind not in ("KANNALABRANDTK3", "KANNALA_BRANDT_K3"):
        raise ConventionError(
            "unknown lens model", where=where, expected="KANNALABRANDTK3", got=kind[:80]
        )
    good = np.all(np.abs(values) < 1e9) and abs(float(np.linalg.norm(values[3:7])) - 1) <= 1e-3
    if not good:
        raise ConventionError("camera has no finite pose", where=where)
    T = rigid(rotation_from_xyzw(values[3:7]), values[:3])
    fx, fy, cx, cy, *k = (float(x) for x in values[7:])
    lens = StoredLens(width, height, fx, fy, cx + 0.5, cy + 0.5, "fisheye", tuple(k))
    whole = first < 0 or last < 0
    return StaticCamera(
        camera_id, lens, project_pose(T, where=where)[0], 0 if whole else first,
        None if whole else last,
    )  # fmt: skip


def _calibration(line: bytes, where: str) -> tuple[int, tuple[float, ...], Array]:
    if len(line) > MAX_LINE:
        raise CorruptInput("calibration record is too long", where=where)
    try:
        record: Any = parse_json(line.decode(), where)
        time_us = int(record["tracking_timestamp_us"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise CorruptInput("record cannot be read", where=where, got=repr(error)[:200]) from error
    if not abs(time_us) < _LATEST:
        raise CorruptInput("record has no usable time", where=where, got=str(time_us)[:80])
    return time_us, *rgb_camera(record, where)
