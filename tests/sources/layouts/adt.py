"""Write the text files of an Aria Digital Twin sequence: its boxes without its recordings."""

from __future__ import annotations

import json
from pathlib import Path

from sextant.geometry.transforms import quaternion_from_rotation
from sextant.scenes import Scene

GRAVITY = (0.0, 0.0, -9.81)
"""As recordings of other tools have it; ADT's own worlds are Y up."""


def write_sequence(root: Path, scene: Scene) -> Path:
    """Write a sequence of objects that stay, beside the trajectory of the scene's frames."""
    folder = root / "sequence"
    folder.mkdir(parents=True)
    instances, poses, boxes = {}, [], []
    for o in scene.objects:
        uid = 10**15 + o.instance_value
        instances[str(uid)] = {
            "instance_id": uid, "instance_name": f"{o.category.title()}_{o.instance_value}",
            "prototype_name": o.category.title(), "category": o.category,
            "motion_type": "static", "instance_type": "object",
            "canonical_pose": {"up_vector": [0, 0, 1], "front_vector": [0, 1, 0]},
        }  # fmt: skip
        place = [*o.box.center, *quaternion_from_rotation(o.box.R_world_box)]
        poses.append(f"{uid},-1," + ",".join(f"{x:.9f}" for x in place))
        sides = [f"{s * x / 2:.9f}" for x in o.box.size_m for s in (-1, 1)]
        boxes.append(f"{uid},-1," + ",".join(sides))
    (folder / "instances.json").write_text(json.dumps(instances))
    columns = "t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z"
    _table(folder / "scene_objects.csv", f"object_uid,timestamp[ns],{columns}", poses)
    ends = ",".join(f"p_local_obj_{a}{s}[m]" for a in "xyz" for s in ("min", "max"))
    _table(folder / "3d_bounding_box.csv", f"object_uid,timestamp[ns],{ends}", boxes)
    names = [f"t{a}_world_device" for a in "xyz"] + [f"q{a}_world_device" for a in "xyzw"]
    names += [f"gravity_{a}_world" for a in "xyz"]
    rows = []
    for k, frame in enumerate(scene.frames):
        w, x, y, z = quaternion_from_rotation(frame.T_world_camera[:3, :3])
        numbers = [*frame.center_world, x, y, z, w, *GRAVITY]
        rows.append(f"{1000 + 33 * k}," + ",".join(f"{n:.9f}" for n in numbers))
    _table(folder / "aria_trajectory.csv", f"tracking_timestamp_us,{','.join(names)}", rows)
    return folder


def _table(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n")
