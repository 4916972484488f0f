"""Scenes at the true sizes of their datasets, for measuring how fast they are read.

A few frames are drawn and encoded once and repeated, which changes nothing for who decodes them.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts import adt, arkitscenes, scannet, vrs
from layouts.world import render, room
from sextant.geometry.rotations import axis_angle_from_rotation
from sextant.geometry.transforms import invert
from sextant.scenes import Camera, Frame

DISTINCT = 6
"""Frames that are drawn; the simulator's own pictures have texture, light and shadow."""


def views(width: int, height: int, count: int = DISTINCT) -> list[tuple]:
    """(rgb uint8, depth mm uint16 with the noise of a sensor, pose) of some frames of the walk."""
    rng = np.random.default_rng(0)
    found = []
    for frame in [f for f in room().frames if f.timestamp_s is not None][:count]:
        picture = Image.fromarray(frame.read_rgb()).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        depth = np.nan_to_num(frame.read_depth())
        noisy = depth + rng.normal(0.0, 0.0012, depth.shape) * depth**2
        noise = rng.normal(0, 3, (height, width, 3))
        rgb = (np.asarray(picture) + noise).clip(0, 255).astype(np.uint8)
        found.append((rgb, (noisy * 1000).astype(np.uint16), frame.T_world_camera))
    return found


def scannet_scene(root: Path, frames: int) -> None:
    folder = root / "scans" / "scene0000_00"
    folder.mkdir(parents=True)
    color, depth = (
        Camera(1296, 968, 1170.2, 1170.2, 648.3, 484.3),
        Camera(640, 480, 577.9, 578.7, 319.5, 239.5),
    )
    head = [struct.pack("<IQ", 4, 12), b"StructureSen"]
    for lens in (color, None, depth, None):
        K = np.eye(4)
        if lens is not None:
            K[:3, :3] = lens.K
        head.append(K.astype("<f4").tobytes())
    head.append(struct.pack("<ii4IfQ", 2, 1, 1296, 968, 640, 480, 1000.0, frames))
    drawn = views(1296, 968)
    encoded = []
    for rgb, raw, T in drawn:
        jpeg = _jpeg(rgb)
        packed = zlib.compress(raw.tobytes())
        sizes = struct.pack("<4Q", 0, 0, len(jpeg), len(packed))
        encoded.append(T.astype("<f4").tobytes() + sizes + jpeg + packed)
    with (folder / "scene0000_00.sens").open("wb") as file:
        file.write(b"".join(head))
        for k in range(frames):
            file.write(encoded[k % len(encoded)])
    (folder / "scene0000_00.txt").write_text("sceneType = Bedroom / Hotel\n")
    scannet.write_mesh(folder, "scene0000_00", room(), np.eye(4))
    maps = [_png(render(room(), color, T).values.astype(np.uint8)) for _, _, T in drawn]
    path = folder / "scene0000_00_2d-instance-filt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(frames):
            archive.writestr(f"instance-filt/{k}.png", maps[k % len(maps)])


def _png(raster: NDArray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(raster).save(file, "PNG")
    return file.getvalue()


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=90)
    return file.getvalue()


def arkitscenes_scan(root: Path, frames: int) -> None:
    video = "40753679"
    folder = root / "3dod" / "Training" / video / f"{video}_frames"
    for name in ("lowres_wide", "lowres_depth", "lowres_wide_intrinsics"):
        (folder / name).mkdir(parents=True)
    distinct = []
    for rgb, raw, T in views(256, 192):
        small = np.asarray(Image.fromarray(raw).resize((256, 192), Image.Resampling.NEAREST))
        distinct.append((_png(rgb), _png(small), invert(T)))
    lines = []
    for k in range(frames):
        rgb_png, depth_png, T = distinct[k % len(distinct)]
        name = f"{video}_{100 + 0.1 * k:.3f}"
        (folder / "lowres_wide" / f"{name}.png").write_bytes(rgb_png)
        (folder / "lowres_depth" / f"{name}.png").write_bytes(depth_png)
        pincam = folder / "lowres_wide_intrinsics" / f"{name}.pincam"
        pincam.write_text("256 192 211.949 211.949 127.933 95.9333")
        numbers = [100 + 0.1 * k, *axis_angle_from_rotation(T[:3, :3]), *T[:3, 3]]
        lines.append(" ".join(f"{x:.9g}" for x in numbers))
    (folder / "lowres_wide.traj").write_text("\n".join(lines))
    arkitscenes.write_annotation(folder.parent / f"{video}_3dod_annotation.json", room())


def adt_sequence(root: Path, frames: int) -> None:
    """JPEG 1408x1408, depth and ids packed by zstd.

    They show what a pinhole sees, which changes nothing for who straightens them.
    """
    size, drawn = (1408, 1408), views(1408, 1408)
    own = room()
    walk = [Frame(f"f{k}", adt.LENS, drawn[k % len(drawn)][2], float(k)) for k in range(frames)]
    folder = adt.write_sequence(root, replace(own, frames=tuple(walk)), recordings=False)
    times = adt.times_ns(frames)
    lens = Camera(*size, 610.0, 610.0, 704.0, 704.0)
    depths = [
        np.asarray(Image.fromarray(raw).resize(size, Image.Resampling.NEAREST))
        for _, raw, _ in drawn
    ]
    ids = [render(own, lens, T).values.astype("<u8") + adt.UID for _, _, T in drawn]
    for name, stream, coding, packing, distinct in (
        ("video", 214, "jpg", "none", [_jpeg(rgb) for rgb, _, _ in drawn]),
        ("depth_images", 345, "raw", "zstd", depths),
        ("segmentations", 400, "raw", "zstd", ids),
    ):
        images = [distinct[k % len(distinct)] for k in range(frames)]
        vrs.write(
            folder / f"{name}.vrs",
            [vrs.Stream((stream, 1), images, times, coding, size, packing)],
            {"calib_json": adt.calibration()},
            index="end",
        )


WRITERS: Mapping[str, Callable[[Path, int], None]] = {
    "scannet": scannet_scene,
    "arkitscenes": arkitscenes_scan,
    "adt": adt_sequence,
}
