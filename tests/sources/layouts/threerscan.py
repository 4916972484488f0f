"""Write simulated scenes as 3RScan would hold them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import picture, render
from sextant.geometry.quarter_turns import turn_raster
from sextant.geometry.transforms import invert, rigid, transform_points, yaw_rotation
from sextant.scenes import Camera, Scene
from sextant.sources.resampling import turned_camera, turned_pose

Array = NDArray[np.float64]

REFERENCE = "531cff08-0021-28f6-8e08-ba2eeb945e09"
RESCAN = "19eda6f4-55aa-29a0-8893-8eac3a4d8193"

COLOR = Camera(120, 68, 94.5, 94.0, 61.5, 33.5)
DEPTH = Camera(28, 22, 94.5 * 28 / 120, 94.0 * 22 / 68, 61.5 * 28 / 120, 33.5 * 22 / 68)
"""The sensors as they lie: landscape, of other proportions, seeing the same."""

HELD = 1
"""The phone is upright, the sensor on its side."""

UPRIGHT = turned_camera(COLOR, -HELD)

T_REFERENCE_SCAN = rigid(yaw_rotation(-0.8), [0.7, -1.9, 0.04])


def write_scan(
    root: Path,
    scene: Scene,
    scan: str = REFERENCE,
    *,
    T_reference_scan: Array | None = None,
    lost: tuple[int, ...] = (),
    unpacked: bool = False,
) -> Path:
    """Write one scan; the scene is in the reference's world, its frames of ``UPRIGHT``."""
    folder = root / scan
    folder.mkdir(parents=True)
    T_scan_world = invert(np.eye(4) if T_reference_scan is None else T_reference_scan)
    write_labels(folder, scene, T_scan_world)
    files: dict[str, bytes] = {"_info.txt": info().encode()}
    for k, frame in enumerate(scene.frames):
        stored = turned_pose(frame.T_world_camera, HELD)
        T = T_scan_world @ stored if k not in lost else np.full((4, 4), -np.inf)
        text = "\n".join(" ".join(f"{x:.9g}" for x in row) for row in T)
        files[f"frame-{k:06d}.pose.txt"] = text.encode()
        files[f"frame-{k:06d}.color.jpg"] = _jpeg(picture(scene, COLOR, stored))
        depth = render(scene, DEPTH, stored).depth_m
        raw = np.nan_to_num(np.rint(depth * 1000)).astype(">u2")
        head = f"P5\n{DEPTH.width} {DEPTH.height}\n65535\n".encode()
        files[f"frame-{k:06d}.depth.pgm"] = head + raw.tobytes()
    if unpacked:
        (folder / "sequence").mkdir()
        for name, data in files.items():
            (folder / "sequence" / name).write_bytes(data)
    else:
        with zipfile.ZipFile(folder / "sequence.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    return folder


def info() -> str:
    lines = []
    for kind, lens in (("color", COLOR), ("depth", DEPTH)):
        K = np.eye(4)
        K[:3, :3] = lens.K
        lines += [
            f"m_{kind}Width = {lens.width}",
            f"m_{kind}Height = {lens.height}",
            f"m_calibration{kind.capitalize()}Intrinsic = "
            + " ".join(f"{x:.9g}" for x in K.ravel()),
        ]
    return "\n".join(["m_versionNumber = 4", *lines, "m_frames.size = 4", ""])


def write_labels(folder: Path, scene: Scene, T_scan_world: Array) -> None:
    """Boxes in rows, an ASCII mesh with objectId; the floor and the walls are instances, too."""
    groups = []
    for o in scene.objects:
        R = T_scan_world[:3, :3] @ o.box.R_world_box
        groups.append(
            {
                "id": o.instance_value,
                "objectId": o.instance_value,
                "label": o.category,
                "segments": [o.instance_value],
                "obb": {
                    "centroid": transform_points(T_scan_world, o.box.center).tolist(),
                    "axesLengths": o.box.size_m.tolist(),
                    "normalizedAxes": R.T.ravel().tolist(),
                },
            }
        )
    parts = [(o.mesh, o.instance_value) for o in scene.objects]
    parts.append((scene.shell, 0))
    starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in parts)])
    vertices = np.concatenate([m.vertices_world for m, _ in parts])
    faces = np.concatenate([m.faces + s for (m, _), s in zip(parts, starts, strict=False)])
    owner = np.concatenate([np.full(len(m.vertices_world), v) for m, v in parts])
    floor, wall = max(owner) + 1, max(owner) + 2
    owner[owner == 0] = np.where(vertices[owner == 0, 2] < 1e-6, floor, wall)
    box = {
        "centroid": [0, 0, 1],
        "axesLengths": [1, 1, 1],
        "normalizedAxes": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    }
    for number, label in ((floor, "floor"), (wall, "wall")):
        groups.append({"objectId": int(number), "label": label, "segments": [], "obb": box})
    (folder / "semseg.v2.json").write_text(json.dumps({"segGroups": groups}))
    moved = transform_points(T_scan_world, vertices)
    header = [
        "ply", "format ascii 1.0", f"element vertex {len(moved)}",
        *(f"property float {a}" for a in "xyz"), "property uchar red", "property ushort objectId",
        f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header",
    ]  # fmt: skip
    rows = [f"{x:.7f} {y:.7f} {z:.7f} 9 {n}" for (x, y, z), n in zip(moved, owner, strict=True)]
    rows += [f"3 {a} {b} {c}" for a, b, c in faces]
    (folder / "labels.instances.annotated.v2.ply").write_text("\n".join([*header, *rows, ""]))


def write_list(
    root: Path, transforms: Sequence[tuple[str, Array]], *, millimetres: bool = False
) -> None:
    """Write 3RScan.json with one reference and its rescans, matrices column by column."""
    scans = []
    for name, T in transforms:
        stored = T.copy()
        if millimetres:
            stored[:3, 3] *= 1000
        scans.append({"reference": name, "transform": stored.T.ravel().tolist(), "removed": []})
    scene = {"reference": REFERENCE, "type": "validation", "ambiguity": [], "scans": scans}
    (root / "3RScan.json").write_text(json.dumps([scene]))


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=95)
    return file.getvalue()


def upright(raster: NDArray) -> NDArray:
    """A stored raster as a reader gives it."""
    return turn_raster(raster, -HELD)
