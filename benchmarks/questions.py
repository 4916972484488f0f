"""Questions per second per core: facts and texts on boxes, without pictures.

    python benchmarks/questions.py --root PATH_TO_META_INFO [--per-task 200] [--repeat 3]

Without --root it makes random rooms of 40 upright boxes, so that it runs anywhere. One process,
one thread; the first scene is a warm-up (numba loads its compiled code there). Rows are complete:
text, options, evidence, id, as they go into the parquet file; the file itself is not written.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections import Counter
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numba
import numpy as np

from sextant import GenerateRecipe, Scene, SceneObject, SourceOptions, open_source, task_classes
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import yaw_rotation
from sextant.questions.context import SceneContext
from sextant.questions.engine import generate_scene

TOGETHER = (
    "mm.object_distance", "mm.object_size", "sr.relative_distance", "pt.hypothetical_direction",
)  # fmt: skip
"""The four families of the target: distance, size, relative distance, direction."""


def random_scene(index: int, objects: int = 40) -> Scene:
    rng = np.random.default_rng(index)
    made = []
    for k in range(objects):
        size = rng.uniform(0.2, 1.5, 3)
        center = np.array([*rng.uniform(-4, 4, 2), size[2] / 2])
        box = OrientedBox(center, size, yaw_rotation(rng.uniform(0, 6.28)))
        made.append(SceneObject(f"o{k:03d}", f"thing {k}", box))
    return Scene(f"random_{index}", "benchmark", "train", "CC0-1.0", tuple(made))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder with VSI-Bench meta_info files")
    parser.add_argument("--per-task", type=int, default=200, help="questions per family and scene")
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--tasks", default=",".join(TOGETHER), help="families, comma-separated")
    args = parser.parse_args()
    classes = task_classes()
    tasks = [classes[name]() for name in args.tasks.split(",")]
    recipe = GenerateRecipe(per_task=args.per_task)
    if args.root is None:
        scenes = [random_scene(i) for i in range(21)]
    else:
        source = open_source("vsi_meta", args.root, SourceOptions())
        scenes = [source.open(i) for i in source.scene_ids()]
    generate_scene(SceneContext(scenes[0], recipe), tasks, lambda data, suffix: "")
    runs = []
    for _ in range(args.repeat):
        counts: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        start = time.perf_counter()
        for scene in scenes[1:]:
            ctx = SceneContext(scene, recipe)
            for task in tasks:
                begun = time.perf_counter()
                counts[task.id] += len(generate_scene(ctx, [task], lambda data, suffix: "").samples)
                seconds[task.id] += time.perf_counter() - begun
        runs.append((time.perf_counter() - start, counts, seconds))
    total_s, counts, seconds = min(runs, key=lambda r: r[0])
    total = sum(counts.values())
    print(
        f"{platform.machine()} {platform.system()}, CPython {platform.python_version()}, "
        f"numpy {np.__version__}, numba {numba.__version__}; one core"
    )
    print(f"{len(scenes) - 1} scenes from {args.root.name if args.root else 'random boxes'}")
    for name in counts:
        print(f"  {name:28s} {counts[name]:7d} questions {counts[name] / seconds[name]:9.0f} /s")
    print(f"  {'together':28s} {total:7d} questions {total / total_s:9.0f} /s")
    print("  runs:", ", ".join(f"{sum(c.values()) / s:.0f} /s" for s, c, _ in runs))


if __name__ == "__main__":
    main()
