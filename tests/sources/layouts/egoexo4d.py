"""Write a simulated scene as a take of Ego-Exo4D."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layouts.colmap import bent_picture, bent_values
from layouts.mask_codes import coded
from layouts.scannetpp import write_video
from sextant.geometry.projection import depth_to_points
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import (
    invert,
    look_at,
    quaternion_from_rotation,
    rigid,
    transform_points,
)
from sextant.scenes import Scene
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.stored_lens import StoredLens

Array = NDArray[np.float64]

TAKE, CAPTURE, UID = "cmu_bike01_5", "cmu_bike01", "uid-5"
SIDE = 176
"""Pixels of the glasses' pictures: a sixteenth of the cropped sensor."""

PARAMS = (1220.0, 1461.1, 1447.1, 0.2, -0.1, 0.02, 0.01, -0.005, 0.001, -7.9e-5, 4.4e-5, -5.9e-4,
          5.6e-4, 5.2e-4, 2.4e-4)  # fmt: skip
"""Of the full sensor, as online_calibration.jsonl lists them; milder than a real lens."""

T_DEVICE_CAMERA = rigid(rotation_from_axis_angle([0.66, 0.07, 0.08]), [-0.004, -0.012, -0.004])

GOPRO = (384, 216, (190.0, 191.0, 190.3, 108.9, 0.03, 0.01, -0.004, 0.001))
GOPRO_STORED = (192, 108)
"""Videos are published smaller than the cameras were calibrated at."""

RELATED = 24
"""So many of the room's things have masks."""

FIRST_ROW = 5
START_NS = 149_202_610_000


def lens_of_glasses() -> StoredLens:
    """By hand: 32 pixels cut off, a sixteenth of the size, pixel centres at halves."""
    f, cx, cy = PARAMS[:3]
    return StoredLens(
        SIDE, SIDE, f / 16, f / 16, (cx + 0.5 - 32) / 16, (cy + 0.5 - 32) / 16, "aria", PARAMS[3:]
    )


def gopro_pose(scene: Scene) -> Array:
    """A tripod in the middle of the walk, looking at the first object."""
    eye = scene.frames[2].center_world
    return look_at(eye, scene.objects[0].box.center)


def write_take(
    root: Path,
    scene: Scene,
    *,
    T_files_world: Array | None = None,
    gravity: tuple[float, float, float] = (0.0, 0.0, -9.81),
    repeat: int = 1,
    ego: bool = True,
    exo: bool = True,
    relations: bool = True,
) -> Path:
    """Write one take; frames of the scene are the glasses', upright."""
    T_files = np.eye(4) if T_files_world is None else T_files_world
    folder = root / "takes" / TAKE
    videos, trajectory = folder / "frame_aligned_videos", folder / "trajectory"
    videos.mkdir(parents=True)
    trajectory.mkdir()
    poses = [f.T_world_camera for f in scene.frames for _ in range(repeat)]
    times = [START_NS + 33_333_333 * (k + 1) for k in range(-FIRST_ROW - 1, len(poses) + 3)]
    write_times(root, times)
    end = FIRST_ROW + 1 + len(poses)
    record = {"take_name": TAKE, "take_uid": UID, "timesync_start_idx": FIRST_ROW,
              "timesync_end_idx": end, "capture": {"capture_name": CAPTURE}}  # fmt: skip
    (root / "takes.json").write_text(json.dumps([{"take_name": "other"}, record]))
    (root / "annotations").mkdir()
    splits = {"split_to_take_uids": {"train": ["uid-1"], "val": [UID], "test": []}}
    (root / "annotations/splits.json").write_text(json.dumps(splits))
    masks: dict[str, dict[int, NDArray]] = {}
    if ego:
        sensors = [T @ rigid(R_SENSOR_UPRIGHT.T, np.zeros(3)) for T in poses]
        frame_times = times[FIRST_ROW + 1 : end]
        write_trajectory(trajectory / "closed_loop_trajectory.csv", frame_times, sensors, T_files,
                         gravity)  # fmt: skip
        write_calibration(trajectory / "online_calibration.jsonl", frame_times)
        drawn = [bent_picture(scene, lens_of_glasses(), T) for T in sensors[::repeat]]
        if relations:
            values = [bent_values(scene, lens_of_glasses(), T) for T in sensors[::repeat]]
            masks["aria01_214-1"] = {k * repeat: np.rot90(v, -1) for k, v in enumerate(values)}
        upright = [np.ascontiguousarray(np.rot90(p, -1)) for p in drawn for _ in range(repeat)]
        write_video(videos / "aria01_214-1.mp4", upright)
        write_points(trajectory / "semidense_points.csv.gz", scene, T_files)
    if exo:
        write_gopros(trajectory / "gopro_calibs.csv", T_files @ gopro_pose(scene))
        width, _, numbers = GOPRO
        fx, fy, cx, cy, *k = numbers
        s = GOPRO_STORED[0] / width
        lens = StoredLens(
            *GOPRO_STORED, fx * s, fy * s, (cx + 0.5) * s, (cy + 0.5) * s, "fisheye", tuple(k)
        )
        picture = bent_picture(scene, lens, gopro_pose(scene))
        write_video(videos / "cam01.mp4", [picture] * len(poses))
        if relations:
            masks["cam01"] = {0: bent_values(scene, lens, gopro_pose(scene))}
    if masks:
        write_relations(root, scene, masks)
    return folder


def write_relations(root: Path, scene: Scene, masks: dict[str, dict[int, NDArray]]) -> None:
    """Masks of some things, by camera and frame, on upright pictures; of another take as well."""
    objects = {}
    for n, o in enumerate(scene.objects[:RELATED]):
        cameras = {}
        for camera, frames in masks.items():
            drawn = {
                str(k): {"width": v.shape[1], "height": v.shape[0], "intSegClicks": {"text": '}{"'},
                         "encodedMask": coded(v == o.instance_value)}
                for k, v in frames.items() if (v == o.instance_value).any()
            }  # fmt: skip
            cameras[camera] = {"annotation": drawn, "annotated_frames": sorted(frames),
                               "annotation_fps": 30}  # fmt: skip
        objects[f"{o.category}_{n}"] = cameras
    takes = {
        "uid-1": {"take_name": "other", "see": UID, "object_masks": {}},
        UID: {"take_name": TAKE, "object_names": {}, "object_masks": objects},
    }
    text = json.dumps({"version": "2", "annotations": takes})
    (root / "annotations/relations_val.json").write_text(text)


def write_times(root: Path, times: list[int]) -> None:
    """timesync.csv of the whole capture; the last cells are empty."""
    folder = root / "captures" / CAPTURE
    folder.mkdir(parents=True)
    rows = ["cam01_global_time,aria01_214-1_capture_timestamp_ns,cam01_pts"]
    rows += [f"t{i},{t},{i}" for i, t in enumerate(times)] + ["end,,"]
    (folder / "timesync.csv").write_text("\n".join(rows) + "\n")


def write_trajectory(
    path: Path, times: list[int], sensors: list[Array], T_files: Array, gravity: tuple
) -> None:
    """A kilohertz of poses: three around every frame, and none between."""
    rows = [
        "graph_uid,tracking_timestamp_us,utc_timestamp_ns,"
        + ",".join(f"{a}_world_device" for a in ("tx", "ty", "tz", "qx", "qy", "qz", "qw"))
        + ",gravity_x_world,gravity_y_world,gravity_z_world,quality_score"
    ]
    for time_ns, T in zip(times, sensors, strict=True):
        T_device = T_files @ T @ invert(T_DEVICE_CAMERA)
        w, x, y, z = quaternion_from_rotation(T_device[:3, :3])
        for off in (-1000, 0, 1000):
            numbers = [*(T_device[:3, 3] + [0.0, 0.0, off / 2e4]), x, y, z, w]
            words = ",".join(f"{n:.9f}" for n in numbers)
            rows.append(
                f"ea-7,{time_ns // 1000 + off},{time_ns},{words},{','.join(map(str, gravity))},1.0"
            )
    path.write_text("\n".join(rows) + "\n")


def write_calibration(path: Path, times: list[int]) -> None:
    """A record a frame: scalar first, and the other cameras beside."""
    w, *xyz = quaternion_from_rotation(T_DEVICE_CAMERA[:3, :3]).tolist()
    lines = []
    for time_ns in times:
        camera = {
            "Label": "camera-rgb", "Calibrated": True,
            "Projection": {"Name": "FisheyeRadTanThinPrism", "Params": list(PARAMS)},
            "T_Device_Camera": {"Translation": T_DEVICE_CAMERA[:3, 3].tolist(),
                                "UnitQuaternion": [w, xyz]},
        }  # fmt: skip
        record = {"tracking_timestamp_us": time_ns // 1000, "ImuCalibrations": [],
                  "CameraCalibrations": [{"Label": "camera-slam-left"}, camera]}  # fmt: skip
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n")


def write_points(path: Path, scene: Scene, T_files: Array) -> None:
    """What the glasses saw, and some points that nobody can be sure of."""
    rows = ["uid,graph_uid,px_world,py_world,pz_world,inv_dist_std,dist_std"]
    for frame in scene.frames:
        lifted = depth_to_points(frame.camera.K, frame.read_depth())[3::6, 3::6].reshape(-1, 3)
        points = transform_points(T_files @ frame.T_world_camera, lifted)
        for p in points[np.isfinite(points).all(axis=1)]:
            rows.append(f"{len(rows)},ea-7,{p[0]:.6f},{p[1]:.6f},{p[2]:.6f},0.001,0.01")
    rows += [f"{len(rows) + k},ea-7,{50 + k},0,0,0.5,9.0" for k in range(50)]
    path.write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0))


def write_gopros(path: Path, T: Array) -> None:
    """One camera that was localised, one that was not."""
    width, height, numbers = GOPRO
    names = [f"{a}_world_cam" for a in ("tx", "ty", "tz", "qx", "qy", "qz", "qw")]
    header = ["cam_uid", "graph_uid", *names, "image_width", "image_height", "intrinsics_type",
              *(f"intrinsics_{i}" for i in range(8)), "start_frame_idx", "end_frame_idx",
              "quality"]  # fmt: skip
    w, x, y, z = quaternion_from_rotation(T[:3, :3])
    pose = [repr(float(n)) for n in (*T[:3, 3], x, y, z, w)]
    tail = [str(width), str(height), "KANNALABRANDTK3", *map(str, numbers), "-1", "-1"]
    rows = [header, ["cam01", "ea-7", *pose, *tail, "1.0"],
            ["cam02", "ea-7", *["0"] * 7, *tail, "0.0"]]  # fmt: skip
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
