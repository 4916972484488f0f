"""What a corpus keeps of a scene: room, boxes and cameras, enough to draw its map."""

from __future__ import annotations

from typing import Any

from sextant.scenes import Scene


def scene_row(scene: Scene) -> dict[str, Any]:
    """Return the row of ``scenes/*.parquet``; metres, world frame, rotations row by row."""
    room = scene.room
    return {
        "source": scene.source,
        "scene_id": scene.id,
        "split": scene.split,
        "license": scene.license,
        "is_metric": scene.is_metric,
        "room": {
            "floor_polygon": None if room.floor_polygon is None else room.floor_polygon.tolist(),
            "floor_z_m": room.floor_z_m,
            "area_m2": room.area_m2,
            "kind": room.kind,
        },
        "objects": [
            {
                "id": o.id,
                "category": o.category,
                "center": o.box.center.tolist(),
                "size_m": o.box.size_m.tolist(),
                "R": o.box.R_world_box.ravel().tolist(),
                "front": None if o.front_world is None else o.front_world.tolist(),
            }
            for o in scene.objects
        ],
        "cameras": [
            {
                "id": f.id,
                "center": f.center_world.tolist(),
                "R": f.T_world_camera[:3, :3].ravel().tolist(),
            }
            for f in scene.frames
        ],
    }
