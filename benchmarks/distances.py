"""Time exact distances on one core against the numpy reference and scipy's bounded least squares.

    python benchmarks/distances.py [--boxes 100] [--triangles 500] [--pairs 200]

Boxes: sides 6 mm to 1.5 m, random rotations, centres in a cube of 6 m, every pair. Meshes: bumpy
ellipsoids 0.4 to 1.2 m long, centres 0.5 to 3 m apart. Kernels are compiled or loaded before.
The numpy way over meshes is timed on 12 x 12 triangles and extrapolated to all pairs of triangles.
Errors are the largest difference to the slower way over the pairs that were timed on it.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable

import numba
import numpy as np
import scipy.optimize
import trimesh

from sextant.geometry.box_distance import (
    box_distance,
    box_distance_reference,
    pairwise_box_distances,
)
from sextant.geometry.mesh_distance import build_bvh, mesh_distance, points_distance
from sextant.geometry.transforms import rotation_from_quaternion
from sextant.geometry.triangle_distance import triangle_distance_reference


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the fastest of a few runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def row(name: str, rate: float, each: float, note: str = "") -> None:
    print(f"| {name:34} | {rate:12,.0f} | {each * 1e6:14,.2f} | {note:34} |")


def least_squares(c_a, s_a, R_a, c_b, s_b, R_b) -> float:
    M = np.concatenate([R_a * s_a / 2, -R_b * s_b / 2], axis=1)
    solved = scipy.optimize.lsq_linear(M, c_b - c_a, bounds=(-1, 1), method="bvls", tol=1e-14)
    return float(np.linalg.norm(M @ solved.x - (c_b - c_a)))


def time_boxes(rng: np.random.Generator, n: int) -> None:
    c, s = rng.uniform(-3, 3, (n, 3)), rng.uniform(0.006, 1.5, (n, 3))
    R = np.stack([rotation_from_quaternion(q) for q in rng.normal(size=(n, 4))])
    distances = pairwise_box_distances(c, s, R)
    pairs = n * (n - 1) // 2
    each = seconds(lambda: pairwise_box_distances(c, s, R)) / pairs
    row("boxes, pairwise", 1 / each, each, f"{pairs} pairs")
    first = (c[0], s[0], R[0], c[1], s[1], R[1])
    single = seconds(lambda: [box_distance(*first) for _ in range(1000)]) / 1000
    row("boxes, one call per pair", 1 / single, single)
    some = [tuple(rng.choice(n, 2, replace=False)) for _ in range(40)]
    for name, function in (
        ("numpy reference", box_distance_reference),
        ("lsq_linear", least_squares),
    ):
        slow = seconds(
            lambda f=function: [f(c[i], s[i], R[i], c[j], s[j], R[j]) for i, j in some], 1
        ) / len(some)
        error = max(
            abs(function(c[i], s[i], R[i], c[j], s[j], R[j]) - distances[i, j]) for i, j in some
        )
        row(f"boxes, {name}", 1 / slow, slow, f"{slow / each:,.0f} x slower, off {error:.0e} m")


def bumpy(rng: np.random.Generator, triangles: int) -> np.ndarray:
    sphere = trimesh.creation.icosphere(3)
    bumps = 1 + 0.1 * rng.normal(size=(len(sphere.vertices), 1))
    surface = (sphere.vertices * bumps * rng.uniform(0.2, 0.6, 3))[sphere.faces]
    return np.asarray(surface[:triangles] @ rotation_from_quaternion(rng.normal(size=4)).T)


def time_meshes(rng: np.random.Generator, triangles: int, pairs: int) -> None:
    surfaces = [bumpy(rng, triangles) for _ in range(2 * pairs)]
    for i in range(pairs):
        way = rng.normal(size=3)
        surfaces[2 * i + 1] += way / np.linalg.norm(way) * rng.uniform(0.5, 3.0)
    trees = [build_bvh(t) for t in surfaces]
    build = seconds(lambda: [build_bvh(t) for t in surfaces], 1) / len(surfaces)
    size = len(surfaces[0])
    row(f"tree over {size} triangles", 1 / build, build, "once per mesh")
    mesh_distance(trees[0], trees[1])
    times = [
        seconds(lambda i=i: mesh_distance(trees[2 * i], trees[2 * i + 1]), 3) for i in range(pairs)
    ]
    each = float(np.mean(times))
    note = f"median {np.median(times) * 1e6:.0f}, slowest {max(times) * 1e6:.0f} µs"
    row(f"meshes, {size} x {size} triangles", 1 / each, each, note)
    small = [t[:12] for t in surfaces[:2]]
    start = time.perf_counter()
    expected = min(triangle_distance_reference(a, b) for a in small[0] for b in small[1])
    # 144 of the size² triangle pairs that the reference would have to go through.
    slow = (time.perf_counter() - start) / 144 * size * size
    error = abs(mesh_distance(build_bvh(small[0]), build_bvh(small[1])) - expected)
    row(
        "meshes, numpy, extrapolated",
        1 / slow,
        slow,
        f"{slow / each:,.0f} x slower, off {error:.0e} m",
    )
    cloud, other = rng.normal(size=(5000, 3)), rng.normal((3, 0, 0), 1, (5000, 3))
    each = seconds(lambda: points_distance(cloud, other))
    row("point sets, 5000 x 5000 and trees", 1 / each, each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=100)
    parser.add_argument("--triangles", type=int, default=500, help="per mesh, at most 1280")
    parser.add_argument("--pairs", type=int, default=200, help="pairs of meshes")
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {platform.system()}, {os.cpu_count()} CPUs, "
        f"Python {platform.python_version()}, "
        f"numpy {np.__version__}, numba {numba.__version__}, scipy {scipy.__version__}"
    )
    print(f"| {'one core':34} | {'per second':>12} | {'µs each':>14} | {'':34} |")
    print(f"|{'-' * 36}|{'-' * 13}:|{'-' * 15}:|{'-' * 36}|")
    rng = np.random.default_rng(0)
    time_boxes(rng, options.boxes)
    time_meshes(rng, options.triangles, options.pairs)


if __name__ == "__main__":
    main()
