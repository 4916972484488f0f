"""Frames as their record states them, and their depth maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.axes import pose_from_opengl
from sextant.scenes.checks import project_pose
from sextant.sources.depth_maps import metres
from sextant.sources.images import read_uint16
from sextant.sources.nerfstudio.fields import named_file
from sextant.sources.nerfstudio.lens import read_lens
from sextant.sources.stored_lens import StoredLens, map_onto, read_mask

Array = NDArray[np.float64]

_ENDINGS = ("", ".png", ".jpg")


@dataclass(frozen=True, slots=True)
class View:
    """A frame before its world is turned."""

    id: str
    lens: StoredLens
    T_files_camera: Array
    picture: Path
    depth: Path | None
    mask: Path | None


def read_view(entry: tuple[int, Any], document: Mapping[str, Any], folder: Path) -> View:
    """Return what a record of ``frames`` states; its own fields stand before the document's.

    Raises:
        InputError: If it is broken, or what it names is missing.
    """
    where = f"{folder / 'transforms.json'}: frames[{entry[0]}]"
    record = entry[1]
    if not isinstance(record, Mapping):
        raise CorruptInput("frame is no JSON object", where=where)
    try:
        T = np.array(record.get("transform_matrix"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("transform_matrix is no matrix", where=where, got=error) from error
    if T.shape == (3, 4):
        T = np.concatenate([T, [[0.0, 0.0, 0.0, 1.0]]])
    is_pose = T.shape == (4, 4) and bool(np.all(np.isfinite(T)))
    T_files_camera, _ = project_pose(pose_from_opengl(T) if is_pose else T, where=where)
    picture = named_file(record, "file_path", folder, where, _ENDINGS)
    if picture is None:
        raise CorruptInput("frame has no file_path", where=where)
    relative = PurePosixPath(str(record["file_path"]))
    return View(
        str(relative.with_suffix("")) if relative.suffix else str(relative),
        read_lens({**document, **record}, picture, where),
        T_files_camera,
        picture,
        named_file(record, "depth_file_path", folder, where),
        named_file(record, "mask_path", folder, where),
    )


def read_depth(path: Path, lens: StoredLens, unit_m: float, mask: Path | None) -> NDArray:
    """Return a depth map on the pinhole of its picture, (H, W) float32 metres, NaN = invalid."""
    stored = read_uint16(path)
    height, width = stored.shape
    if abs(width / height / (lens.width / lens.height) - 1) > 0.02:
        raise ConventionError(
            "depth has other proportions than its picture", where=path,
            expected=f"those of {lens.width}x{lens.height}", got=f"{width}x{height}",
        )  # fmt: skip
    depth_m = metres(map_onto(stored, lens), unit_m, path)
    if mask is not None:
        depth_m[~read_mask(mask, lens)] = np.nan
    return depth_m
