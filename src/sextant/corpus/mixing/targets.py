"""How many rows of every cell: shares, counts and caps as far as the rows that are there allow.

Weights start from what there is (evened out by temperature) and are fitted to one dimension after
the other, again and again, never beyond what a cell has (iterative proportional fitting, Deming
and Stephan 1940, with bounds). What is missing of one value is not filled up with another: it is
reported as starved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.corpus.mixing.recipe import DIMENSIONS, REST, MixRecipe

ROUNDS = 200

_INPUT = DIMENSIONS.index("input")

Floats = NDArray[np.float64]

Groups = dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many rows at most, and wanted, of the cells with one value of a dimension."""

    dimension: str
    value: str
    rows: float
    cells: NDArray[np.int64]
    wanted: bool


def targets(
    recipe: MixRecipe, cells: Sequence[tuple[str, ...]], there: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Limit]]:
    """Return rows to take of every cell, and the limits they obey.

    Args:
        recipe: What is wanted.
        cells: Values of every cell, in the order of ``DIMENSIONS``.
        there: Rows that each has.
    """
    available = there.astype(np.float64)
    allowed = available.copy()
    groups: dict[str, Groups] = {name: _by_value(cells, k) for k, name in enumerate(DIMENSIONS)}
    for dimension, shares in recipe.shares.items():
        named = _named(shares, groups[dimension])
        for value, found in groups[dimension].items():
            if value not in shares and REST not in shares:
                allowed[found] = 0
        for value, share in shares.items():
            if share == 0 and value in named:
                allowed[named[value]] = 0
    total = _total(recipe, groups, allowed)
    limits = _limits(recipe, groups, total, allowed)
    rows = _fitted(_start(recipe, cells, allowed, total), allowed, limits)
    if total is not None and rows.sum() > total:
        rows *= total / rows.sum()
    for limit in limits:  # whatever fitting left open, nothing is exceeded
        got = rows[limit.cells].sum()
        if got > limit.rows:
            rows[limit.cells] *= limit.rows / got
    return _rounded(rows, allowed, limits, total), limits


def _by_value(cells: Sequence[tuple[str, ...]], k: int) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {}
    for number, values in enumerate(cells):
        found.setdefault(values[k], []).append(number)
    return {value: np.array(numbers, dtype=np.int64) for value, numbers in sorted(found.items())}


def _named(
    wanted: Mapping[str, float], groups: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """Return the cells of every value that is named, ``*`` being all others."""
    none = np.zeros(0, dtype=np.int64)
    found = {value: groups.get(value, none) for value in wanted if value != REST}
    if REST in wanted:
        rest = [numbers for value, numbers in groups.items() if value not in wanted]
        found[REST] = np.concatenate([none, *rest])
    return found


def _total(recipe: MixRecipe, groups: Mapping[str, Groups], allowed: Floats) -> float | None:
    """Return the rows that shares are of: as wanted, else as many as the scarcest value allows."""
    if recipe.total is not None:
        return float(recipe.total)
    if not recipe.shares:
        return None
    total = float(allowed.sum())
    for dimension, shares in recipe.shares.items():
        whole = sum(shares.values())
        for value, numbers in _named(shares, groups[dimension]).items():
            share, rows = shares[value] / whole, allowed[numbers].sum()
            if share > 0 and rows > 0:  # what nobody has cannot decide; it is reported
                total = min(total, rows / share)
    return total


def _limits(
    recipe: MixRecipe,
    groups: Mapping[str, Groups],
    total: float | None,
    allowed: Floats,
) -> list[Limit]:
    found: list[Limit] = []
    for dimension, shares in recipe.shares.items():
        whole = sum(shares.values())
        of = float(allowed.sum()) if total is None else total
        found += [
            Limit(dimension, value, shares[value] / whole * of, numbers, True)
            for value, numbers in _named(shares, groups[dimension]).items()
        ]
    for dimension, counts in recipe.counts.items():
        found += [
            Limit(dimension, value, float(counts[value]), numbers, True)
            for value, numbers in _named(counts, groups[dimension]).items()
        ]
    for dimension_or_scene, cap in recipe.caps.items():
        if dimension_or_scene == "scene":
            continue  # before any cell is counted
        found += [
            Limit(dimension_or_scene, value, float(cap), numbers, False)
            for value, numbers in groups[dimension_or_scene].items()
            if allowed[numbers].sum() > cap
        ]
    return found


def _start(
    recipe: MixRecipe, cells: Sequence[tuple[str, ...]], allowed: Floats, total: float | None
) -> Floats:
    """Return weights as rows: what there is, its groups evened out, inputs weighted."""
    weights = {given.name: given.weight for given in recipe.inputs}
    by_input = np.array([weights[values[_INPUT]] for values in cells], dtype=np.float64)
    rows = allowed * by_input
    if recipe.temperature > 1:
        picked = [DIMENSIONS.index(name) for name in recipe.balance]
        keys = [tuple(values[k] for k in picked) for values in cells]
        sums: dict[tuple[str, ...], float] = {}
        for key, n in zip(keys, allowed, strict=True):
            sums[key] = sums.get(key, 0.0) + n
        power = 1 / recipe.temperature - 1
        rows = rows * np.array([sums[key] ** power if sums[key] else 0.0 for key in keys])
    uneven = recipe.temperature > 1 or len(set(weights.values())) > 1
    if total is None and not uneven:
        return allowed.copy()
    if total is None:  # as many as the weights allow without any cell running dry
        full = rows > 0
        return rows * float((allowed[full] / rows[full]).min()) if full.any() else rows
    return _filled(rows, allowed, total)


def _filled(rows: Floats, allowed: Floats, total: float) -> Floats:
    """Scale to a total without going beyond what is there; the rest goes to those that have."""
    found = np.zeros_like(rows)
    open_ = rows > 0
    left = min(total, float(allowed[open_].sum()))
    while left > 1e-9 and open_.any():
        scale = left / rows[open_].sum()
        full = open_ & (rows * scale >= allowed)
        if not full.any():
            found[open_] = rows[open_] * scale
            break
        found[full] = allowed[full]
        left -= float(allowed[full].sum())
        open_ &= ~full
    return found


def _fitted(rows: Floats, allowed: Floats, limits: Sequence[Limit]) -> Floats:
    if not limits:
        return rows
    for _ in range(ROUNDS):
        before = rows.copy()
        for limit in limits:
            here = rows[limit.cells]
            got = here.sum()
            if got > limit.rows or (limit.wanted and 0 < got < limit.rows):
                scaled = here * (limit.rows / got)
                if got < limit.rows:
                    scaled = _filled(here, allowed[limit.cells], limit.rows)
                rows[limit.cells] = np.minimum(scaled, allowed[limit.cells])
        if np.abs(rows - before).max() < 1e-3:
            break
    return rows


def _rounded(
    rows: Floats, allowed: Floats, limits: Sequence[Limit], total: float | None
) -> NDArray[np.int64]:
    """Round down, then up where most was cut off, as far as limits allow."""
    found = np.floor(rows + 1e-9).astype(np.int64)
    slack = [limit.rows + 0.5 - found[limit.cells].sum() for limit in limits]
    of_cell: list[list[int]] = [[] for _ in rows]
    for k, limit in enumerate(limits):
        for number in limit.cells.tolist():
            of_cell[number].append(k)
    left = np.inf if total is None else total + 0.5 - found.sum()
    missing = rows - found
    for number in np.lexsort((np.arange(len(rows)), -missing)).tolist():
        if missing[number] < 1e-6 or left < 1:
            break
        if found[number] < allowed[number] and all(slack[k] >= 1 for k in of_cell[number]):
            found[number] += 1
            left -= 1
            for k in of_cell[number]:
                slack[k] -= 1
    return found
