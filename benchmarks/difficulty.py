"""Does the difficulty level mean anything? Simple observers, by level.

    python benchmarks/difficulty.py CORPUS_OF_THE_SIMULATOR [--limit 4000]

Two observers answer every choice and yes/no row of a corpus:

- ``rough eye`` measures the same scene with places off by 0.2 m and sizes by 15 % (standard
  deviations), boxes instead of surfaces, poses off by 0.1 m and 5 degrees; where the blurred
  scene is ambiguous it draws an option;
- ``2D heuristics`` answers what the stored picture heuristics say on average.

Printed are accuracy, chance, and the share of the way from chance to perfect, by level. Levels mean
something if an observer that is better than chance gets worse from easy to hard.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections import defaultdict
from itertools import groupby
from pathlib import Path

import numpy as np

from sextant import GenerateRecipe, Scene, SourceOptions, open_source
from sextant.commands.registry import make_tasks
from sextant.corpus.light_rows import number_in
from sextant.errors import SextantError
from sextant.execution.seeds import generator_of
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import rigid, yaw_rotation
from sextant.questions.assemble import ask_of
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop
from sextant.samples import Sample
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import PICTURE_HEURISTICS, heuristic_hits

PLACE_M, SIZE, POSE_M, POSE_DEG = 0.2, 0.15, 0.1, 5.0


def blurred(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene as a rough eye has it."""
    objects = []
    for o in scene.objects:
        box = OrientedBox(
            o.box.center + rng.normal(0, PLACE_M, 3),
            o.box.size_m * np.exp(rng.normal(0, SIZE, 3)),
            o.box.R_world_box,
        )
        objects.append(dataclasses.replace(o, box=box, mesh=None, points_world=None))
    frames = []
    for f in scene.frames:
        turn = rigid(yaw_rotation(math.radians(rng.normal(0, POSE_DEG))), np.zeros(3))
        T = f.T_world_camera.copy()
        T[:3, :3] = turn[:3, :3] @ T[:3, :3]
        T[:3, 3] += rng.normal(0, POSE_M, 3)
        frames.append(dataclasses.replace(f, T_world_camera=T))
    return dataclasses.replace(scene, objects=tuple(objects), frames=tuple(frames))


def answered(sample: Sample, truth: object, seen: object) -> float:
    """1 if the blurred fact leads to the right option, 0 if to another."""
    if truth.label is not None:  # type: ignore[attr-defined]
        return float(seen.label == truth.label)  # type: ignore[attr-defined]
    numbers = [number_in(o) for o in sample.options or ()]
    value = seen.value  # type: ignore[attr-defined]
    if value is None or not numbers or any(x is None or x <= 0 for x in numbers) or value <= 0:
        return math.nan
    nearest = min(range(len(numbers)), key=lambda i: abs(math.log(value / numbers[i])))
    return float(nearest == sample.answer_index)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--limit", type=int, default=4000)
    args = parser.parse_args()
    store = CorpusStore.open(args.corpus)
    head = store.manifest["head"]
    recipe = GenerateRecipe.model_validate(head["recipe"])
    seed = int(head["seed"])
    source = open_source(
        head["source"]["name"], None, SourceOptions(scenes=head["source"]["scenes"], seed=seed)
    )
    tasks = make_tasks(recipe)
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    done = 0
    rows = (s for s in store.samples() if s.answer_type in ("choice", "boolean"))
    for scene_id, samples in groupby(rows, key=lambda s: s.scene_id):
        if done >= args.limit:
            break
        ctx = SceneContext(source.open(scene_id), recipe, seed, source.open)
        rough = SceneContext(
            blurred(ctx.scene, generator_of(seed, scene_id, "blur")), recipe, seed, source.open
        )
        if ctx.scene.frames:  # what is seen stays as it is: only places are blurred
            rough.__dict__["visibility"], rough.__dict__["pairs"] = ctx.visibility, ctx.pairs
        for sample in samples:
            done += 1
            chance = 1 / len(sample.options) if sample.options else 0.5
            ask, _ = ask_of(sample)
            truth = tasks[sample.task].measure(ctx, ask)
            try:
                seen = tasks[sample.task].measure(rough, ask)
            except (SextantError, ValueError, ArithmeticError):
                seen = Drop("cannot be measured")
            if not isinstance(truth, Drop):
                hit = chance if isinstance(seen, Drop) else answered(sample, truth, seen)
                if not math.isnan(hit):
                    found["rough eye", sample.difficulty].append((hit, chance))
            hits = heuristic_hits(sample.answer, sample.evidence_dict())
            voices = [hits[name] for name in PICTURE_HEURISTICS if name in hits]
            if voices:
                hit = float(np.mean(voices))
                found["2D heuristics", sample.difficulty].append((hit, chance))
    print(f"{args.corpus.name}: {done} choice and yes/no rows")
    print("observer       level   rows  accuracy  chance  way to perfect")
    for (observer, level), pairs in sorted(
        found.items(), key=lambda kv: (kv[0][0], ("easy", "medium", "hard").index(kv[0][1]))
    ):
        accuracy, chance = (float(x) for x in np.mean(pairs, axis=0))
        way = (accuracy - chance) / (1 - chance)
        print(f"{observer:14} {level:7} {len(pairs):5}  {accuracy:7.1%}  {chance:6.1%}  {way:7.1%}")


if __name__ == "__main__":
    main()
