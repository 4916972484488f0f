"""Plain rows and the rows of variants, brought side by side: one place per item.

Every item counts the same here (micro), whatever the benchmark's own headline does, for a stress
test is a comparison of answers to the same question.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.statistics import PairedDifference, paired_difference
from sextant.evaluation.variants import BASE, FORM, PLAIN, SETTING, STRESS, Json

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bases:
    """The items of a table, in the order of their plain rows.

    Attributes:
        rows: (n,) row of each in the table.
        place: (m,) of every code of the group ``base``, the item's place here, -1 for none.
        clusters: (n,) cluster of each.
        options: (n,) number of options, 0 where the answer is free.
        chance: (n,) score of guessing: 1/n for n options, 1/2 for yes or no, 0 for free answers.
    """

    rows: NDArray[np.intp]
    place: NDArray[np.intp]
    clusters: NDArray[np.int32]
    options: NDArray[np.int64]
    chance: Scores


def bases_of(table: ScoreTable) -> Bases:
    """Return the items that have a plain row.

    Raises:
        InputError: If the table does not say which rows are variants of what, or two plain rows
            are of one item.
    """
    for name in (BASE, STRESS, SETTING):
        if name not in table.groups:
            raise InputError("the table has no variants", where=f"group {name}")
    rows = np.flatnonzero(_is(table, STRESS, PLAIN)).astype(np.intp)
    codes = table.groups[BASE].codes[rows]
    place = np.full(len(table.groups[BASE].names), -1, dtype=np.intp)
    place[codes] = np.arange(len(rows))
    if len(np.unique(codes)) != len(rows):
        raise InputError("two plain rows are of one item")
    options = table.options[rows].astype(np.int64)
    chance = np.where(options > 0, 1.0 / np.maximum(options, 1), 0.0)
    if FORM in table.groups:
        chance[_is(table, FORM, "boolean")[rows] & (options == 0)] = 0.5
    return Bases(rows, place, table.clusters.codes[rows], options, chance)


def rows_by_base(table: ScoreTable, bases: Bases, stress: str, setting: str) -> NDArray[np.intp]:
    """Return (n,) the row of every item's variant, -1 where it has none."""
    found = np.full(len(bases.rows), -1, dtype=np.intp)
    rows = np.flatnonzero(_is(table, STRESS, stress) & _is(table, SETTING, setting))
    places = bases.place[table.groups[BASE].codes[rows]]
    found[places[places >= 0]] = rows[places >= 0]
    return found


def row_scores(table: ScoreTable) -> Scores:
    """Return (m,) 0..1 of every row, NaN where the request failed.

    Rules that adjust for chance (points over weights other than 1) are undone: there the letter
    counts, for a paired comparison needs right and wrong.
    """
    hits = (table.chosen == table.correct) & (table.chosen >= 0)
    scores = np.where(table.weights == 1.0, table.points, hits.astype(np.float64))
    scores[~table.counted] = np.nan
    return scores


def scores_of(table: ScoreTable, stress: str = PLAIN, setting: str = "") -> Scores:
    """Return (n,) scores of every item's variant, NaN where it has none or failed."""
    bases = bases_of(table)
    return placed(row_scores(table), rows_by_base(table, bases, stress, setting))


def placed(scores: Scores, rows: NDArray[np.intp]) -> Scores:
    """Return the scores of some rows, NaN where a row is -1."""
    if not len(scores):
        return np.full(len(rows), np.nan)
    return np.where(rows >= 0, scores[rows], np.nan)


def settings_of(table: ScoreTable, stress: str) -> list[str]:
    """Return the settings of a test that have rows, numbers by size, then the others in order."""
    codes = table.groups[SETTING]
    seen = np.unique(codes.codes[_is(table, STRESS, stress)])
    names = [codes.names[k] for k in seen.tolist()]
    return sorted(names, key=lambda s: (not s.isdigit(), int(s) if s.isdigit() else 0, s))


def compare_settings(table: ScoreTable, stress: str) -> list[dict[str, Json]]:
    """Return, for every setting, its score beside the plain run's on the same items."""
    bases = bases_of(table)
    scores = row_scores(table)
    plain = placed(scores, bases.rows)
    found = []
    for setting in settings_of(table, stress):
        rows = rows_by_base(table, bases, stress, setting)
        varied = placed(scores, rows)
        found.append(
            {
                "setting": setting,
                "items": int((rows >= 0).sum()),
                **beside_plain(varied, plain, bases.clusters, bases.chance),
            }
        )
    return found


def beside_plain(
    varied: Scores, plain: Scores, clusters: NDArray[np.int32], chance: Scores
) -> dict[str, Json]:
    """Return a variant's score, the plain one on the same items, and the paired difference.

    Args:
        varied: (n,) NaN where missing.
        plain: (n,) of the same items.
        clusters: (n,) what is no independent draw.
        chance: (n,) score of guessing.
    """
    both = ~(np.isnan(varied) | np.isnan(plain))
    alone = paired_difference(varied, np.where(both, 0.0, np.nan), clusters)
    against = paired_difference(varied, plain, clusters)
    return {
        **level(alone),
        "plain": number(against.mean_b),
        "chance": number(float(chance[both].mean()) if both.any() else math.nan),
        "difference": step(against),
    }


def level(found: PairedDifference) -> dict[str, Json]:
    """Return a score (a difference from 0) as JSON."""
    return {
        "n": found.n,
        "clusters": found.clusters,
        "score": number(found.difference),
        "standard_error": number(found.standard_error),
        "interval": interval(found),
    }


def step(found: PairedDifference) -> dict[str, Json]:
    """Return a paired difference as JSON."""
    return {
        "n": found.n,
        "clusters": found.clusters,
        "value": number(found.difference),
        "standard_error": number(found.standard_error),
        "interval": interval(found),
        "p_value": number(found.p_value),
        "mcnemar_p_value": None if found.mcnemar is None else number(found.mcnemar.p_value),
    }


def score_level(scores: Scores, clusters: NDArray[np.int32]) -> dict[str, Json]:
    """Return the mean of scores with its interval, as JSON."""
    return level(paired_difference(scores, np.zeros_like(scores), clusters))


def interval(found: PairedDifference) -> list[Json] | None:
    """Return the ends of the 95 % interval; None where there is none."""
    low, high = found.interval
    return None if math.isnan(low) or math.isnan(high) else [low, high]


def number(value: float) -> float | None:
    """Return a number that JSON can hold: None for NaN."""
    return None if math.isnan(value) else float(value)


def _is(table: ScoreTable, group: str, name: str) -> NDArray[np.bool_]:
    codes = table.groups[group]
    if name not in codes.names:
        return np.zeros(len(codes.codes), dtype=np.bool_)
    return np.equal(codes.codes, codes.names.index(name))
