"""A scene as the oracles see it: dense points, pictures, and plain projection.

Nothing here comes from the engine's geometry. A surface is a cloud of points at most
``SPACING_M`` apart, a distance the smallest one between two clouds, visibility what the instance
and depth pictures show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
from clouds import Floats, box_triangles, closest, cover
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from sextant.samples import Sample
from sextant.scenes import Scene, SceneObject

PRESENT_PIXELS = 12
"""From so many pixels something can be seen at all (taxonomy.md leaves it to the recipe)."""

PIXEL_SHARE = 0.0005
VISIBLE = 0.3
"""taxonomy.md, common rules: a shown object."""


class World:
    """Answers plain questions about one scene; everything is computed when first needed."""

    def __init__(
        self,
        scene: Scene,
        open_scene: Callable[[str], Scene] | None = None,
        corpus: Path | None = None,
    ) -> None:
        self.scene = scene
        self.corpus = corpus
        self.objects: dict[str, SceneObject] = {o.id: o for o in scene.objects}
        self.frames = {f.id: f for f in scene.frames}
        self._open_scene = open_scene
        self._before: World | None = None
        self._clouds: dict[str, Floats] = {}
        self._areas: dict[str, Floats] = {}
        self._trees: dict[str, cKDTree] = {}
        self._distances: dict[tuple[str, str], float] = {}
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._lifted: dict[tuple[str, int], Floats] = {}
        self._filled: dict[tuple[str, str], int] = {}
        self._looks: dict[tuple[str, str], tuple[float, float]] = {}
        self.depth = lru_cache(maxsize=40)(self._depth)
        self.instances = lru_cache(maxsize=40)(self._instances)

    def before(self) -> World:
        """The earlier capture of the same place."""
        if self._before is None:
            assert self._open_scene is not None
            assert self.scene.rescan_of is not None
            earlier = self._open_scene(self.scene.rescan_of)
            self._before = World(earlier, self._open_scene, self.corpus)
        return self._before

    def picture(self, sample: Sample, index: int) -> NDArray[np.uint8]:
        """The stored picture of a sample as (H, W, 3) uint8."""
        assert self.corpus is not None
        with Image.open(self.corpus / sample.images[index]) as image:
            return np.asarray(image.convert("RGB"))

    # ---- solids --------------------------------------------------------------------------

    def category(self, object_id: str) -> str:
        return self.objects[object_id].category

    def corners(self, object_id: str) -> Floats:
        """(8, 3) corners of a box."""
        box = self.objects[object_id].box
        signs = np.array(list(product((-0.5, 0.5), repeat=3)))
        return np.asarray(box.center + (signs * box.size_m) @ box.R_world_box.T)

    def center(self, object_id: str) -> Floats:
        return self.objects[object_id].box.center

    def bottom(self, object_id: str) -> float:
        return float(self.corners(object_id)[:, 2].min())

    def top(self, object_id: str) -> float:
        return float(self.corners(object_id)[:, 2].max())

    def sides(self, object_id: str) -> tuple[float, float, float]:
        """Vertical side, longer and shorter horizontal side of an upright box."""
        box = self.objects[object_id].box
        axis = int(np.argmax(np.abs(box.R_world_box[2])))
        flat = sorted(float(s) for k, s in enumerate(box.size_m) if k != axis)
        return float(box.size_m[axis]), flat[1], flat[0]

    def tilt_deg(self, object_id: str) -> float:
        up = float(np.abs(self.objects[object_id].box.R_world_box[2]).max())
        return float(np.degrees(np.arccos(min(1.0, up))))

    def cloud(self, object_id: str) -> Floats:
        """(n, 3) dense points of the surface: the mesh, the source's points, or the box."""
        found = self._clouds.get(object_id)
        if found is None:
            thing = self.objects[object_id]
            if thing.mesh is not None:
                found, self._areas[object_id] = cover(thing.mesh.vertices_world[thing.mesh.faces])
            elif thing.points_world is not None:
                found = thing.points_world
            else:
                found, self._areas[object_id] = cover(box_triangles(self.corners(object_id)))
            self._clouds[object_id] = found
        return found

    def filled(self, object_id: str, steps: int) -> Floats:
        """(steps^3, 3) points that fill a box, its faces included."""
        box = self.objects[object_id].box
        line = np.linspace(-0.5, 0.5, steps)
        grid = np.stack(np.meshgrid(line, line, line), axis=-1).reshape(-1, 3)
        return np.asarray(box.center + (grid * box.size_m) @ box.R_world_box.T)

    def inside_box(self, object_id: str, points: Floats) -> NDArray[np.bool_]:
        """Which of (n, 3) points lie in a box."""
        box = self.objects[object_id].box
        return np.asarray(
            (np.abs((points - box.center) @ box.R_world_box) <= box.size_m / 2).all(axis=1)
        )

    def distance(self, a: str, b: str) -> float:
        """Smallest distance of two clouds; too large by at most a few millimetres."""
        key = (min(a, b), max(a, b))
        found = self._distances.get(key)
        if found is None:
            solid = all(self.objects[i].geometry == "box" for i in key)
            within = (
                self.inside_box(a, self.cloud(b)).any() or self.inside_box(b, self.cloud(a)).any()
            )
            found = 0.0 if solid and within else closest(self._tree(a), self._tree(b))
            self._distances[key] = found
        return found

    def _tree(self, object_id: str) -> cKDTree:
        if object_id not in self._trees:
            self._trees[object_id] = cKDTree(self.cloud(object_id))
        return self._trees[object_id]

    # ---- cameras -------------------------------------------------------------------------

    def eye(self, frame: str) -> Floats:
        return self.frames[frame].T_world_camera[:3, 3]

    def to_camera(self, frame: str, points: Floats) -> Floats:
        """(n, 3) world points in camera axes: right, down, forward."""
        T = self.frames[frame].T_world_camera
        return np.asarray((points - T[:3, 3]) @ T[:3, :3])

    def pixel(self, frame: str, points: Floats) -> tuple[Floats, Floats]:
        """(n, 2) pixels and (n,) depths of (n, 3) world points."""
        local = self.to_camera(frame, np.atleast_2d(points))
        lens = self.frames[frame].camera
        z = np.where(local[:, 2] > 1e-6, local[:, 2], np.nan)
        u = lens.fx * local[:, 0] / z + lens.cx
        v = lens.fy * local[:, 1] / z + lens.cy
        return np.stack([u, v], axis=1), local[:, 2]

    def lift(self, frame: str, u: float, v: float) -> Floats:
        """(3,) world point that a pixel shows."""
        lens = self.frames[frame].camera
        z = float(self.depth(frame)[int(v), int(u)])
        local = np.array([(u - lens.cx) / lens.fx * z, (v - lens.cy) / lens.fy * z, z])
        T = self.frames[frame].T_world_camera
        return np.asarray(T[:3, :3] @ local + T[:3, 3])

    def lifted(self, frame: str, step: int) -> Floats:
        """(n, 3) world points of every ``step``-th pixel whose depth is known."""
        if (frame, step) not in self._lifted:
            depth, lens = self.depth(frame), self.frames[frame].camera
            rows, columns = np.mgrid[step // 2 : lens.height : step, step // 2 : lens.width : step]
            z = depth[rows, columns].astype(np.float64).ravel()
            x = (columns.ravel() + 0.5 - lens.cx) / lens.fx * z
            y = (rows.ravel() + 0.5 - lens.cy) / lens.fy * z
            local = np.stack([x, y, z], axis=1)[np.isfinite(z)]
            T = self.frames[frame].T_world_camera
            self._lifted[frame, step] = local @ T[:3, :3].T + T[:3, 3]
        return self._lifted[frame, step]

    def yaw(self, frame: str) -> float:
        """Heading of the view in the floor plane, radians, counterclockwise."""
        x, y, _ = self.frames[frame].T_world_camera[:3, 2]
        return float(np.arctan2(y, x))

    def pitch(self, frame: str) -> float:
        return float(np.arcsin(np.clip(self.frames[frame].T_world_camera[2, 2], -1, 1)))

    def in_first_view(self, frame: str, point: Floats) -> tuple[float, float]:
        """(right, ahead) in metres of a point on the floor plan of a camera."""
        d, yaw = point[:2] - self.eye(frame)[:2], self.yaw(frame)
        ahead = np.array([np.cos(yaw), np.sin(yaw)])
        return float(d[0] * ahead[1] - d[1] * ahead[0]), float(d @ ahead)

    # ---- what pictures show --------------------------------------------------------------

    def _depth(self, frame: str) -> NDArray[np.float32]:
        read = self.frames[frame].read_depth
        assert read is not None
        return read()

    def _instances(self, frame: str) -> NDArray[np.int32]:
        read, lens = self.frames[frame].read_instances, self.frames[frame].camera
        return np.zeros((lens.height, lens.width), np.int32) if read is None else read()

    def pixels(self, frame: str, object_id: str) -> int:
        """How many pixels of a frame show an object."""
        if frame not in self._counts:
            values = self.instances(frame).ravel()
            least = max((o.instance_value for o in self.scene.objects), default=0) + 1
            self._counts[frame] = np.bincount(values, minlength=least)
        return int(self._counts[frame][self.objects[object_id].instance_value])

    def share(self, frame: str, object_id: str) -> float:
        lens = self.frames[frame].camera
        return self.pixels(frame, object_id) / (lens.width * lens.height)

    def present(self, frames: Iterable[str], least: int = PRESENT_PIXELS) -> set[str]:
        """Ids of everything that some frame shows with at least so many pixels."""
        ids = list(frames)
        return {o for o in self.objects if any(self.pixels(f, o) >= least for f in ids)}

    def mask(self, frame: str, object_id: str) -> NDArray[np.bool_]:
        return np.asarray(self.instances(frame) == self.objects[object_id].instance_value)

    def bounds(self, frame: str, object_id: str) -> tuple[float, float, float, float]:
        """Image box of the visible pixels: left, top, right, bottom."""
        rows, columns = np.nonzero(self.mask(frame, object_id))
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        return float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])

    def nearest_visible(self, frame: str, object_id: str) -> float:
        """Distance from the camera centre to the nearest pixel that shows an object."""
        rows, columns = np.nonzero(self.mask(frame, object_id))
        lens = self.frames[frame].camera
        z = self.depth(frame)[rows, columns].astype(np.float64)
        x = (columns + 0.5 - lens.cx) / lens.fx * z
        y = (rows + 0.5 - lens.cy) / lens.fy * z
        return float(np.nanmin(np.sqrt(x * x + y * y + z * z)))

    def look(self, frame: str, object_id: str) -> tuple[float, float]:
        """Rough visible ratio v and in-frame ratio w of an object.

        v: of the 8 x 8 pixel cells that the object alone would fill, how many show it.
        """
        key = (frame, object_id)
        if key not in self._looks:
            lens = self.frames[frame].camera
            points = self.cloud(object_id)
            areas = self._areas.get(object_id, np.ones(len(points)))
            step = max(1, len(points) // 12_000)
            uv, z = self.pixel(frame, points[::step])
            fits = (z > 0.05) & (uv >= 0).all(axis=1) & (uv < [lens.width, lens.height]).all(axis=1)
            w = float(areas[::step][fits].sum() / areas[::step].sum())
            columns, rows = (uv[fits] // 8).astype(int).T
            cells = np.zeros((lens.height // 8 + 1, lens.width // 8 + 1), dtype=bool)
            cells[rows, columns] = True
            seen = np.zeros_like(cells)
            rows, columns = np.nonzero(self.mask(frame, object_id))
            seen[rows // 8, columns // 8] = True
            v = float((cells & seen).sum() / max(1, cells.sum()))
            self._looks[key] = (v, w)
            self._filled[key] = int(cells.sum()) * 64
        return self._looks[key]

    def pixel_ratio(self, frame: str, object_id: str) -> float:
        """Pixels that show an object over roughly those that it alone would fill."""
        self.look(frame, object_id)
        return self.pixels(frame, object_id) / max(64, self._filled[frame, object_id])

    def shown(self, object_id: str, frames: Sequence[str], loose: float = 0.15) -> bool:
        """Whether some frame shows an object well, with ``loose`` taken off the thresholds."""
        return any(
            self.share(f, object_id) >= PIXEL_SHARE * (1 - loose)
            and self.look(f, object_id)[0] >= VISIBLE - loose
            for f in frames
        )
