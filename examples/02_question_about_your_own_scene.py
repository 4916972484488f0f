"""Describe a scene by hand, without any file, and ask one family about it.

Run it with `python examples/02_question_about_your_own_scene.py`.
"""

from __future__ import annotations

import numpy as np

from sextant import GenerateRecipe, Scene, SceneObject, task_classes
from sextant.geometry.boxes import OrientedBox
from sextant.questions.context import SceneContext
from sextant.questions.engine import generate_scene


def thing(name: str, x: float, y: float, size_m: tuple[float, float, float]) -> SceneObject:
    center = np.array([x, y, size_m[2] / 2])
    return SceneObject(f"{name}_0", name, OrientedBox(center, np.array(size_m), np.eye(3)))


def main() -> None:
    scene = Scene(
        id="my_room",
        source="by_hand",
        split="train",
        license="CC0-1.0",
        objects=(
            thing("bed", 0.0, 0.0, (2.0, 1.6, 0.5)),
            thing("desk", 3.0, 0.5, (0.7, 1.4, 0.75)),
            thing("wardrobe", 1.0, 3.0, (1.8, 0.6, 2.1)),
        ),
    )
    ctx = SceneContext(scene, GenerateRecipe(per_task=3))
    task = task_classes()["mm.object_distance"]()
    for sample in generate_scene(ctx, [task], lambda data, suffix: "").samples:
        print(f"{sample.question}\n  {sample.answer}  (exactly {sample.value:.6f} m)")


if __name__ == "__main__":
    main()
