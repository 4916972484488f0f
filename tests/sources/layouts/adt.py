"""Write a simulated scene as a sequence of Aria Digital Twin."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts import vrs
from layouts.colmap import bent_depth, bent_picture, bent_values
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import invert, quaternion_from_rotation, rigid
from sextant.scenes import Camera, Scene
from sextant.sources.stored_lens import StoredLens

SIDE = 176
"""Pixels of a recorded picture's side: a sixteenth of the cropped sensor."""

PARAMS = (1220.0, 1461.1, 1447.1, 0.2, -0.1, 0.02, 0.01, -0.005, 0.001, -7.9e-5, 4.4e-5, -5.9e-4,
          5.6e-4, 5.2e-4, 2.4e-4)  # fmt: skip
"""Of the full sensor; milder than a real lens."""

LENS = Camera(SIDE // 2, SIDE // 2, PARAMS[0] / 32, PARAMS[0] / 32, SIDE / 4, SIDE / 4)
"""What the reader makes of it."""

T_DEVICE_SENSOR = rigid(rotation_from_axis_angle([0.66, 0.07, 0.08]), [-0.004, -0.012, -0.004])

R_UPRIGHT_SENSOR = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""By hand: right of the stored picture is the floor, its down is left of the upright one."""

R_YUP_ZUP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])

START_NS = 87_551_170_813_262
UID = 10**15
"""Uids have 16 digits; float64 could not hold their neighbours apart."""


def stored_lens() -> StoredLens:
    """By hand: 32 pixels cut off, a sixteenth of the size, pixel centres at halves."""
    f, cu, cv = PARAMS[:3]
    return StoredLens(
        SIDE, SIDE, f / 16, f / 16, (cu + 0.5 - 32) / 16, (cv + 0.5 - 32) / 16, "aria", PARAMS[3:]
    )


def times_ns(frames: int) -> list[int]:
    """Of the pictures."""
    return [START_NS + 33_333_333 * k for k in range(frames)]


def write_sequence(root: Path, scene: Scene, *, recordings: bool = True) -> Path:
    """Write a sequence of objects that stay."""
    folder = root / "Apartment_seq1"
    folder.mkdir(parents=True)
    write_objects(folder, scene)
    write_trajectory(folder / "aria_trajectory.csv", scene)
    if recordings:
        write_recordings(folder, scene)
    return folder


def write_objects(folder: Path, scene: Scene) -> None:
    """Boxes and poses; the objects' own frames are Y up, as the world is."""
    instances, poses, boxes = {}, [], []
    for o in scene.objects:
        uid = UID + o.instance_value
        instances[str(uid)] = {
            "instance_id": uid, "instance_name": f"{o.category.title()}_{o.instance_value}",
            "prototype_name": o.category.title(), "category": o.category,
            "motion_type": "static", "instance_type": "object",
            "canonical_pose": {"up_vector": [0, 1, 0], "front_vector": [0, 0, -1]},
        }  # fmt: skip
        R = R_YUP_ZUP @ o.box.R_world_box @ R_YUP_ZUP.T
        place = [*(R_YUP_ZUP @ o.box.center), *quaternion_from_rotation(R)]
        poses.append(f"{uid},-1," + ",".join(f"{x:.9f}" for x in place))
        width, depth, height = o.box.size_m
        sides = [f"{s * x / 2:.9f}" for x in (width, height, depth) for s in (-1, 1)]
        boxes.append(f"{uid},-1," + ",".join(sides))
    (folder / "instances.json").write_text(json.dumps(instances))
    columns = "t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z"
    _table(folder / "scene_objects.csv", f"object_uid,timestamp[ns],{columns}", poses)
    ends = ",".join(f"p_local_obj_{a}{s}[m]" for a in "xyz" for s in ("min", "max"))
    _table(folder / "3d_bounding_box.csv", f"object_uid,timestamp[ns],{ends}", boxes)


def write_trajectory(path: Path, scene: Scene) -> None:
    """Poses of the device, in microseconds, scalar last."""
    names = [f"t{a}_world_device" for a in "xyz"] + [f"q{a}_world_device" for a in "xyzw"]
    names += [f"gravity_{a}_world" for a in "xyz"]
    rows = []
    for time_ns, frame in zip(times_ns(len(scene.frames)), scene.frames, strict=True):
        T_files = rigid(R_YUP_ZUP, np.zeros(3)) @ sensor_pose(frame.T_world_camera)
        T = T_files @ invert(T_DEVICE_SENSOR)
        w, x, y, z = quaternion_from_rotation(T[:3, :3])
        numbers = [*T[:3, 3], x, y, z, w, 0.0, -9.81, 0.0]
        rows.append(f"{time_ns // 1000}," + ",".join(f"{n:.9f}" for n in numbers))
    _table(path, f"tracking_timestamp_us,{','.join(names)}", rows)


def sensor_pose(T_world_camera: NDArray) -> NDArray:
    """The pose of the stored, turned picture."""
    return T_world_camera @ rigid(R_UPRIGHT_SENSOR, np.zeros(3))


def write_recordings(folder: Path, scene: Scene) -> None:
    """Pictures, and depth and ids a tenth of a millisecond later."""
    lens, rgb, depth_mm, ids = stored_lens(), [], [], []
    for frame in scene.frames:
        T = sensor_pose(frame.T_world_camera)
        out = io.BytesIO()
        Image.fromarray(bent_picture(scene, lens, T)).save(out, "JPEG", quality=95)
        rgb.append(out.getvalue())
        metres = np.nan_to_num(bent_depth(scene, lens, T))
        depth_mm.append(np.rint(metres * 1000).astype("<u2"))
        values = bent_values(scene, lens, T).astype("<u8")
        ids.append(np.where(values > 0, values + UID, 0).astype("<u8"))
    times, size = times_ns(len(scene.frames)), (SIDE, SIDE)
    later = [t + 97_000 for t in times]
    grey = io.BytesIO()
    Image.new("L", size).save(grey, "JPEG")
    vrs.write(
        folder / "video.vrs",
        [
            vrs.Stream((214, 1), rgb, times, "jpg", size),
            vrs.Stream((1201, 1), [grey.getvalue()] * len(times), times, "jpg", size),
        ],
        {"calib_json": calibration(), "device_type": "Aria", "device_version": "1"},
    )
    for name, stream, maps in (("depth_images", 345, depth_mm), ("segmentations", 400, ids)):
        other = [np.zeros_like(m) for m in maps]
        vrs.write(
            folder / f"{name}.vrs",
            [
                vrs.Stream((stream, 1), maps, later, "raw", size, "zstd"),
                vrs.Stream((stream, 2), other, later, "raw", size, "zstd"),
            ],
            index_packing="none",
        )


def calibration() -> str:
    """The record that a recording carries; scalar first, the other cameras beside."""
    w, *xyz = quaternion_from_rotation(T_DEVICE_SENSOR[:3, :3]).tolist()
    camera = {
        "Label": "camera-rgb", "Calibrated": True, "SerialNumber": "1",
        "Projection": {"Name": "FisheyeRadTanThinPrism", "Params": list(PARAMS)},
        "T_Device_Camera": {"Translation": T_DEVICE_SENSOR[:3, 3].tolist(),
                            "UnitQuaternion": [w, xyz]},
    }  # fmt: skip
    return json.dumps({"CameraCalibrations": [{"Label": "camera-slam-left"}, camera]})


def _table(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n")
