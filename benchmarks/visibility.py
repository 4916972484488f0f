"""Time visibility and view pairs of one scene on one core.

    python benchmarks/visibility.py [--frames 300] [--objects 60] [--triangles 500]

The scene is a furnished room: round objects of a few hundred triangles, seen by a camera that walks
round it. Frames are drawn beforehand, so that only reading, not rendering, is in the timing of
the methods that take masks or depth; "mesh" includes its z-buffer. Kernels are compiled before.
MAE is that of the visible ratios against the z-buffer's, over objects of more than 500 pixels; the
objects pierce each other, which is harder than a real room.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import replace

import numba
import numpy as np

import sextant
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import look_at
from sextant.scenes import Camera, Frame, Mesh, Scene, SceneObject
from sextant.visibility import compute_pairs, compute_visibility
from sextant.visibility.samples import box_mesh
from sextant.visibility.surfaces import lay_out

ROOM = OrientedBox(np.array([0.0, 0.0, 1.4]), np.array([8.0, 6.0, 2.8]), np.eye(3))


def ellipsoid(center: np.ndarray, radii: np.ndarray, triangles: int) -> Mesh:
    rings = max(3, round((triangles / 4) ** 0.5))
    columns = 2 * rings
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, rings + 1), np.arange(columns) / columns * 2 * np.pi, indexing="ij"
    )
    unit = np.stack(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], -1
    )
    index = np.arange((rings + 1) * columns).reshape(rings + 1, columns)
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, axis=1), np.roll(a, -1, axis=1)
    faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    return Mesh(unit.reshape(-1, 3) * radii + center, faces.astype(np.int32))


def room(frames: int, objects: int, triangles: int, camera: Camera) -> Scene:
    rng = np.random.default_rng(0)
    things = []
    for i in range(objects):
        radii = rng.uniform(0.1, 0.5, 3)
        center = np.array([rng.uniform(-3.4, 3.4), rng.uniform(-2.4, 2.4), radii[2]])
        things.append(
            SceneObject(
                f"o{i:03d}", "thing", OrientedBox(center, 2 * radii, np.eye(3)),
                mesh=ellipsoid(center, radii, triangles), instance_value=i + 1,
            )
        )  # fmt: skip
    turn = np.linspace(0, 2 * np.pi, frames, endpoint=False)
    walk = [
        Frame(
            f"{i:04d}",
            camera,
            look_at((3.0 * np.cos(t), 2.0 * np.sin(t), 1.6), (0.3 * np.sin(3 * t), 0.0, 0.6)),
        )
        for i, t in enumerate(turn)
    ]
    return Scene(
        "room", "made", "train", "CC0", tuple(things), tuple(walk), shell=box_mesh(ROOM)
    )  # fmt: skip


def drawn(scene: Scene) -> Scene:
    """Give the frames masks and depth."""
    surfaces = lay_out(scene)
    frames = []
    for f in scene.frames:
        raster = surfaces.raster(f)
        values = np.where(raster.values > len(scene.objects), 0, raster.values).astype(np.int32)
        frames.append(
            replace(
                f,
                read_depth=lambda d=raster.depth_m: d,
                read_instances=lambda v=values: v,
            )
        )
    return replace(scene, frames=tuple(frames))


def without(scene: Scene, *, masks: bool = True, depth: bool = True, mesh: bool = True) -> Scene:
    return replace(
        scene,
        frames=tuple(
            replace(
                f,
                read_depth=f.read_depth if depth else None,
                read_instances=f.read_instances if masks else None,
            )
            for f in scene.frames
        ),
        objects=tuple(o if mesh else replace(o, mesh=None) for o in scene.objects),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--objects", type=int, default=60)
    parser.add_argument("--triangles", type=int, default=500)
    options = parser.parse_args()
    camera = Camera(640, 480, 525.0, 525.0, 320.0, 240.0)
    scene = drawn(room(options.frames, options.objects, options.triangles, camera))
    total = sum(len(o.mesh.faces) for o in scene.objects if o.mesh) + 12
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
        f"numpy {np.__version__}, numba {numba.__version__}, sextant {sextant.__version__}"
    )
    print(
        f"{options.frames} frames 640x480, {options.objects} objects, {total} triangles, one core"
    )
    variants = {
        "masks + depth + meshes": scene,
        "masks + depth + boxes": without(scene, mesh=False),
        "masks + boxes": without(scene, depth=False, mesh=False),
        "meshes (z-buffer)": without(scene, masks=False, depth=False),
        "depth + boxes": without(scene, masks=False, mesh=False),
        "boxes": without(scene, masks=False, depth=False, mesh=False),
    }
    truth = compute_visibility(variants["meshes (z-buffer)"])
    large = truth.pixel_count > 500
    for label, variant in variants.items():
        compute_visibility(variant, [variant.frames[0].id])
        start = time.perf_counter()
        table = compute_visibility(variant)
        seconds = time.perf_counter() - start
        error = np.abs(table.visible_ratio - truth.visible_ratio)[large]
        print(
            f"  {label:24s} {seconds:6.2f} s  {1e3 * seconds / options.frames:5.1f} ms/frame  "
            f"MAE {error.mean():.3f}  within 0.1 {np.mean(error <= 0.1):.0%}"
        )
    compute_pairs(scene, [f.id for f in scene.frames[:2]])
    start = time.perf_counter()
    pairs = compute_pairs(scene)
    seconds = time.perf_counter() - start
    print(f"  {'pairs':24s} {seconds:6.2f} s  mean overlap {pairs.overlap.mean():.2f}")


if __name__ == "__main__":
    main()
