"""Frames per second and core that readers decode, and what opening a long scene costs.

    python benchmarks/readers.py [--frames 60] [--long 2000] [--only scannet,arkitscenes]

No dataset is needed: a simulated room is written in each dataset's own layout at its true picture
sizes (``tests/sources/layouts``), with textured pictures and noisy depth, so that JPEG, PNG and
zlib have as much to do as on a real recording. Decoded means picture and depth of a frame, as a
scene gives them. The peak is the process's resident memory after the long scene was opened.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sources"))

from layouts import real_size

from sextant.commands.registry import open_source
from sextant.scenes import Scene
from sextant.sources.source import SourceOptions


def open_only(name: str, root: Path) -> Scene:
    source = open_source(name, root, SourceOptions())
    return source.open(source.scene_ids()[0])


def best_rate(scene: Scene, repeats: int = 3) -> float:
    """Frames per second of processor time, picture and depth, best of some runs."""
    best = 0.0
    for _ in range(repeats):
        start = time.process_time()
        for frame in scene.frames:
            if frame.read_rgb is not None:
                frame.read_rgb()
            if frame.read_depth is not None:
                frame.read_depth()
        best = max(best, len(scene.frames) / (time.process_time() - start))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--long", type=int, default=2000, help="frames of the long scene")
    parser.add_argument("--only", default="", help="readers, comma-separated")
    args = parser.parse_args()
    writers: dict[str, Callable[[Path, int], None]] = dict(real_size.WRITERS)
    wanted = [n for n in args.only.split(",") if n] or list(writers)
    print("| reader | frames/s/core | opening a scene of | s | peak MiB |\n|---|---|---|---|---|")
    for name in wanted:
        with tempfile.TemporaryDirectory() as short, tempfile.TemporaryDirectory() as long:
            writers[name](Path(short), args.frames)
            rate = best_rate(open_only(name, Path(short)))
            writers[name](Path(long), args.long)
            start = time.perf_counter()
            scene = open_only(name, Path(long))
            took = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {name} | {rate:.0f} | {len(scene.frames)} frames | {took:.2f} | {peak:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
