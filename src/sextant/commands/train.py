"""``sextant train``: carry out a training recipe, alone or as one of ``torchrun``'s processes."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sextant.errors import InputError, MissingDependency, MissingInput, RecipeError, SextantError
from sextant.execution.progress import Progress
from sextant.execution.stores import is_remote
from sextant.models.family import Family
from sextant.training.data import TrainingData, open_data, prepare_data
from sextant.training.families import RendererSource, open_family
from sextant.training.feed import Feed
from sextant.training.machines import PRESETS
from sextant.training.ready import ReadyPack
from sextant.training.recipe import TrainRecipe
from sextant.training.recipe_files import load_train_recipe

if TYPE_CHECKING:
    from sextant.training.distributed import World
    from sextant.training.loop import Examine, TrainOutcome


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What ``sextant train`` shall do; see its ``--help``.

    Attributes:
        recipe: Name of a preset, or a file.
        out: Folder of the run.
        overrides: ``key=value``.
        cache: Folder of indices; None = one in the run's folder.
        device: ``cpu`` or ``cuda``; None = the GPU where there is one.
        trackers: Services besides ``metrics.jsonl``.
        peak_tflops: Of one device, for MFU; None = by the device's name.
        limit: Stop after so many steps, with a checkpoint.
    """

    recipe: str
    out: Path
    overrides: Sequence[str] = ()
    cache: Path | None = None
    device: str | None = None
    trackers: Sequence[str] = ()
    peak_tflops: float | None = None
    limit: int | None = None


def run(options: TrainOptions, *, dry_run: bool = False, quiet: bool = False) -> None:
    """Carry out ``sextant train``.

    Raises:
        KeyboardInterrupt: If Ctrl-C stopped it; a checkpoint is written by then.
        SextantError: As ``training.loop.train``, and for recipes and data.
    """
    recipe = load_train_recipe(options.recipe, options.overrides)
    family = _opened(recipe)
    try:
        from sextant.training.distributed import joined_world
        from sextant.training.run_folder import CACHE
    except ImportError:
        raise MissingDependency.extra("torch", "train", "training") from None
    with joined_world(options.device) as world:
        quiet = quiet or not world.first
        console = Console(highlight=False, quiet=quiet)
        with _cache(options.cache or (None if dry_run else options.out / CACHE), world) as cache:
            sets = _Sets(recipe, cache, world, quiet)
            data = sets.open(held_out=False)
            held_out = sets.open(held_out=True) if recipe.held_out else None
            console.print(_intention(recipe, data, world), markup=False, soft_wrap=True)
        if dry_run:
            return
        outcome = _train(options, recipe, family, (data, held_out), world, quiet)
        console.print(_ending(outcome, options.out), markup=False, soft_wrap=True)
    if outcome.signal == signal.SIGINT:
        raise KeyboardInterrupt


@contextmanager
def _cache(folder: Path | None, world: World) -> Iterator[Path]:
    """Yield the folder of indices; a dry run's is the first rank's, and gone afterwards."""
    if folder is not None:
        yield folder
        return
    made = tempfile.mkdtemp(prefix="sextant-") if world.first else None
    try:
        yield Path(world.agree(made))
        world.wait()
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def _opened(recipe: TrainRecipe) -> Family:
    if not recipe.base:
        raise MissingInput("the recipe names no base model", hint="--set base=FOLDER")
    if not recipe.data:
        raise RecipeError("the recipe names no data", hint="--set data.0.path=FOLDER")
    for entry in (*recipe.data, *recipe.held_out):
        if is_remote(entry.path):
            raise RecipeError(
                "training reads rows out of turn, which takes a file system", got=entry.path,
                expected="a folder that all machines see", hint="copy the corpus there first",
            )  # fmt: skip
    return open_family(recipe.family, Path(recipe.base))


def _train(
    options: TrainOptions,
    recipe: TrainRecipe,
    family: Family,
    sets: tuple[TrainingData, TrainingData | None],
    world: World,
    quiet: bool,
) -> TrainOutcome:
    from sextant.training.loop import TrainJob, train

    data, held_out = sets
    job = TrainJob(
        recipe=recipe,
        family=family,
        out=options.out,
        steps=data.steps,
        packs=rows_of(data, recipe, world),
        data=data.fingerprint,
        held_out=None if held_out is None else _held_out_rows(held_out, recipe, world),
        examine=_examination(options, recipe, family),
        trackers=options.trackers,
        peak_flops=_peak_flops(options.peak_tflops, world),
        stop_after=options.limit,
        quiet=quiet,
    )
    return train(job, world)


def _examination(options: TrainOptions, recipe: TrainRecipe, family: Family) -> Examine | None:
    if not recipe.held_out_answers:
        return None
    from sextant.commands.examination import Examination
    from sextant.training.run_folder import CACHE

    return Examination(family, recipe, (options.cache or options.out / CACHE) / "frames")


def rows_of(data: TrainingData, recipe: TrainRecipe, world: World) -> Callable[[int], Any]:
    """Return what opens this rank's rows from a step on."""

    @contextmanager
    def opened(first: int) -> Iterator[Iterator[ReadyPack]]:
        feed = Feed(
            data, rank=world.rank, ranks=world.size, first_step=first, workers=recipe.workers,
            prefetch_mb=recipe.prefetch_mb,
        )  # fmt: skip
        with feed:
            yield chain.from_iterable(rows for _, rows in feed.steps())

    return opened


def _held_out_rows(data: TrainingData, recipe: TrainRecipe, world: World) -> Callable[[], Any]:
    opened = rows_of(data, recipe, world)
    return lambda: opened(0)


class _Sets:
    """Indexes and measures data on the first rank, and opens them on all."""

    def __init__(self, recipe: TrainRecipe, cache: Path, world: World, quiet: bool) -> None:
        self._recipe, self._cache, self._world, self._quiet = recipe, cache, world, quiet
        self._renderer = RendererSource(recipe.family, Path(recipe.base), recipe.vision)

    def open(self, *, held_out: bool) -> TrainingData:
        problem: SextantError | None = None
        data: TrainingData | None = None
        if self._world.first:
            try:
                data = self._prepared(held_out)
            except SextantError as error:
                problem = error
        told = self._world.agree(None if problem is None else problem.what)
        if problem is not None:
            raise problem
        if told is not None:
            raise InputError("the first rank cannot open the data", got=told)
        if data is None:
            data = open_data(self._recipe, self._renderer, self._cache, held_out=held_out)
        return data

    def _prepared(self, held_out: bool) -> TrainingData:
        done: dict[str, int] = {}
        with Progress("data", None, unit="rows", quiet=self._quiet) as progress:

            def note(what: str, now: int, _total: int) -> None:
                progress.advance(now - done.get(what, 0), note=what)
                done[what] = now

            return prepare_data(
                self._recipe, self._renderer, self._cache, held_out=held_out,
                workers=max(1, self._recipe.workers), progress=note,
            )  # fmt: skip


def _peak_flops(stated: float | None, world: World) -> float | None:
    if stated is not None:
        return stated * 1e12
    if world.device.type != "cuda":
        return None
    import torch

    name = torch.cuda.get_device_name(world.device).lower()
    known = [m.peak_tflops for preset, m in PRESETS.items() if preset in name]
    return known[0] * 1e12 if known else None


def _intention(recipe: TrainRecipe, data: TrainingData, world: World) -> str:
    return (
        f"{recipe.family} from {recipe.base}: {data.epoch_size:,} samples an epoch, "
        f"{data.steps:,} steps of {recipe.global_batch:,} samples, "
        f"{world.size} process{'es' if world.size > 1 else ''} on {world.device.type}"
    )


def _ending(outcome: TrainOutcome, out: Path) -> str:
    if outcome.model is not None:
        return f"step {outcome.step:,} of {outcome.steps:,}: wrote {outcome.model}"
    why = "" if outcome.signal is None else f"{signal.Signals(outcome.signal).name}: "
    return (
        f"{why}saved step {outcome.step:,} of {outcome.steps:,} in {out}; "
        "the same command goes on with it"
    )
