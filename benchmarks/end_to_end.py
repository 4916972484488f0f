"""Questions per second and core from the simulator to a finished corpus, pictures written.

    python benchmarks/end_to_end.py [--scenes 8] [--per-task 40]      speed, all families
    python benchmarks/end_to_end.py --memory 10 500 [--tasks a,b]     resident memory per run

Each run is one process with one worker; its processor time and greatest resident memory are read
from the operating system after it ended. A run of one scene before it compiles and loads what every
run needs; its time is taken off, so that the figure is that of a long run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(scenes: int, per_task: int, tasks: str | None, out: Path) -> tuple[float, float, int]:
    """Generate a corpus in a process of its own; return wall, processor seconds and peak KiB."""
    command = [
        sys.executable, "-m", "sextant", "generate", "--source", "procedural", "--seed", "7",
        "--scenes", str(scenes), "--out", str(out), "--quiet", "--set", f"per_task={per_task}",
    ]  # fmt: skip
    if tasks:
        command += ["--tasks", tasks]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    single = dict.fromkeys(names, "1")
    start = time.perf_counter()
    child = subprocess.Popen(command, env={**os.environ, **single}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"generate failed with {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--per-task", type=int, default=40)
    parser.add_argument("--tasks", help="families, comma-separated; all if not given")
    parser.add_argument("--memory", type=int, nargs="+", help="numbers of scenes to compare")
    args = parser.parse_args()
    print(f"{platform.machine()} {platform.system()}, CPython {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        if args.memory:
            first = 0
            for scenes in args.memory:
                wall, _, peak = run(scenes, args.per_task, args.tasks, Path(folder) / str(scenes))
                first = first or peak
                print(f"{scenes:5} scenes  {wall:7.0f} s  peak {peak / 1024:6.0f} MiB  "
                      f"{peak / first:5.2f} of the first")  # fmt: skip
            return
        run(1, args.per_task, args.tasks, Path(folder) / "compile")
        base_wall, base_cpu, _ = run(1, args.per_task, args.tasks, Path(folder) / "one")
        out = Path(folder) / "many"
        wall, cpu, peak = run(args.scenes, args.per_task, args.tasks, out)
        manifest = json.loads((out / "manifest.json").read_text())
        one = json.loads((Path(folder) / "one" / "manifest.json").read_text())
    made = manifest["selection"]["candidates"] - one["selection"]["candidates"]
    kept = manifest["samples"] - one["samples"]
    cpu, wall = cpu - base_cpu, wall - base_wall
    print(
        f"{args.scenes - 1} scenes beyond the first, {args.per_task} questions a family and scene"
    )
    print(f"{made} questions made, {kept} kept, {manifest['images']['count']} images in all")
    print(f"{cpu:.1f} s of processor time ({wall:.1f} s elapsed), peak {peak / 1024:.0f} MiB")
    print(f"{made / cpu:.0f} made and {kept / cpu:.0f} kept a second and core")


if __name__ == "__main__":
    main()
