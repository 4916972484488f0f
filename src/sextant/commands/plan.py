"""``sextant plan``: what a training run will take, and whether it fits, before it is started."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from sextant.commands import plan_tables as show
from sextant.errors import MissingInput, RecipeError
from sextant.execution.atomic import write_text
from sextant.execution.progress import Progress
from sextant.models.family import Family
from sextant.training.families import open_family, settled
from sextant.training.machines import Machine, machine_of
from sextant.training.plan import make_plan
from sextant.training.recipe import TrainRecipe
from sextant.training.recipe_files import load_train_recipe
from sextant.training.remedies import remedies
from sextant.training.workload import Workload, measured_workload, stated_workload

FILE_WIDTH = 110
"""Columns of what goes into a file or a pipe."""

_SIZE = re.compile(r"^([1-9]\d{0,4})x([1-9]\d{0,4})$")


@dataclass(frozen=True, slots=True)
class PlanJob:
    """What ``sextant plan`` shall do; see its ``--help``.

    Attributes:
        recipe: Name of a preset, or a file.
        overrides: ``key=value``.
        machine: Name of a preset.
        gpus, memory_gib, peak_tflops: Instead of the preset's; None = its own.
        mfu: Utilisations, comma-separated.
        samples: Of an epoch, stated; None = measure the recipe's data.
        pictures, size, text_tokens, supervised: Of a stated sample.
        limit: Measure so many samples of each data entry; None = all.
        cache: Folder of indices; None = a temporary one.
        workers: Processes.
        out: JSON file to write.
    """

    recipe: str
    overrides: tuple[str, ...] = ()
    machine: str = "h100"
    gpus: int | None = None
    memory_gib: float | None = None
    peak_tflops: float | None = None
    mfu: str = "0.25,0.4"
    samples: int | None = None
    pictures: int = 16
    size: str = "640x480"
    text_tokens: int = 200
    supervised: int = 8
    limit: int | None = 20_000
    cache: Path | None = None
    workers: int = 1
    out: Path | None = None


def run(job: PlanJob, *, dry_run: bool = False, quiet: bool = False) -> bool:
    """Carry out ``sextant plan``.

    Returns:
        False if the run does not fit.
    """
    recipe = load_train_recipe(job.recipe, job.overrides)
    machine = machine_of(
        job.machine, gpus=job.gpus, memory_gib=job.memory_gib, peak_tflops=job.peak_tflops
    )
    shares, size = _shares(job.mfu), _size(job.size)
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_WIDTH)
    family = _opened(recipe)
    recipe = settled(recipe, family)
    if dry_run:
        console.print(_intention(job, recipe, machine), markup=False)
        return True
    workload = _workload(job, recipe, family, size, quiet=quiet)
    plan = make_plan(family.shape, recipe, workload, machine, shares)
    found = [] if plan.fits else remedies(plan)
    for section in show.sections(plan):
        console.print(section.head, markup=False, style="bold")
        console.print(section.table)
        console.print(section.foot, markup=False)
        console.print()
    for line in show.verdict(plan, found):
        console.print(line, markup=False)
    if job.out is not None:
        made = {"recipe_source": job.recipe, **show.as_json(plan, found)}
        write_text(job.out, json.dumps(made, indent=1, allow_nan=False) + "\n")
    return plan.fits


def _workload(
    job: PlanJob, recipe: TrainRecipe, family: Family, size: tuple[int, int], *, quiet: bool
) -> Workload:
    if job.samples is not None:
        return stated_workload(
            family.shape, family.renderer("train", **recipe.vision), samples=job.samples,
            pictures=job.pictures, size=size, text_tokens=job.text_tokens,
            supervised=job.supervised,
        )  # fmt: skip
    with _cache(job.cache) as cache, Progress("plan", None, unit="rows", quiet=quiet) as progress:
        told: dict[str, int] = {}

        def note(what: str, done: int, total: int) -> None:
            progress.advance(done - told.get(what, 0))
            told[what] = done

        return measured_workload(
            family.shape, recipe, cache, limit=job.limit, workers=job.workers, progress=note
        )


@contextmanager
def _cache(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="sextant-plan-") as temporary:
        yield Path(temporary)


def _opened(recipe: TrainRecipe) -> Family:
    try:
        return open_family(recipe.family, Path(recipe.base))
    except MissingInput as error:
        raise MissingInput(
            error.what, where=error.where, expected=error.expected, got=error.got,
            hint="a plan needs the checkpoint's config and tokenizer, not its weights: "
            "hf download NAME --exclude '*.safetensors' --local-dir FOLDER, then --set base=FOLDER",
        ) from None  # fmt: skip


def _intention(job: PlanJob, recipe: TrainRecipe, machine: Machine) -> str:
    what = f"{len(recipe.data)} data entries"
    if job.limit is not None:
        what += f", up to {job.limit:,} samples of each"
    if job.samples is not None:
        what = f"{job.samples:,} stated samples"
    return (
        f"would plan {job.recipe} ({recipe.family}, {recipe.base}) for {machine.gpus} x "
        f"{machine.name} with {what}"
    )


def _shares(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < share <= 1 for share in found):
        raise RecipeError("utilisations are shares, separated by commas", where="--mfu",
                          expected="0.25,0.4", got=text)  # fmt: skip
    return found


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.match(text)
    if match is None:
        raise RecipeError("a size is WIDTHxHEIGHT in pixels", where="--size",
                          expected="640x480", got=text)  # fmt: skip
    return int(match[1]), int(match[2])
