"""Sextant: 3D captures to exact spatial questions and audited corpora.

>>> from sextant import GenerateJob, GenerateRecipe, generate  # doctest: +SKIP
>>> job = GenerateJob("procedural", None, Path("out/corpus"), GenerateRecipe(), scenes=4)
>>> manifest = generate(job, workers=2)

Everything here is imported when it is first used, so that ``import sextant`` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sextant._version import __version__

if TYPE_CHECKING:
    from sextant.commands.generate import GenerateJob, generate
    from sextant.commands.registry import open_source, task_classes
    from sextant.commands.verify import Verification, verify
    from sextant.errors import SextantError
    from sextant.questions.recipe import GenerateRecipe, load_recipe
    from sextant.report import build_report
    from sextant.samples import Sample, render_answer, render_prompt
    from sextant.samples.export import export_sharegpt
    from sextant.samples.store import CorpusStore
    from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
    from sextant.scenes.store import SceneStore
    from sextant.sources.source import SourceOptions
    from sextant.visibility import compute_pairs, compute_visibility

_HOME = {
    "GenerateJob": "commands.generate",
    "generate": "commands.generate",
    "open_source": "commands.registry",
    "task_classes": "commands.registry",
    "Verification": "commands.verify",
    "verify": "commands.verify",
    "SextantError": "errors",
    "GenerateRecipe": "questions.recipe",
    "load_recipe": "questions.recipe",
    "build_report": "report",
    "Sample": "samples",
    "render_answer": "samples",
    "render_prompt": "samples",
    "export_sharegpt": "samples.export",
    "CorpusStore": "samples.store",
    "Camera": "scenes",
    "Frame": "scenes",
    "Mesh": "scenes",
    "Room": "scenes",
    "Scene": "scenes",
    "SceneObject": "scenes",
    "SceneStore": "scenes.store",
    "SourceOptions": "sources.source",
    "compute_pairs": "visibility",
    "compute_visibility": "visibility",
}

__all__ = [
    "Camera",
    "CorpusStore",
    "Frame",
    "GenerateJob",
    "GenerateRecipe",
    "Mesh",
    "Room",
    "Sample",
    "Scene",
    "SceneObject",
    "SceneStore",
    "SextantError",
    "SourceOptions",
    "Verification",
    "__version__",
    "build_report",
    "compute_pairs",
    "compute_visibility",
    "export_sharegpt",
    "generate",
    "load_recipe",
    "open_source",
    "render_answer",
    "render_prompt",
    "task_classes",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sextant' has no attribute {name!r}")
    return getattr(importlib.import_module(f"sextant.{_HOME[name]}"), name)
