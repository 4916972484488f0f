"""Write a simulated scene as Objectron would: a sensor that lies, pictures that stand."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.geometry.axes import R_OPENGL_OPENCV, R_ZUP_YUP
from sextant.geometry.transforms import invert, rigid
from sextant.scenes import Scene
from sextant.sources.resampling import turned_camera, turned_pose


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: Any) -> bytes:
    """Integers, doubles, texts, messages, and packed floats for arrays."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, np.ndarray):
        value = value.astype("<f4").tobytes()
    return varint(number << 3 | 2) + varint(len(value)) + value


def projection(lens: Any) -> np.ndarray:
    P = np.zeros((4, 4))
    P[0, 0], P[1, 1] = 2 * lens.fx / lens.width, 2 * lens.fy / lens.height
    P[0, 2], P[1, 2] = 1 - 2 * lens.cx / lens.width, 2 * lens.cy / lens.height - 1
    P[2, 2], P[2, 3], P[3, 2] = -1.0, -0.002, -1.0
    return P


def write_sequence(
    root: Path, scene: Scene, sample: str = "chair/batch-3/17", *,
    standing: bool = True, lost: tuple[int, ...] = (), split: str | None = None,
    pictures: bool = True, extra: bytes = b"",
) -> Path:  # fmt: skip
    """The scene's frames are the pictures; the sensor lies if they stand."""
    R_yup = R_ZUP_YUP.T
    frames_at = root / "videos" / sample / "frames"
    frames_at.mkdir(parents=True)
    out = []
    for k, o in enumerate(scene.objects):
        out.append(
            field(1, field(1, k) + field(2, o.category) + field(3, 1)
                  + field(4, (R_yup @ o.box.R_world_box).ravel())
                  + field(5, R_yup @ o.box.center) + field(6, o.box.size_m))
        )  # fmt: skip
    for k, frame in enumerate(scene.frames):
        quarters = 1 if standing else 0  # the sensor is the picture turned back
        lens = turned_camera(frame.camera, quarters)
        T = turned_pose(frame.T_world_camera, quarters)
        T_yup_gl = rigid(R_yup, np.zeros(3)) @ T @ rigid(R_OPENGL_OPENCV, np.zeros(3))
        camera = (
            field(1, 1 if k in lost else 3)
            + field(3, T_yup_gl.ravel())
            + field(5, lens.width * 10) + field(6, lens.height * 10)
            + field(8, projection(lens).ravel()) + field(9, invert(T_yup_gl).ravel())
        )  # fmt: skip
        out.append(field(2, field(1, 3 * k) + field(3, camera) + field(4, 1000.0 + 0.1 * k)))
        if pictures:
            Image.fromarray(frame.read_rgb()).save(frames_at / f"{3 * k:06d}.png")
    path = root / "annotations" / f"{sample}.pbdata"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(out) + extra)
    if split is not None:
        (root / "index").mkdir()
        (root / "index" / f"{sample.split('/')[0]}_annotations_{split}").write_text(sample + "\n")
    return path
