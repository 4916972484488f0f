"""A scene as a recording for the Rerun viewer (extra ``rerun``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sextant.commands.scene_page import scene_points
from sextant.errors import MissingDependency
from sextant.geometry.transforms import quaternion_from_rotation
from sextant.scenes import Scene


def write_rrd(scene: Scene, out: Path) -> None:
    """Write points, boxes and cameras as an .rrd file.

    Raises:
        MissingDependency: If rerun-sdk is not installed.
    """
    try:
        import rerun as rr
    except ImportError as error:
        raise MissingDependency.extra("rerun-sdk", "rerun", "an .rrd file") from error
    recording = rr.new_recording("sextant", recording_id=f"{scene.source}/{scene.id}")
    points, colors = scene_points(scene)
    rr.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True, recording=recording)
    rr.log("world/points", rr.Points3D(points, colors=colors), static=True, recording=recording)
    if scene.objects:
        turned = [quaternion_from_rotation(o.box.R_world_box)[[1, 2, 3, 0]] for o in scene.objects]
        boxes = rr.Boxes3D(
            centers=np.array([o.box.center for o in scene.objects]),
            half_sizes=np.array([o.box.size_m / 2 for o in scene.objects]),
            quaternions=turned,
            labels=[o.category for o in scene.objects],
        )
        rr.log("world/boxes", boxes, static=True, recording=recording)
    for k, frame in enumerate(scene.frames):
        place = f"world/cameras/{k:06d}"
        T = frame.T_world_camera
        pose = rr.Transform3D(translation=T[:3, 3], mat3x3=T[:3, :3])
        lens = rr.Pinhole(
            image_from_camera=frame.camera.K, width=frame.camera.width, height=frame.camera.height
        )
        rr.log(place, pose, static=True, recording=recording)
        rr.log(place, lens, static=True, recording=recording)
    rr.save(str(out), recording=recording)
