"""Sextant: 3D captures to exact spatial questions, audited corpora, and trusted evaluation.

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
    from sextant.corpus.exporting.run import export_corpus
    from sextant.errors import SextantError
    from sextant.evaluation.benchmarks import benchmark_names, open_benchmark
    from sextant.evaluation.extraction import extract_choice, extract_number
    from sextant.evaluation.score_table import ScoreTable
    from sextant.evaluation.summary import Summary, summarise
    from sextant.models.registry import open_model
    from sextant.questions.recipe import GenerateRecipe, load_recipe
    from sextant.report import build_report
    from sextant.samples import Sample, render_answer, render_prompt
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
    "benchmark_names": "evaluation.benchmarks",
    "open_benchmark": "evaluation.benchmarks",
    "extract_choice": "evaluation.extraction",
    "extract_number": "evaluation.extraction",
    "ScoreTable": "evaluation.score_table",
    "Summary": "evaluation.summary",
    "summarise": "evaluation.summary",
    "open_model": "models.registry",
    "GenerateRecipe": "questions.recipe",
    "load_recipe": "questions.recipe",
    "build_report": "report",
    "Sample": "samples",
    "render_answer": "samples",
    "render_prompt": "samples",
    "export_corpus": "corpus.exporting.run",
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
    "ScoreTable",
    "SextantError",
    "SourceOptions",
    "Summary",
    "Verification",
    "__version__",
    "benchmark_names",
    "build_report",
    "compute_pairs",
    "compute_visibility",
    "export_corpus",
    "extract_choice",
    "extract_number",
    "generate",
    "load_recipe",
    "open_benchmark",
    "open_model",
    "open_source",
    "render_answer",
    "render_prompt",
    "summarise",
    "task_classes",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sextant' has no attribute {name!r}")
    return getattr(importlib.import_module(f"sextant.{_HOME[name]}"), name)
