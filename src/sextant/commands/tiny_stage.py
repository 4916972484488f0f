"""A stage of the tiny model's training in this process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from sextant.errors import SextantError
from sextant.training.data import prepare_data
from sextant.training.families import RendererSource, open_family
from sextant.training.feed import Feed
from sextant.training.ready import ReadyPack
from sextant.training.recipe import TrainRecipe


def learn(recipe: TrainRecipe, out: Path, cache: Path, *, quiet: bool = False) -> Path:
    """Carry out a recipe on one processor, or go on with it, and return the model's folder.

    Args:
        recipe: Its base and data are folders that exist.
        out: Folder of the run.
        cache: Folder of indices.
        quiet: Show no progress.

    Raises:
        KeyboardInterrupt: If Ctrl-C stopped it; a checkpoint is written by then.
        SextantError: If it was asked to stop otherwise, or as ``training.loop.train``.
    """
    from sextant.training.distributed import joined_world
    from sextant.training.loop import TrainJob, train

    base = Path(recipe.base)
    data = prepare_data(recipe, RendererSource(recipe.family, base, recipe.vision), cache)

    @contextmanager
    def packs(first: int) -> Iterator[Iterator[ReadyPack]]:
        with Feed(data, first_step=first, workers=recipe.workers) as feed:
            yield chain.from_iterable(rows for _, rows in feed.steps())

    with joined_world("cpu") as world:
        job = TrainJob(
            recipe, open_family(recipe.family, base), out, data.steps, packs, data.fingerprint,
            quiet=quiet,
        )  # fmt: skip
        outcome = train(job, world)
    if outcome.model is None and outcome.signal == signal.SIGINT:
        raise KeyboardInterrupt
    if outcome.model is None:
        raise SextantError(
            "training was stopped", where=out, got=f"step {outcome.step} of {outcome.steps}",
            hint="the same command goes on with it",
        )  # fmt: skip
    return outcome.model
