"""Small scenes of boxes, and an oracle that casts one ray per pixel at them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import look_at, yaw_rotation
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.visibility.samples import box_mesh, mesh_samples

CAMERA = Camera(320, 240, 200.0, 200.0, 160.0, 120.0)
ROOM = OrientedBox(np.zeros(3), np.array([12.0, 12.0, 12.0]), np.eye(3))


def thing(name, center, size, value=0, yaw=0.0, category="box"):
    box = OrientedBox(np.array(center, float), np.array(size, float), yaw_rotation(yaw))
    return SceneObject(name, category, box, mesh=box_mesh(box), instance_value=value)


def frame(name="f", eye=(0.0, 0.0, 0.0), target=(1.0, 0.0, 0.0), camera=CAMERA):
    return Frame(name, camera, look_at(eye, target))


def scene(objects, frames=None, shell=True):
    return Scene(
        "s", "made", "train", "CC0", tuple(objects), tuple(frames or (frame(),)),
        shell=box_mesh(ROOM) if shell else None,
    )  # fmt: skip


def cast(frame, objects):
    """Return slots (H, W), Euclidean distance (H, W) and (O,) pixels of each box alone."""
    c = frame.camera
    v, u = np.mgrid[0 : c.height, 0 : c.width] + 0.5
    rays = np.stack([(u - c.cx) / c.fx, (v - c.cy) / c.fy, np.ones_like(u)], axis=-1)
    z = np.full((len(objects) + 1, *u.shape), np.inf)
    for i, box in enumerate([*(o.box for o in objects), ROOM]):
        R, t = frame.T_world_camera[:3, :3], frame.T_world_camera[:3, 3]
        start, along = (t - box.center) @ box.R_world_box, rays @ R.T @ box.R_world_box
        with np.errstate(divide="ignore"):
            t0 = (-box.size_m / 2 - start) / along
            t1 = (box.size_m / 2 - start) / along
        enter, leave = np.minimum(t0, t1).max(-1), np.maximum(t0, t1).min(-1)
        first = np.where(enter > 0.02, enter, leave)
        hit = (enter <= leave) & (first > 0.02)
        z[i][hit] = first[hit]
    slots = np.argmin(z, axis=0)
    depth = z.min(axis=0)
    slots[(slots == len(objects)) | ~np.isfinite(depth)] = -1
    return slots, depth, np.isfinite(z[:-1]).sum(axis=(1, 2)), depth * np.linalg.norm(rays, axis=-1)


def as_sensed(scene, *, masks, depth, geometry):
    """Return the scene as a source would give it: cast masks and depth, less geometry."""
    values = np.array([o.instance_value for o in scene.objects] + [0], dtype=np.int32)
    frames = []
    for f in scene.frames:
        slots, z, _, _ = cast(f, scene.objects)
        frames.append(
            replace(
                f,
                read_instances=(lambda s=slots: values[s]) if masks else None,
                read_depth=(lambda z=z: z.astype(np.float32)) if depth else None,
            )
        )
    objects = tuple(
        o
        if geometry == "mesh"
        else replace(
            o, mesh=None, points_world=mesh_samples(o.mesh, 8000) if geometry == "points" else None
        )
        for o in scene.objects
    )
    return replace(scene, frames=tuple(frames), objects=objects)
