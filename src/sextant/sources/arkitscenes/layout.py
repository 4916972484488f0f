"""Where ARKitScenes keeps its files, and its poses, times and intrinsics."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import invert, rigid
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.documents import read_text
from sextant.sources.quarantine import Quarantine

Array = NDArray[np.float64]

_VIDEO = re.compile(r"\d{6,12}")
_TIMED = re.compile(r"(?:\d+_)?(\d+\.\d+)\.(?:png|pincam)")
_SPLITS = {"Training": "train", "Validation": "val"}


@dataclass(frozen=True, slots=True)
class ScanFiles:
    """One scan: the folder of a video, and where its frames lie (3dod or raw)."""

    folder: Path
    frames: Path

    @property
    def id(self) -> str:
        """The video's number."""
        return self.folder.name

    @property
    def annotation(self) -> Path:
        """Boxes; the path whether it is there or not."""
        return self.folder / f"{self.id}_3dod_annotation.json"

    @property
    def split(self) -> str | None:
        """By the folder the scan lies in."""
        return _SPLITS.get(self.folder.parent.name)


def find_scans(root: Path) -> dict[str, ScanFiles]:
    """Return the scans by video number: the root itself, or up to three folders below it."""
    found: dict[str, ScanFiles] = {}
    for pattern in (".", "*", "*/*", "*/*/*"):
        for folder in [root] if pattern == "." else sorted(root.glob(pattern)):
            real = folder.resolve() if pattern == "." else folder
            if not _VIDEO.fullmatch(real.name) or not folder.is_dir():
                continue
            inner = real / f"{real.name}_frames"
            frames = inner if inner.is_dir() else real
            scan = ScanFiles(real, frames)
            if scan.annotation.is_file() or (frames / "lowres_wide").is_dir():
                found.setdefault(scan.id, scan)
    return dict(sorted(found.items()))


def read_trajectory(path: Path) -> tuple[Array, Array, Quarantine]:
    """Return (n,) times in seconds, ascending, (n, 4, 4) T_world_camera, and the broken lines."""
    quarantine = Quarantine("poses")

    def read(line: tuple[int, str]) -> tuple[float, Array]:
        where = f"{path}: line {line[0]}"
        try:
            numbers = np.array([float(word) for word in line[1].split()])
        except ValueError as error:
            raise CorruptInput("pose holds no numbers", where=where, got=error) from error
        if numbers.shape != (7,) or not np.all(np.isfinite(numbers)):
            raise CorruptInput("pose is not seven finite numbers", where=where, got=numbers.size)
        T_camera_world = rigid(rotation_from_axis_angle(numbers[1:4]), numbers[4:])
        return float(numbers[0]), project_pose(invert(T_camera_world), where=where)[0]

    lines = [(i, t) for i, t in enumerate(read_text(path).splitlines(), start=1) if t.strip()]
    rows = [row for _, row in quarantine.sift(lines, read)]
    quarantine.check()
    rows.sort(key=lambda row: row[0])
    times = np.array([t for t, _ in rows], dtype=np.float64)
    return times, np.array([T for _, T in rows]).reshape(-1, 4, 4), quarantine


def timed(folder: Path) -> list[tuple[float, Path]]:
    """Return the files whose names carry a time, in its order."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _TIMED.fullmatch(path.name)
        if match is not None and math.isfinite(float(match[1])):
            found.append((float(match[1]), path))
    return sorted(found)


def nearest(times: NDArray[np.floating], time_s: float, tolerance_s: float) -> int | None:
    """Return the index of the nearest of (n,) ascending times within a tolerance, or None."""
    if len(times) == 0:
        return None
    right = int(np.searchsorted(times, time_s))
    candidates = [i for i in (right - 1, right) if 0 <= i < len(times)]
    best = min(candidates, key=lambda i: abs(float(times[i]) - time_s))
    return best if abs(float(times[best]) - time_s) <= tolerance_s + 1e-9 else None


def read_camera(path: Path) -> Camera:
    """Return the intrinsics of a .pincam file.

    Raises:
        CorruptInput: If it is not six numbers.
        ConventionError: If they are no camera.
    """
    words = read_text(path, max_bytes=4096).split()
    try:
        numbers = [float(word) for word in words]
        width, height = (int(n) for n in numbers[:2])
    except (ValueError, OverflowError) as error:
        raise CorruptInput("intrinsics hold no numbers", where=path, got=error) from error
    if len(numbers) != 6:
        raise CorruptInput("intrinsics are not six numbers", where=path, got=len(numbers))
    return _camera(width, height, tuple(numbers[2:]), str(path))


@lru_cache(maxsize=4096)
def _camera(width: int, height: int, numbers: tuple[float, ...], where: str) -> Camera:
    try:
        return Camera(width, height, *numbers)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error
