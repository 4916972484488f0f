"""Frames per second of the z-buffer and of the shaded pictures, on one core.

    python benchmarks/render.py [--triangles 100000] [--repeat 15]

Prints the machine, the versions, the time to compile everything from an empty cache, and the
medians for a furnished room as it is and with its triangles halved until there are as many as
asked.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np

from sextant.geometry.raster import object_pixels_alone, rasterize
from sextant.scenes import Frame
from sextant.sources.procedural import open_source
from sextant.sources.procedural.stage import Stage
from sextant.sources.source import SourceOptions


def median_ms(work: Callable[[int], object], repeat: int) -> float:
    times = []
    for i in range(repeat):
        start = time.perf_counter()
        work(i)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(x.split(":")[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def refined(stage: Stage, triangles: int) -> Stage:
    """Halve every triangle until there are enough; the picture stays the same."""
    while len(stage.faces) < triangles:
        a, b, c = (stage.faces[:, i] for i in range(3))
        count = len(stage.vertices)
        longest = np.argmax(
            [np.linalg.norm(stage.vertices[p] - stage.vertices[q], axis=1)
             for p, q in ((a, b), (b, c), (c, a))], axis=0,
        )  # fmt: skip
        turned = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])[longest]
        p, q, r = (np.take_along_axis(stage.faces, turned[:, i : i + 1], 1)[:, 0] for i in range(3))
        middle = (count + np.arange(len(p))).astype(np.int32)
        faces = np.concatenate([np.stack([p, middle, r], 1), np.stack([middle, q, r], 1)])
        stage = replace(
            stage,
            vertices=np.concatenate([stage.vertices, (stage.vertices[p] + stage.vertices[q]) / 2]),
            normals=np.concatenate([stage.normals, stage.normals[p]]),
            faces=np.ascontiguousarray(faces.astype(np.int32)),
            values=np.tile(stage.values, 2),
            materials=np.tile(stage.materials, 2),
        )
    return stage


def first_picture() -> None:
    """Print the seconds to the first scene, whose views are checked by depth, and picture."""
    start = time.perf_counter()
    frame = open_source(None, SourceOptions(seed=7)).open("room_000007_0002").frames[0]
    opened = time.perf_counter()
    assert frame.read_rgb is not None
    frame.read_rgb()
    print(
        f"first scene {opened - start:.2f} s, then first picture "
        f"{time.perf_counter() - opened:.2f} s",
        end="",
    )


def cold_and_warm() -> None:
    """Measure first pictures in processes of their own: compiling, then loading the cache."""
    with tempfile.TemporaryDirectory() as cache:
        for how in ("compiling", "from the compiled cache"):
            done = subprocess.run(
                [sys.executable, __file__, "--first"], check=True, capture_output=True, text=True,
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
            )  # fmt: skip
            print(f"{done.stdout} ({how})")


def stage_behind(frame: Frame) -> Stage:
    """Return the stage that a simulated frame draws from."""
    assert frame.read_rgb is not None
    cells = getattr(frame.read_rgb, "__closure__", None) or ()
    return next(c.cell_contents for c in cells if isinstance(c.cell_contents, Stage))


def measure(stage: Stage, frames: tuple[Frame, ...], repeat: int) -> None:
    camera, poses = frames[0].camera, [f.T_world_camera for f in frames]
    order = np.argsort(stage.values, kind="stable")
    offsets = np.searchsorted(stage.values[order], np.arange(1, stage.values.max() + 2))
    faces = stage.faces[order]

    def draw(i: int) -> object:
        pose = poses[i % len(poses)]
        return rasterize(
            stage.vertices, stage.faces, stage.values, camera.K, pose, camera.width, camera.height
        )

    def alone(i: int) -> object:
        pose = poses[i % len(poses)]
        return object_pixels_alone(
            stage.vertices, faces, offsets, camera.K, pose, camera.width, camera.height
        )

    def picture(i: int) -> object:
        return stage.rgb(camera, poses[i % len(poses)])

    print(f"640x480, {len(stage.faces)} triangles:")
    for name, work in (
        ("depth + ids", draw), ("pixels of objects alone", alone), ("shaded RGB", picture),
    ):  # fmt: skip
        work(0)
        ms = median_ms(work, repeat)
        print(f"  {name:24s} {ms:7.1f} ms  {1e3 / ms:6.1f} frames/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triangles", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--first", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first:
        first_picture()
        return
    print(
        f"{processor()}, one core; Python {sys.version.split()[0]}, numpy {np.__version__}, "
        f"numba {numba.__version__}"
    )
    source = open_source(None, SourceOptions(seed=7))
    scene = source.open("room_000007_0002")
    ids = source.scene_ids()
    print(f"scene built in {median_ms(lambda i: source.open(ids[i]), 8):.0f} ms")
    frames = scene.frames
    cold_and_warm()
    plain = stage_behind(frames[0])
    for stage in (plain, refined(plain, options.triangles)):
        measure(stage, frames, options.repeat)


if __name__ == "__main__":
    main()
