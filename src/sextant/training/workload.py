"""What a recipe's data ask of a model: lengths of samples, how many there are, rows of a step.

Measured on a corpus (all of it, or so many samples of each entry), or stated in a few numbers where
there is no corpus yet. Nothing is decoded: lengths follow from texts and sizes of pictures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import RecipeError
from sextant.execution.seeds import generator_of
from sextant.models.family import Renderer, Shape, Size, Slot
from sextant.training.families import RendererSource, opened
from sextant.training.fit import shown
from sextant.training.flops import Load, load_of
from sextant.training.lengths import FITS, LengthsSource, counts, measure_set
from sextant.training.memory_activations import Row
from sextant.training.mixture import strata_of
from sextant.training.packs import rounds
from sextant.training.recipe import TrainRecipe
from sextant.training.set_index import index_set, open_set
from sextant.training.tables import Progress

STEPS = 4
"""Steps that are drawn to see how samples fall into rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Samples as they are trained on.

    Attributes:
        loads: Of measured samples.
        share: (m,) how often each is drawn, relative to the others; sums up to 1.
        epoch_samples: Of an epoch.
        measured_all: Whether every sample was measured, so that counts are exact.
        facts: How many were read, refused, refit, ... by entry, for reports.
    """

    loads: tuple[Load, ...]
    share: NDArray[np.float64]
    epoch_samples: int
    measured_all: bool
    facts: Mapping[str, Mapping[str, int]]

    @property
    def tokens(self) -> NDArray[np.int64]:
        """(m,) tokens of each measured sample."""
        return np.array([load.tokens for load in self.loads], dtype=np.int64)

    @property
    def mean(self) -> Load:
        """The load of one sample, on average."""
        found = Load()
        for load, share in zip(self.loads, self.share.tolist(), strict=True):
            found += load * share
        return found

    def quantiles(self, at: Sequence[float]) -> list[int]:
        """Return quantiles of the tokens of samples as they are drawn."""
        tokens = self.tokens
        order = np.argsort(tokens, kind="stable")
        whole = np.cumsum(self.share[order])
        places = [min(int(np.searchsorted(whole, q * whole[-1])), len(order) - 1) for q in at]
        return [int(tokens[order[p]]) for p in places]

    def histogram(self, bins: int = 8) -> list[tuple[int, int, float]]:
        """Return (from, to, share of samples) in even steps of tokens."""
        tokens = self.tokens
        low, high = int(tokens.min()), int(tokens.max())
        count = max(1, min(bins, high - low + 1))
        held, edges = np.histogram(tokens, bins=count, range=(low, high + 1), weights=self.share)
        return [
            (math.ceil(a), math.ceil(b) - 1, float(h))
            for a, b, h in zip(edges[:-1], edges[1:], held, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Rows:
    """How the samples of a step fall into rows.

    Attributes:
        rows: Of a step that hold samples, on average.
        rounds: Rows of each process in a step, on average.
        busy: Share of token places of all processes at which one is.
        fullest: The row that needs most memory, put together of the highest numbers of all.
    """

    rows: float
    rounds: float
    busy: float
    fullest: Row


def steps_of(recipe: TrainRecipe, workload: Workload) -> int:
    """Return the steps of a run, as ``training.data`` counts them."""
    if recipe.steps is not None:
        return recipe.steps
    return max(1, math.ceil(round(recipe.epochs * workload.epoch_samples) / recipe.global_batch))


def rows_of(recipe: TrainRecipe, workload: Workload, ranks: int) -> Rows:
    """Draw some steps and put their samples into rows, as training does.

    Raises:
        RecipeError: If a sample is longer than a row.
    """
    tokens = workload.tokens
    names = ("supervised", "patches", "vision_tokens")
    columns = np.array([[getattr(load, n) for n in names] for load in workload.loads])
    rng = generator_of(recipe.seed, "plan", "rows")
    found: list[tuple[int, int, float]] = []
    longest, highest = 0, np.zeros(len(names))
    for _ in range(STEPS):
        drawn = rng.choice(len(tokens), size=recipe.global_batch, p=workload.share)
        made = rounds(tokens[drawn].tolist(), recipe.pack_tokens, ranks)
        places = sum(max(pack.tokens for pack in packs) * ranks for packs in made)
        filled = [pack for packs in made for pack in packs if pack.samples]
        found.append((len(filled), len(made), float(tokens[drawn].sum()) / places))
        for pack in filled:
            longest = max(longest, pack.tokens)
            highest = np.maximum(highest, columns[drawn[list(pack.samples)]].sum(axis=0))
    fullest = Row(longest, *highest.tolist())
    means = np.mean(found, axis=0)
    return Rows(float(means[0]), float(means[1]), float(means[2]), fullest)


def stated_workload(
    shape: Shape, renderer: Renderer, *, samples: int, pictures: int, size: Size,
    text_tokens: int, supervised: int,
) -> Workload:  # fmt: skip
    """Return a workload of equal samples.

    Args:
        shape: Of the model.
        renderer: Of its family, for training.
        samples: Of an epoch.
        pictures: Of a sample.
        size: (width, height) of each, as it lies on disk.
        text_tokens: All of a sample but the pictures' own.
        supervised: Tokens that are predicted.

    Raises:
        RecipeError: If more is supervised than there is text.
    """
    if supervised > text_tokens:
        raise RecipeError("more is learned than is said", where="--supervised",
                          expected=f"<= {text_tokens}", got=supervised)  # fmt: skip
    slots = renderer.sizes([size] * pictures)
    load = load_of(shape, text_tokens + sum(s.tokens for s in slots), supervised, slots)
    return Workload((load,), np.ones(1), samples, True, {"stated": {"samples": samples}})


def measured_workload(
    shape: Shape, recipe: TrainRecipe, cache: Path, *, limit: int | None = None, workers: int = 1,
    progress: Progress | None = None,
) -> Workload:  # fmt: skip
    """Return the workload of a recipe's data.

    Args:
        shape: Of the model.
        recipe: Its data, and what is done with long samples.
        cache: Folder of indices; the same as in training, to measure once.
        limit: Of each entry, so many samples; the rest is taken to be like them.
        workers: Processes.
        progress: Told how far it is.

    Raises:
        RecipeError: If there are no data, or nothing of them can be learned from.
        InputError: If data are missing.
    """
    if not recipe.data:
        raise RecipeError(
            "the recipe names no data", where="data",
            hint="--set data.0.path=FOLDER, or state samples: --samples, --pictures, --size",
        )  # fmt: skip
    source = RendererSource(recipe.family, Path(recipe.base), recipe.vision)
    renderer = opened(source)
    facts: dict[str, dict[str, int]] = {}
    each: list[list[Load]] = []
    rows, everything = [], True
    for entry in recipe.data:
        asked = len(open_set(entry, cache).asked())
        whole = min(asked, entry.limit or asked)
        some = entry.model_copy(update={"limit": min(whole, limit or whole) or None})
        everything &= some.limit == whole
        index = index_set(some, cache, workers=workers, progress=progress)
        table = measure_set(
            LengthsSource(some, cache, recipe.fit, source), index, workers=workers,
            progress=progress,
        )  # fmt: skip
        fits = np.flatnonzero(table["state"] == FITS).tolist()
        loads = []
        for place in fits:
            example = shown(
                index.example(place), int(table["frames"][place]), int(table["level"][place]),
                recipe.fit,
            )  # fmt: skip
            slots: tuple[Slot, ...] = renderer.sizes(example.shown)
            loads.append(
                load_of(shape, int(table["tokens"][place]), int(table["supervised"][place]), slots)
            )
        each.append(loads)
        usable = round(whole * len(fits) / len(index)) if len(index) else 0
        rows.append([(-1, np.arange(usable, dtype=np.int64))])
        facts[index.examples.name] = {
            "rows": whole, "measured": len(index), **index.counts(), **counts(table)
        }  # fmt: skip
    quotas = Counter[int]()
    for stratum in strata_of(recipe.data, rows):
        quotas[stratum.entry] += stratum.quota
    epoch = sum(quotas.values())
    share = np.concatenate(
        [np.full(len(x), quotas[i] / epoch / max(1, len(x))) for i, x in enumerate(each)]
    )
    loads = [load for found in each for load in found]
    return Workload(tuple(loads), share / share.sum(), epoch, everything, facts)
