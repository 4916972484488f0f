"""The demo's second half: the tiny model learns to answer, and is examined on other rooms.

It begins with the base that comes with the package (``training/tiny/base``), which knows how rooms
look and nothing of questions; learns from questions about *practice* rooms; and answers questions
about *exam* rooms that neither it nor its base has seen. Beside it stand the model with fresh
weights, its base, itself without the right pictures, and a blind prior.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from sextant.commands import evaluate
from sextant.commands.generate import GenerateJob, generate
from sextant.commands.learning_figures import Contender, figures, loss_curve
from sextant.commands.tiny_stage import learn
from sextant.errors import MissingDependency, RecipeError
from sextant.evaluation.plan import RunPlan
from sextant.execution.atomic import write_text
from sextant.questions.recipe import GenerateRecipe, ImageRules
from sextant.samples.selection_rules import SelectionRules
from sextant.training.recipe_files import load_train_recipe
from sextant.training.tiny.fresh import write_untrained
from sextant.training.tiny.provenance import read_note

FAMILIES = ("mm.camera_distance", "mm.point_depth", "mr.block_count")
"""What is asked: one picture each, and a number for an answer. Which letter stands for it is more
than a model of this size learns in a minute: such questions stay at chance (docs/lab-log.md)."""

NUMBERS = SelectionRules(shares={"answer_type": {"number": 1.0, "choice": 0.0}})

MAX_SIDE = 160
LONGEST_ANSWER = 6

BLIND, UNTRAINED, BASE, TRAINED = "blind prior", "untrained", "base", "trained"
NO_PICTURES, OTHER_PICTURES = "trained, no pictures", "trained, pictures of another question"

FIGURES = "learning.json"


@dataclass(frozen=True, slots=True)
class LearnJob:
    """What is learned and asked.

    Attributes:
        out: Folder for everything.
        seed: Of the practice rooms is one more, of the exam's three more.
        workers: Processes that draw rooms.
        quiet: Show no progress.
        practice, exam: Rooms, and questions of a family in each.
        overrides: Of the recipe ``tiny-sft``.
    """

    out: Path
    seed: int
    workers: int
    quiet: bool
    practice: tuple[int, int] = (16, 40)
    exam: tuple[int, int] = (32, 10)
    overrides: tuple[str, ...] = ()

    @property
    def seeds(self) -> dict[str, int]:
        """Of the rooms of either corpus; a room is its seed and its number."""
        return {"practice": self.seed + 1, "exam": self.seed + 3}


def base_folder() -> Path:
    """Return the folder of the base that comes with the package."""
    return Path(str(resources.files("sextant.training.tiny") / "base"))


def run(job: LearnJob) -> dict[str, Any]:
    """Learn and examine; return the figures, which stand in ``learning.json`` as well.

    Raises:
        MissingDependency: If the extra ``train`` is not installed.
        SextantError: As the verbs that this goes through.
    """
    _check_installed()
    import torch

    out, base = job.out, base_folder()
    made = read_note(base)
    check_rooms(job, made["rooms"]["seed"])
    practice = _generate(job, "practice", *job.practice)
    exam = _generate(job, "exam", *job.exam)
    # More threads than one gain little on matrices of this size, and where other programs keep the
    # processor busy they wait for each other at every one of them: 28 times slower, measured.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        recipe = load_train_recipe(
            "tiny-sft", [f"base={base}", f"data.0.path={practice}", *job.overrides]
        )
        trained = learn(recipe, out / "run", out / "cache", quiet=job.quiet)
        untrained = _untrained(base, out / "untrained")
        runs = {
            BLIND: _examine(job, exam, "blind:prior"),
            UNTRAINED: _examine(job, exam, f"qwen3_vl:{untrained}"),
            BASE: _examine(job, exam, f"qwen3_vl:{base}"),
            TRAINED: _examine(job, exam, f"qwen3_vl:{trained}",
                              stress=("no_images:silent", "other_images")),
        }  # fmt: skip
    finally:
        torch.set_num_threads(threads)
    contenders = [Contender(label, folder) for label, folder in runs.items()]
    contenders += [
        Contender(NO_PICTURES, runs[TRAINED], "no_images"),
        Contender(OTHER_PICTURES, runs[TRAINED], "other_images"),
    ]
    found = {
        **figures(contenders, BLIND, TRAINED, job.seed, ablated=OTHER_PICTURES),
        "loss": loss_curve(out / "run"),
        "rooms": {
            "base": {"rooms": made["rooms"]["drawn"], "seed": made["rooms"]["seed"]},
            "practice": {"rooms": job.practice[0], "seed": job.seeds["practice"]},
            "exam": {"rooms": job.exam[0], "seed": job.seeds["exam"]},
        },
    }
    write_text(out / FIGURES, json.dumps(found, indent=1) + "\n")
    return found


def check_rooms(job: LearnJob, seed: int) -> None:
    """See that no room of the base is asked about."""
    if seed in job.seeds.values():
        raise RecipeError(
            "the tiny base has seen the rooms of this seed", where="--seed", got=job.seed,
            hint="choose another seed",
        )  # fmt: skip


def _check_installed() -> None:
    for package in ("torch", "transformers", "safetensors"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingDependency.extra(package, "train", "the tiny model") from error


def _generate(job: LearnJob, name: str, rooms: int, per_family: int) -> Path:
    """Make a corpus of the families; return its folder."""
    recipe = GenerateRecipe(
        tasks=FAMILIES,
        per_task=per_family,
        images=ImageRules(max_side=MAX_SIDE),
        selection=NUMBERS,
    )
    made = GenerateJob("procedural", None, job.out / name, recipe, job.seeds[name], rooms)
    generate(made, workers=job.workers, quiet=job.quiet)
    return made.out


def _examine(job: LearnJob, exam: Path, model: str, stress: tuple[str, ...] = ()) -> Path:
    """Ask a model all questions of the exam; return the run's folder."""
    name = model.rpartition("/")[2].replace(":", "-") or model
    out = job.out / "runs" / name
    plan = RunPlan(
        "sextant_corpus_all", stress=stress, max_new_tokens=LONGEST_ANSWER, seed=job.seed
    )
    evaluate.ask(evaluate.EvaluateJob(plan, str(exam), model, out, page=False), quiet=job.quiet)
    return out


def _untrained(base: Path, out: Path) -> Path:
    """Write the base's folder with fresh weights."""
    if not out.is_dir():
        write_untrained(base, out)
    return out
