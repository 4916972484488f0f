"""A scene as a page to turn about: points, boxes, cameras; one file, nothing is fetched."""

from __future__ import annotations

import base64
import html
import json
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.geometry.projection import backproject, depth_to_points
from sextant.geometry.transforms import transform_points
from sextant.scenes import Frame, Scene

MAX_POINTS = 120_000
MAX_FRAMES = 24
FRUSTUM = 0.03
"""Length of a drawn camera, in parts of the scene's size."""

Array = NDArray[np.float64]


def scene_page(scene: Scene) -> bytes:
    """Return a self-contained HTML page; ids and names are data and never markup."""
    points, colors = scene_points(scene)
    corners = [o.box.corners for o in scene.objects]
    centers = np.array([f.center_world for f in scene.frames]).reshape(-1, 3)
    everything = np.concatenate([points, *corners, centers])
    low, high = np.percentile(everything, [1, 99], axis=0)
    size = float(np.linalg.norm(high - low)) or 1.0
    outline = scene.room.floor_polygon
    floor_z = scene.room.floor_z_m or 0.0
    data = {
        "points": _base64(points.astype("<f4")),
        "colors": _base64(colors),
        "boxes": [
            {
                "id": o.id,
                "label": o.category,
                "center": o.box.center.tolist(),
                "size": o.box.size_m.tolist(),
                "axes": o.box.R_world_box.T.tolist(),
                "corners": o.box.corners.tolist(),
            }
            for o in scene.objects
        ],
        "cameras": [_camera(f, FRUSTUM * size) for f in scene.frames],
        "floor": [] if outline is None else [[float(x), float(y), floor_z] for x, y in outline],
        "center": ((low + high) / 2).tolist(),
        "size": size,
        "unit": "m" if scene.is_metric else "(not metric)",
    }
    lines = [
        f"{scene.source}, split {scene.split}",
        f"{len(scene.frames)} frames, {len(scene.objects)} objects, {len(points)} points",
        scene.license,
        *(f"{name}: {value}" for name, value in scene.notes.items()),
    ]
    folder = resources.files("sextant.commands")
    page = folder.joinpath("scene_page.html").read_text("utf-8")
    parts = {
        "{title}": html.escape(f"{scene.source} {scene.id}"),
        "{lines}": "\n".join(f"<p>{html.escape(line)}</p>" for line in lines),
        "{script}": folder.joinpath("scene_page.js").read_text("utf-8"),
        "{data}": _json(data),
    }
    # In one pass: what stands in the data must not be taken for a place to fill.
    pieces = []
    while parts:
        found = {name: page.find(name) for name in parts}
        name = min((n for n, at in found.items() if at >= 0), key=lambda n: found[n], default=None)
        if name is None:
            break
        pieces += [page[: found[name]], parts[name]]
        page = page[found[name] + len(name) :]
    return "".join([*pieces, page]).encode("utf-8", "replace")


def scene_points(scene: Scene) -> tuple[Array, NDArray[np.uint8]]:
    """Return (n, 3) world points and (n, 3) colours from depth, else from surfaces."""
    deep = [f for f in scene.frames if f.read_depth is not None]
    picks = np.unique(np.linspace(0, len(deep) - 1, min(MAX_FRAMES, len(deep))).astype(int))
    chosen = [deep[int(i)] for i in picks] if deep else []
    points, colors = [np.zeros((0, 3))], [np.zeros((0, 3), np.uint8)]
    for frame in chosen:
        try:
            p, c = _frame_points(frame, MAX_POINTS // len(chosen))
        except InputError:
            continue  # a page is for looking; `scenes check` counts what cannot be read
        points.append(p)
        colors.append(c)
    if not chosen:
        for o in scene.objects:
            surface = o.mesh.vertices_world if o.mesh is not None else o.points_world
            if surface is not None and len(surface):
                step = max(1, len(surface) * len(scene.objects) // MAX_POINTS)
                points.append(surface[::step])
                colors.append(np.full((len(points[-1]), 3), 170, np.uint8))
    return np.concatenate(points), np.concatenate(colors)


def _frame_points(frame: Frame, count: int) -> tuple[Array, NDArray[np.uint8]]:
    assert frame.read_depth is not None
    depth_m = frame.read_depth()
    step = max(1, int(np.ceil(np.sqrt(depth_m.size / count))))
    local = depth_to_points(frame.camera.K, depth_m)[::step, ::step]
    known = np.isfinite(local[..., 2])
    rgb = np.full((*depth_m.shape, 3), 170, np.uint8)
    if frame.read_rgb is not None:
        rgb = frame.read_rgb()
    return transform_points(frame.T_world_camera, local[known]), rgb[::step, ::step][known]


def _camera(frame: Frame, length: float) -> dict[str, Any]:
    lens = frame.camera
    uv = np.array([[0, 0], [lens.width, 0], [lens.width, lens.height], [0, lens.height]], float)
    local = backproject(lens.K, uv, np.full(4, length))
    return {
        "id": frame.id,
        "center": frame.center_world.tolist(),
        "corners": transform_points(frame.T_world_camera, local).tolist(),
    }


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _json(data: Any) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
