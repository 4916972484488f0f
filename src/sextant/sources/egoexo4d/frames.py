"""Frames of a take: the glasses' own, and one a second of every static camera."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame
from sextant.scenes.checks import project_pose
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.documents import resolve_inside
from sextant.sources.egoexo4d.layout import Take
from sextant.sources.egoexo4d.mps import (
    StaticCamera,
    Trajectory,
    read_eye,
    read_static_cameras,
    read_times_ns,
)
from sextant.sources.egoexo4d.pictures import read_ego, read_exo
from sextant.sources.quarantine import Quarantine
from sextant.sources.video import video_size

Array = NDArray[np.float64]

FRAMES_PER_SECOND = 30

_ARIA = re.compile(r"(aria\d+)_214-1\.mp4")


def ego_frames(
    take: Take, trajectory: Trajectory | None, T_world_files: Array, notes: dict[str, str]
) -> tuple[Frame, ...]:
    """Return every frame of the glasses that has a pose; none, with a note why, if files lack."""
    assert take.videos is not None
    found = sorted(p for p in take.videos.iterdir() if _ARIA.fullmatch(p.name))
    calibration = take.trajectory / "online_calibration.jsonl"
    lacking = [
        what
        for what, there in (
            ("<aria>_214-1.mp4", bool(found)),
            ("trajectory/closed_loop_trajectory.csv", trajectory is not None),
            ("trajectory/online_calibration.jsonl", calibration.is_file()),
            ("takes.json", take.record is not None),
        )
        if not there
    ]
    if lacking or trajectory is None or take.record is None:
        notes["ego"] = f"none: missing {', '.join(lacking)}"
        return ()
    video = found[0]
    aria = video.name.partition("_")[0]
    try:
        times = _times(take, take.record, f"{aria}_214-1_capture_timestamp_ns")
    except MissingInput as error:
        notes["ego"] = f"none: {error.what}"
        return ()
    eye = read_eye(calibration)
    side = video_size(video)[0]
    lens = eye.lens(side if side < 1024 else side // 2)
    camera = Camera(lens.width, lens.height, lens.fx, lens.fy, lens.width / 2, lens.height / 2)
    frames = []
    lost = 0
    start = float(np.nanmin(times)) if np.isfinite(times).any() else 0.0
    for k, time_ns in enumerate(times):
        T_world_device = trajectory.at(int(time_ns)) if np.isfinite(time_ns) else None
        if T_world_device is None:
            lost += 1
            continue
        mount = eye.mount(int(time_ns)) @ rigid(R_SENSOR_UPRIGHT, np.zeros(3))
        where = f"{take.folder}: frame {k}"
        frames.append(
            Frame(
                id=f"{aria}/{k:06d}",
                camera=camera,
                T_world_camera=project_pose(T_world_files @ T_world_device @ mount, where=where)[0],
                timestamp_s=(float(time_ns) - start) / 1e9,
                read_rgb=partial(read_ego, video, k, eye, camera),
            )
        )
    if lost:
        notes["ego_frames_without_pose"] = str(lost)
    return tuple(frames)


def exo_frames(
    take: Take, ego_count: int, T_world_files: Array, notes: dict[str, str]
) -> tuple[Frame, ...]:
    """Return a frame a second of every static camera, as free views.

    ``ego_count`` is how many frames the glasses have: no static camera gives later ones.
    """
    assert take.videos is not None
    path = take.trajectory / "gopro_calibs.csv"
    if not path.is_file():
        notes["exo"] = "none: missing trajectory/gopro_calibs.csv"
        return ()
    cameras, broken, lost = read_static_cameras(path)
    notes |= broken.notes
    if lost:
        notes["static_cameras_not_localised"] = str(lost)
    count = max(1, ego_count)
    quarantine = Quarantine("exo_videos", max_share=0.5)
    with_video = [c for c in cameras if (take.videos / f"{c.id}.mp4").is_file()]

    def read(camera: StaticCamera) -> list[Frame]:
        assert take.videos is not None
        video = take.videos / f"{camera.id}.mp4"
        lens = camera.lens.resized(*video_size(video))
        last = count - 1 if camera.last is None else min(camera.last, count - 1)
        T, _ = project_pose(T_world_files @ camera.T_world_camera, where=f"{path}: {camera.id}")
        return [
            Frame(
                f"{camera.id}/{k:06d}", lens.pinhole, T, read_rgb=partial(read_exo, video, k, lens)
            )
            for k in range(0, last + 1, FRAMES_PER_SECOND)
            if k >= camera.first
        ]

    frames = [f for _, made in quarantine.sift(with_video, read) for f in made]
    notes |= quarantine.notes
    if not frames:
        notes["exo"] = "none: no GoPro has a video and a pose"
    return tuple(frames)


def _times(take: Take, record: Mapping[str, Any], column: str) -> Array:
    """Return (n,) nanoseconds of a take's video frames."""
    first, last = record.get("timesync_start_idx"), record.get("timesync_end_idx")
    capture = record.get("capture")
    name = capture.get("capture_name") if isinstance(capture, Mapping) else None
    if not isinstance(name, str):
        name = re.sub(r"_\d+$", "", take.folder.name)
    where = f"{take.root}/takes.json"
    if not isinstance(first, int) or not isinstance(last, int) or "/" in name:
        raise CorruptInput("take has no usable times", where=where)
    path = resolve_inside(take.root / "captures", f"{name}/timesync.csv", where)
    return read_times_ns(path, column, first + 1, last)
