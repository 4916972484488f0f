"""Frames per second and core that readers decode, and what opening or importing a long scene costs.

    python benchmarks/readers.py [--frames 60] [--long 2000] [--only scannet,arkitscenes,adt]
    python benchmarks/readers.py --import scannet [--long 2000]

No dataset is needed: a simulated room is written in each dataset's own layout at its true picture
sizes (``tests/sources/layouts``), with textured pictures and noisy depth, so that JPEG, PNG and
zlib have as much to do as on a real recording. Decoded means picture and depth of a frame, as a
scene gives them. The peak is the process's resident memory after the long scene was opened.

``--import`` runs ``sextant scenes import`` on the long scene, instance maps included, in a process
of its own, and reports that process's time and peak.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
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


def import_cost(name: str, root: Path, out: Path) -> tuple[float, float, float]:
    """Import all scenes below a root; return wall seconds, processor seconds and peak MiB."""
    command = [sys.executable, "-m", "sextant", "scenes", "import", "--source", name]
    start = time.perf_counter()
    subprocess.run([*command, "--root", str(root), "--out", str(out), "--quiet"], check=True)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def megabytes(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def report_import(name: str, frames: int) -> None:
    """Print one row: what the import of one long scene costs."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "in", Path(folder) / "out"
        real_size.WRITERS[name](root, frames)
        wall, cpu, peak = import_cost(name, root, out)
        sizes = f"{megabytes(root):.0f} | {megabytes(out):.0f}"
    print("| import of | frames | MB in | MB out | s | processor s | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    print(f"| {name} | {frames} | {sizes} | {wall:.0f} | {cpu:.0f} | {peak:.0f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--long", type=int, default=2000, help="frames of the long scene")
    parser.add_argument("--only", default="", help="readers, comma-separated")
    parser.add_argument("--import", dest="whole", choices=real_size.WRITERS, help="reader")
    args = parser.parse_args()
    if args.whole:
        report_import(args.whole, args.long)
        return 0
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
