"""All data of a run: prepared once, then any step of it by its number."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import RecipeError
from sextant.training.decoding import DecoderSource, Job
from sextant.training.families import OpensRenderer
from sextant.training.lengths import FITS, LengthsSource, counts, measure_set
from sextant.training.mixture import Mixture, strata_of
from sextant.training.packs import rounds
from sextant.training.recipe import DataEntry, TrainRecipe
from sextant.training.set_index import IndexedSet, index_set
from sextant.training.steps import StepPlan, sample_weights
from sextant.training.tables import Progress, Table

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


class TrainingData:
    """Samples by step. Use ``prepare_data``, or ``open_data`` where another process prepared.

    Attributes:
        recipe: What they follow from.
        entries: Of the recipe.
        batch: Samples of a step; for held-out data, of which step 0 is all, their number.
        steps: Optimiser steps of the run.
        epoch_size: Samples of an epoch.
        fingerprint: Hex digits that change when any step would see other samples.
        source: What decodes them.
    """

    def __init__(
        self,
        recipe: TrainRecipe,
        entries: Sequence[DataEntry],
        indices: Sequence[IndexedSet],
        lengths: Sequence[Table],
        source: DecoderSource,
        *,
        whole: bool = False,
    ) -> None:
        self.recipe = recipe
        self.source = source
        self.entries = tuple(entries)
        self._indices, self._lengths = tuple(indices), tuple(lengths)
        staged = recipe.curriculum.order != "none"
        rows = [_by_difficulty(i, t, staged) for i, t in zip(indices, lengths, strict=True)]
        self._mixture = Mixture(strata_of(entries, rows), recipe.curriculum, recipe.seed)
        self.epoch_size = self._mixture.epoch_size
        self.batch = self.epoch_size if whole else recipe.global_batch
        self.steps = 1 if whole else _steps(recipe, self.epoch_size)
        self.fingerprint = self._fingerprint()

    def plan(self, step: int, ranks: int = 1) -> StepPlan:
        """Return what a step learns from.

        Args:
            step: From 0; steps beyond the last go on with further epochs.
            ranks: Number of processes. It changes the rows, never the samples.
        """
        places = step * self.batch + np.arange(self.batch, dtype=np.int64)
        entries, rows = self._mixture.draw(places)
        tokens, supervised = np.empty_like(rows), np.empty_like(rows)
        for number, table in enumerate(self._lengths):
            mine = entries == number
            tokens[mine] = table["tokens"][rows[mine]]
            supervised[mine] = table["supervised"][rows[mine]]
        return StepPlan(
            step=step,
            epoch=int(places[0] // self.epoch_size),
            entries=entries,
            rows=rows,
            tokens=tokens,
            supervised=supervised,
            weights=sample_weights(self.recipe.loss_weight, supervised),
            rounds=rounds(tokens.tolist(), self.recipe.pack_tokens, ranks),
        )

    def job(self, plan: StepPlan, place: int) -> Job:
        """Return what a decoder needs to know of a sample of a step."""
        entry, row = int(plan.entries[place]), int(plan.rows[place])
        number, sizes = self._indices[entry].stored(row)
        table = self._lengths[entry]
        return Job(
            place=place,
            entry=entry,
            row=number,
            sizes=sizes,
            frames=int(table["frames"][row]),
            level=int(table["level"][row]),
            tokens=int(table["tokens"][row]),
        )

    def ids(self, plan: StepPlan) -> list[str]:
        """Return the ids of a step's samples, for a message that names them.

        Raises:
            InputError: If a row cannot be read any more.
        """
        return [
            self._indices[entry].example(row).id
            for entry, row in zip(plan.entries.tolist(), plan.rows.tolist(), strict=True)
        ]

    def lengths(self) -> NDArray[np.int32]:
        """Return the tokens of all samples that can be drawn, as int32, each of them once."""
        return np.concatenate([t["tokens"][t["state"] == FITS] for t in self._lengths])

    def summary(self) -> dict[str, Any]:
        """Return what a report says of the data; JSON values."""
        return {
            "fingerprint": self.fingerprint,
            "epoch_samples": self.epoch_size,
            "steps": self.steps,
            "entries": [
                self._entry_summary(number, index, table)
                for number, (index, table) in enumerate(
                    zip(self._indices, self._lengths, strict=True)
                )
            ],
        }

    def _entry_summary(self, number: int, index: IndexedSet, table: Table) -> dict[str, Any]:
        fits = table["state"] == FITS
        tokens = np.asarray(table["tokens"])[fits]
        return {
            "name": index.examples.name,
            "path": self.entries[number].path,
            "rows": len(index.examples),
            "chosen": len(index),
            "read": index.counts(),
            "lengths": counts(table),
            "per_epoch": sum(s.quota for s in self._mixture.strata if s.entry == number),
            "tokens": {
                f"{q:g}": int(v)
                for q, v in zip(QUANTILES, np.quantile(tokens, QUANTILES), strict=True)
            },
            "supervised_tokens": int(np.asarray(table["supervised"], dtype=np.int64)[fits].sum()),
        }

    def _fingerprint(self) -> str:
        recipe = self.recipe
        mixed = [[entry.weight, entry.share] for entry in self.entries]
        order = [recipe.seed, self.batch, recipe.curriculum.model_dump(mode="json"), mixed]
        parts = [
            [index.examples.fingerprint, index.table.digest, table.digest]
            for index, table in zip(self._indices, self._lengths, strict=True)
        ]
        return blake2b(json.dumps([order, parts]).encode(), digest_size=16).hexdigest()


def prepare_data(
    recipe: TrainRecipe,
    renderer: OpensRenderer,
    cache: Path,
    *,
    held_out: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> TrainingData:
    """Index and measure all data of a recipe, as far as that is not done, and open them.

    Args:
        recipe: The recipe.
        renderer: Of its family and base.
        cache: Folder of indices; may be shared by runs.
        held_out: Take the held-out entries instead of those that are learned from.
        workers: Processes.
        progress: Told how far it is.

    Raises:
        RecipeError: If there are no data, nothing of them is usable, or too little for a step.
        InputError: If data are missing or damaged as a whole; broken rows are counted.
        OutputError: If the cache cannot be written.
    """
    return _opened(
        recipe, renderer, cache, held_out, workers=workers, progress=progress, build=True
    )


def open_data(
    recipe: TrainRecipe, renderer: OpensRenderer, cache: Path, *, held_out: bool = False
) -> TrainingData:
    """Open data that ``prepare_data`` of the same arguments prepared; nothing is written.

    Raises:
        MissingInput: If they are not prepared.
        RecipeError, InputError: As ``prepare_data``.
    """
    return _opened(recipe, renderer, cache, held_out, build=False)


def _opened(
    recipe: TrainRecipe, renderer: OpensRenderer, cache: Path, held_out: bool, **how: Any
) -> TrainingData:
    entries = recipe.held_out if held_out else recipe.data
    if not entries:
        raise RecipeError(
            "the recipe names no data", where="held_out" if held_out else "data",
            hint="--set data.0.path=FOLDER",
        )  # fmt: skip
    if held_out:
        entries = tuple(
            e.model_copy(update={"limit": min(e.limit or recipe.held_out_limit,
                                              recipe.held_out_limit)})
            for e in entries
        )  # fmt: skip
    indices = [index_set(entry, cache, **how) for entry in entries]
    lengths = [
        measure_set(LengthsSource(entry, cache, recipe.fit, renderer), index, **how)
        for entry, index in zip(entries, indices, strict=True)
    ]
    source = DecoderSource(tuple(entries), cache, recipe.fit, renderer)
    return TrainingData(recipe, entries, indices, lengths, source, whole=held_out)


def _by_difficulty(
    index: IndexedSet, table: Table, staged: bool
) -> list[tuple[int, NDArray[np.int64]]]:
    fits = np.asarray(table["state"]) == FITS
    if not staged:
        return [(-1, np.flatnonzero(fits))]
    levels = np.asarray(index.table["difficulty"])
    return [(int(d), np.flatnonzero(fits & (levels == d))) for d in np.unique(levels[fits])]


def _steps(recipe: TrainRecipe, epoch_size: int) -> int:
    """Return the steps of a run: no sample of it is left out, the last step is filled up."""
    if recipe.steps is not None:
        return recipe.steps
    samples = round(recipe.epochs * epoch_size)
    if samples < recipe.global_batch:
        raise RecipeError(
            "the data do not fill one step", expected=f">= {recipe.global_batch} samples",
            got=samples, hint="lower global_batch, or name the number of steps",
        )  # fmt: skip
    return math.ceil(samples / recipe.global_batch)
