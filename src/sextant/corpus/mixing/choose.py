"""Which rows: by scene into train and val, then of every cell those whose ids come first.

The order is a hash of id and seed, so it depends on no other row: a larger total contains a smaller
one of the same recipe wherever no limit stands in the way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.id_lists import read_ids
from sextant.corpus.mixing.index import RowIndex, hashed
from sextant.corpus.mixing.recipe import DIMENSIONS, REST, MixRecipe
from sextant.corpus.mixing.targets import Limit, targets
from sextant.corpus.quotas import STARVED
from sextant.errors import MissingInput
from sextant.samples.validate import SPLITS

ACTIONS = (
    "train",
    "val",
    "mix: not taken by this input of the recipe",
    "mix: a test scene",
    "mix: an excluded scene",
    "mix: same id as an earlier row",
    "mix: its scene has enough rows",
    "mix: enough of its kind",
    "mix: held out, and val is full",
    "mix: on a list of ids to leave out",
)
"""What becomes of a row: the first two are splits, the others reasons in the drop table."""

TRAIN, VAL, UNTAKEN, TEST, EXCLUDED, TWICE, SCENE, ENOUGH, VAL_FULL, LISTED = range(len(ACTIONS))

_TRAIN, _VAL, _TEST = (SPLITS.index(name) for name in ("train", "val", "test"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome.

    Attributes:
        action: Index in ``ACTIONS``, of every row.
        summary: What the manifest says of it.
    """

    action: NDArray[np.uint8]
    summary: dict[str, Any]


def choose(recipe: MixRecipe, rows: RowIndex) -> Choice:
    """Decide about every row.

    Raises:
        MissingInput: If a file of excluded scenes or ids is not there.
        InputError: If it is no such file.
    """
    action = np.full(len(rows.ids), TRAIN, dtype=np.uint8)
    action[rows.cell < 0] = UNTAKEN
    for file in recipe.exclude_ids:
        action[(action == TRAIN) & np.isin(rows.ids, read_ids(Path(file)))] = LISTED
    order = mixed(rows.ids ^ np.uint64(mixed_number(recipe.seed)))
    _split(recipe, rows, action, order)
    action[_repeated(rows.ids, action)] = TWICE
    if "scene" in recipe.caps:
        _cap_scenes(rows, action, order, recipe.caps["scene"])
    mine = np.flatnonzero(action == TRAIN)
    there = np.bincount(rows.cell[mine], minlength=len(rows.cells))
    wanted, limits = targets(recipe, rows.cells, there)
    ranked = mine[np.lexsort((order[mine], rows.cell[mine]))]
    starts = np.concatenate([[0], np.cumsum(there)])[:-1]
    place = np.arange(len(ranked)) - starts[rows.cell[ranked]]
    action[ranked[place >= wanted[rows.cell[ranked]]]] = ENOUGH
    return Choice(action, _summary(recipe, rows, action, there, limits))


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return splitmix64 of numbers (Steele, Lea and Flood 2014): a bijection that looks random."""
    with np.errstate(over="ignore"):
        z = values + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return found


def mixed_number(value: int) -> int:
    """Return splitmix64 of one number."""
    return int(mixed(np.array([value], dtype=np.uint64))[0])


def _split(
    recipe: MixRecipe, rows: RowIndex, action: NDArray[np.uint8], order: NDArray[np.uint64]
) -> None:
    """Send whole scenes to val, or away.

    A scene that is test in any input is test in all, whatever set names it; so with val.
    """
    test = np.unique(rows.scenes[rows.split == _TEST])
    val = np.unique(rows.scenes[rows.split == _VAL])
    barred = _excluded(recipe.holdout.exclude_scenes)
    limit = np.uint64(min(2**64 - 1, int(recipe.holdout.share * 2.0**64)))
    drawn = mixed(rows.scenes ^ np.uint64(mixed_number(recipe.seed + 1))) < limit
    held = (drawn | np.isin(rows.scenes, val)) & (action == TRAIN)
    action[held] = VAL
    action[np.isin(rows.scenes, barred) & (action != UNTAKEN)] = EXCLUDED
    action[np.isin(rows.scenes, test) & (action != UNTAKEN)] = TEST
    kept = np.flatnonzero(action == VAL)
    if len(kept) > recipe.holdout.rows:
        first = kept[np.argsort(order[kept], kind="stable")]
        action[first[recipe.holdout.rows :]] = VAL_FULL


def _excluded(files: Sequence[str]) -> NDArray[np.uint64]:
    names: list[str] = []
    for file in files:
        try:
            names += Path(file).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise MissingInput("a file of scenes cannot be read", where=file, got=error) from error
    found = sorted({name.strip() for name in names} - {""})
    return hashed(pa.array(found, pa.string())) if found else np.zeros(0, dtype=np.uint64)


def _repeated(ids: NDArray[np.uint64], action: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the kept rows whose id an earlier kept row has."""
    kept = np.flatnonzero(action <= VAL)
    order = kept[np.argsort(ids[kept], kind="stable")]
    same = ids[order][1:] == ids[order][:-1]
    found: NDArray[np.int64] = order[1:][same]
    return found


def _cap_scenes(
    rows: RowIndex, action: NDArray[np.uint8], order: NDArray[np.uint64], cap: int
) -> None:
    mine = np.flatnonzero(action == TRAIN)
    ranked = mine[np.lexsort((order[mine], rows.scenes[mine]))]
    if not len(ranked):
        return
    scenes = rows.scenes[ranked]
    begins = np.concatenate([[True], scenes[1:] != scenes[:-1]])
    starts = np.maximum.accumulate(np.where(begins, np.arange(len(ranked)), 0))
    action[ranked[np.arange(len(ranked)) - starts >= cap]] = SCENE


def _summary(
    recipe: MixRecipe,
    rows: RowIndex,
    action: NDArray[np.uint8],
    there: NDArray[np.int64],
    limits: Sequence[Limit],
) -> dict[str, Any]:
    kept = action == TRAIN
    got = np.bincount(rows.cell[kept], minlength=len(rows.cells))
    lines = []
    wanted = {(limit.dimension, limit.value): limit for limit in limits if limit.wanted}
    for key, limit in sorted(wanted.items()):
        lines.append(_line(key, limit.cells, round(limit.rows), got, there))
    for k, dimension in enumerate(DIMENSIONS):
        named = {value for d, value in wanted if d == dimension}
        for value in sorted({cell[k] for cell in rows.cells} - named):
            cells = np.array([i for i, c in enumerate(rows.cells) if c[k] == value], dtype=np.int64)
            limited = REST in named or bool(recipe.shares.get(dimension))
            lines.append(_line((dimension, value), cells, 0 if limited and REST not in named
                               else None, got, there))  # fmt: skip
    reasons = Counter({ACTIONS[a]: int(n) for a, n in enumerate(np.bincount(action)) if n})
    return {
        "kind": "mix",
        "candidates": len(action),
        "kept": int((action <= VAL).sum()),
        "train": int(kept.sum()),
        "val": int((action == VAL).sum()),
        "wanted": recipe.total,
        "reasons": dict(sorted(reasons.items())),
        "quotas": lines,
    }


def _line(
    key: tuple[str, str],
    cells: NDArray[np.int64],
    wanted: int | None,
    got: NDArray[np.int64],
    there: NDArray[np.int64],
) -> dict[str, Any]:
    here, candidates = int(got[cells].sum()), int(there[cells].sum())
    starved = bool(wanted) and here < math.floor(STARVED * (wanted or 0))
    why = ""
    if starved and candidates < (wanted or 0):
        why = f"the inputs have {candidates}"
    elif starved:
        why = "other limits of the recipe stand against more"
    return {
        "dimension": key[0], "value": key[1], "wanted": wanted, "got": here,
        "candidates": candidates, "starved": starved, "why": why,
    }  # fmt: skip
