"""Write a simulated scene as ScanNet would hold it."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import picture, render
from sextant.geometry.transforms import invert, rigid, transform_points, yaw_rotation
from sextant.scenes import Camera, Scene

Array = NDArray[np.float64]

COLOR = Camera(204, 152, 145.0, 146.0, 100.0, 79.0)
"""Twice the depth camera's resolution, other centre and proportions, as the real one."""

T_ALIGNED_SCAN = rigid(yaw_rotation(0.35), [1.25, -2.5, 0.06])
"""What axisAlignment says; rounded as the files print it."""


def write_scene(
    root: Path,
    scene: Scene,
    scene_id: str = "scene0042_01",
    *,
    lost: tuple[int, ...] = (),
    aligned: bool = True,
    jpeg: bool = True,
) -> Path:
    """Write one scene folder below root/scans; frames of the scene are the depth camera's."""
    folder = root / "scans" / scene_id
    folder.mkdir(parents=True)
    T_aligned_scan = np.round(T_ALIGNED_SCAN, 6) if aligned else np.eye(4)
    T_scan_world = invert(T_aligned_scan)
    lines = ["colorHeight = 968", "sceneType = Bedroom / Hotel"]
    if aligned:
        lines.insert(0, "axisAlignment = " + " ".join(f"{x:.6f}" for x in T_aligned_scan.ravel()))
    (folder / f"{scene_id}.txt").write_text("\n".join(lines) + "\n")
    write_sens(folder / f"{scene_id}.sens", scene, T_scan_world, lost, jpeg)
    write_mesh(folder, scene_id, scene, T_scan_world)
    write_instances(folder / f"{scene_id}_2d-instance-filt.zip", scene)
    return folder


def write_sens(
    path: Path, scene: Scene, T_scan_world: Array, lost: tuple[int, ...], jpeg: bool
) -> None:
    depth = scene.frames[0].camera
    out = [struct.pack("<IQ", 4, 12), b"StructureSen"]
    for lens in (COLOR, None, depth, None):
        K = np.eye(4)
        if lens is not None:
            K[:3, :3] = lens.K
            K[:2, 2] -= 0.5  # pixel centres at whole numbers
        out.append(K.astype("<f4").tobytes())
    out.append(struct.pack("<ii", 2 if jpeg else 1, 1))
    out.append(struct.pack("<4I", COLOR.width, COLOR.height, depth.width, depth.height))
    out.append(struct.pack("<fQ", 1000.0, len(scene.frames)))
    for k, frame in enumerate(scene.frames):
        T = T_scan_world @ frame.T_world_camera if k not in lost else np.full((4, 4), -np.inf)
        image = Image.fromarray(picture(scene, COLOR, frame.T_world_camera))
        color = io.BytesIO()
        image.save(color, "JPEG" if jpeg else "PNG", quality=95)
        raw = np.nan_to_num(np.rint(frame.read_depth() * 1000)).astype("<u2")
        packed = zlib.compress(raw.tobytes())
        out.append(T.astype("<f4").tobytes())
        out.append(struct.pack("<4Q", 33_333 * k, 33_333 * k, len(color.getvalue()), len(packed)))
        out += [color.getvalue(), packed]
    out.append(struct.pack("<Q", 0))  # no IMU frames
    path.write_bytes(b"".join(out))


def write_mesh(folder: Path, scene_id: str, scene: Scene, T_scan_world: Array) -> None:
    """One segment per object and a few for the shell; objectId = instance value - 1."""
    parts = [(o.mesh, 100 + 7 * o.instance_value) for o in scene.objects]
    parts.append((scene.shell, 5))
    starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in parts)])
    vertices = np.concatenate([m.vertices_world for m, _ in parts])
    faces = np.concatenate([m.faces + s for (m, _), s in zip(parts, starts, strict=False)])
    segments = np.concatenate([np.full(len(m.vertices_world), s) for m, s in parts])
    # The floor is the part of the shell that lies lowest: a segment of its own.
    floor = (segments == 5) & (vertices[:, 2] < 1e-6)
    segments[floor] = 6
    header = [
        "ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}",
        *(f"property float {a}" for a in "xyz"),
        *(f"property uchar {c}" for c in ("red", "green", "blue", "alpha")),
        f"element face {len(faces)}", "property list uchar uint vertex_indices", "end_header", "",
    ]  # fmt: skip
    rows = np.zeros(len(vertices), [("p", "<f4", 3), ("c", "u1", 4)])
    rows["p"] = transform_points(T_scan_world, vertices)
    triangles = np.zeros(len(faces), [("n", "u1"), ("f", "<u4", 3)])
    triangles["n"], triangles["f"] = 3, faces
    mesh = folder / f"{scene_id}_vh_clean_2.ply"
    mesh.write_bytes("\n".join(header).encode() + rows.tobytes() + triangles.tobytes())
    (folder / f"{scene_id}_vh_clean_2.0.010000.segs.json").write_text(
        json.dumps({"sceneId": scene_id, "segIndices": segments.tolist()})
    )
    groups = [
        {"id": i, "objectId": o.instance_value - 1, "segments": [100 + 7 * o.instance_value],
         "label": o.category}
        for i, o in enumerate(scene.objects)
    ]  # fmt: skip
    top = max(o.instance_value for o in scene.objects)
    groups.append({"id": len(groups), "objectId": top, "segments": [6], "label": "floor"})
    groups.append({"id": len(groups), "objectId": top + 1, "segments": [5], "label": "wall"})
    (folder / f"{scene_id}.aggregation.json").write_text(
        json.dumps({"sceneId": f"scannet.{scene_id}", "segGroups": groups})
    )


def write_instances(path: Path, scene: Scene) -> None:
    """8-bit maps at the size of the colour picture, objectId + 1."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k, frame in enumerate(scene.frames):
            values = render(scene, COLOR, frame.T_world_camera).values.astype(np.uint8)
            png = io.BytesIO()
            Image.fromarray(values).save(png, "PNG")
            archive.writestr(f"instance-filt/{k}.png", png.getvalue())
