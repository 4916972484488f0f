"""Questions that a model answers while it is being trained, scored as ``sextant evaluate`` does.

A falling loss says that answers become likelier, not that they become right. At every evaluation
the model answers some questions of the held-out corpora, greedily, and the strict rules score them.
All ranks answer the same questions together: a sharded model runs on all of them or on none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch

from sextant.errors import RecipeError, SextantError
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.plan import RunPlan
from sextant.evaluation.questions import Questions, read_questions
from sextant.evaluation.results import results_of
from sextant.evaluation.run import Run
from sextant.execution.progress import Progress
from sextant.execution.seeds import generator_of
from sextant.models.cache import failed
from sextant.models.family import Family, Message, Renderer, Trainable
from sextant.models.messages import Reply, Request
from sextant.models.pictures import open_picture, pictures_of
from sextant.training.distributed import Spread
from sextant.training.recipe import TrainRecipe

BENCHMARK = "sextant_corpus_all"

MAX_FAILED = 0.05
"""Share of questions that cannot be asked, above which there is no score."""


LONGEST_ANSWER = 64
"""Tokens after which an answer is cut off: a model that has not learned to stop would go on."""


class Examination:
    """Held-out questions, drawn once; called with the model, it returns figures.

    Args:
        family: Of the model.
        recipe: Says which corpora are held out and how many questions of each are answered.
        frames: Folder that the frames of videos may be decoded into.

    Raises:
        RecipeError: If none of the held-out entries is a corpus.
        InputError: If one cannot be read.
    """

    def __init__(self, family: Family, recipe: TrainRecipe, frames: Path) -> None:
        self._family = family
        self._renderer = family.renderer("train", **recipe.vision)
        corpora = [e.path for e in recipe.held_out if (Path(e.path) / "manifest.json").is_file()]
        if not corpora:
            raise RecipeError(
                "answers are scored on corpora", where="held_out",
                expected="a folder that sextant generate or mix has written",
                got=", ".join(str(e.path) for e in recipe.held_out) or "nothing held out",
                hint="held_out_answers=0 leaves answers out",
            )  # fmt: skip
        self._runs = {str(path): _drawn(Path(path), recipe, frames) for path in corpora}

    def __call__(self, spread: Spread) -> dict[str, Any]:
        """Return ``score``, ``answered`` and ``capability``, by corpus where there are several."""
        model = _Learner(self._family, self._renderer, spread)
        found = {path: _figures(run, model) for path, run in self._runs.items()}
        return next(iter(found.values())) if len(found) == 1 else found


def _drawn(corpus: Path, recipe: TrainRecipe, frames: Path) -> Run:
    benchmark = open_benchmark(BENCHMARK)
    plan = RunPlan(
        BENCHMARK, max_failed_share=MAX_FAILED, max_new_tokens=LONGEST_ANSWER, seed=recipe.seed
    )
    questions = read_questions(benchmark, corpus, plan)
    names = sorted(questions.items)
    if len(names) > recipe.held_out_answers:
        rng = generator_of("examination", recipe.seed)
        names = sorted(rng.choice(names, recipe.held_out_answers, replace=False).tolist())
    chosen: Questions = replace(questions, items={name: questions.items[name] for name in names})
    return Run(plan, benchmark, chosen, frames)


def _figures(run: Run, model: _Learner) -> dict[str, Any]:
    with Progress("examine", len(run.questions.items), unit="questions", quiet=True) as progress:
        asked = run.ask({None: model}, None, progress)
    summary = results_of(run, asked, run.score(asked)).summary
    micro = summary.micro
    capability = {
        line.name: line.score for line in summary.groups.get("capability", ())
        if line.score is not None
    }  # fmt: skip
    return {
        "score": None if micro is None else micro.score,
        "interval": None if micro is None else [micro.low, micro.high],
        "answered": summary.counted,
        "capability": capability,
    }


class _Learner:
    """The model as it stands, as a backend; see ``Model``."""

    name = "learner"

    def __init__(self, family: Family, renderer: Renderer, spread: Spread) -> None:
        self._family, self._renderer, self._spread = family, renderer, spread

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "learner"}

    def environment(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        pass

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        module = cast(Trainable, self._spread.module)
        with torch.no_grad(), self._spread.computing():
            for request in requests:
                try:
                    yield Reply(request.id, self._answer(module, request))
                except SextantError as error:
                    yield failed(request.id, error)

    def _answer(self, module: Trainable, request: Request) -> str:
        pictures = [open_picture(p, None) for p in pictures_of(request)]
        text = "".join(p if isinstance(p, str) else "<image>" * _shown(p) for p in request.parts)
        messages = [Message("user", text)]
        if request.system is not None:
            messages.insert(0, Message("system", request.system))
        return self._family.generate(
            module, self._renderer, messages, pictures, request.max_new_tokens
        )


def _shown(part: Any) -> int:
    return len(getattr(part, "frames", ())) or 1
