"""One table: how much of a score is guessing, language, picture habit, and what is left for space.

For a choice with n options let c = 1/n, and of every item let p, s, b and h be 1 if it is right as
stored, right in every rotation (``circular``), right without pictures (``no_images``), and right
with the pictures of another scene (``other_images``), else 0. The score is cut into

    unsteady   p - s                  right as stored, but not in every order: guesses, and
                                      preferences for letters
    language   s (b - c) / (1 - c)    steady, and what the text alone gives
    habit      s (h - b) / (1 - c)    steady, and what any pictures of the kind add to that
    space      s (1 - h) / (1 - c)    steady, and only with these pictures

and the means of the four add up to the score exactly. The division by 1 - c takes out those who are
right by luck without the pictures: if a share x of the steady items needs no pictures, then
x + (1 - x) c of them are right without. A reply without an answer (a refusal) counts as c in b and
h: it knows nothing, which is no less than guessing. Who guesses anew every time is steady by luck
in c^n of all items (a quarter for two options, 1 of 256 for four); ``of_guessing`` says how much of
the unsteady and of the steady share such guesses would make up.

Where there are no rotations (yes/no, free answers, or ``circular`` was not run) the cut is plainer,

    chance     c (0 where the answer is free)
    language   b - c
    habit      h - b
    pictures   p - h

and adds up as well; there guesses stay among all four. Every part is a mean of differences item
by item, so intervals and tests are paired and clustered by scene. Parts can be negative (wrong
pictures mislead), and are shown as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.extraction.found import STATUSES
from sextant.evaluation.score_table import ROW_STATUSES, ScoreTable
from sextant.evaluation.statistics import PairedDifference, holm, paired_difference
from sextant.evaluation.stress._reading import (
    Bases,
    Scores,
    bases_of,
    beside_plain,
    compare_settings,
    number,
    placed,
    row_scores,
    rows_by_base,
    settings_of,
    step,
)
from sextant.evaluation.stress.circular import hard_chance, read_rotations
from sextant.evaluation.stress.counter_heuristic import COUNTER, LABEL, CounterHeuristic
from sextant.evaluation.variants import Json

BLIND = ("no_images",)
OTHER = ("other_images", "grey", "noise")
"""Which tests give b and h; the first one that was run."""

PREFERRED = {"no_images": "told"}
"""Which setting, if several were run; else the first."""

MEANING: Mapping[str, str] = {
    "unsteady": "right as stored but not in every order: guesses and letter preferences",
    "chance": "what guessing gives",
    "language": "what the text alone gives",
    "habit": "what pictures of another scene add to the text",
    "space": "right in every order, and only with the right pictures",
    "pictures": "what the right pictures add to wrong ones",
}

LIMITS = (
    "The parts say what an answer needs, not how it was found: 'space' is an upper bound of "
    "spatial understanding, for flat cues of the right picture (lower is nearer) count there as "
    "well. On a Sextant corpus read it in the counter-heuristic rows, where such cues mislead.",
    "'language' is what this model gets out of the text when it has nothing else; with pictures "
    "it may use less of it. The blind prior says what the text gives to anyone.",
    "Pictures of another scene, and texts without pictures, are unlike what a model was trained "
    "on; what it does with them is a bound, not a measurement of its inner workings.",
    "With two options, a quarter of what is guessed anew is right in both orders; see "
    "'of_guessing' before reading much into a small steady part.",
    "Parts of two models can be compared on the same items only, by paired tests of the parts.",
    "A part whose interval holds 0 is not shown to be there; shares of a score that is not above "
    "chance mean nothing and are not given.",
    "Items to which a test does not apply are left out: the table speaks of the rest.",
)


def verdict(table: ScoreTable) -> Mapping[str, Json]:
    """Return the table, from plain rows and the variants of all tests that were run.

    Returns:
        ``tables``: one per form of answer (and one for counter-heuristic rows); each has ``levels``
        (every score beside the plain one, with a paired test) and ``parts``. ``beside``: the
        heuristics' gap, the oracle map and the blind prior, where they were run. ``limits``: what
        may not be concluded.

    Raises:
        InputError: If the table has no variants.
    """
    bases = bases_of(table)
    choice, free = bases.options > 1, bases.chance == 0.0
    forms = {"choice": choice, "boolean": bases.chance == 0.5, "free": free}
    forms["boolean"] &= bases.options == 0
    if LABEL in table.groups:
        labels = table.groups[LABEL]
        counter = np.array([name == COUNTER for name in labels.names], dtype=np.bool_)
        forms["choice, counter-heuristic rows"] = choice & counter[labels.codes[bases.rows]]
    tables = [_table(table, bases, form, mine) for form, mine in forms.items() if mine.any()]
    beside: dict[str, Json] = {}
    if LABEL in table.groups:
        beside["counter_heuristic"] = CounterHeuristic("counter_heuristic").read(table)
    for name in ("oracle_map", "blind_prior"):
        if settings_of(table, name):
            beside[name] = compare_settings(table, name)
    return {"tables": tables, "beside": beside, "limits": list(LIMITS)}


def _table(table: ScoreTable, bases: Bases, form: str, mine: NDArray[np.bool_]) -> dict[str, Json]:
    scores = row_scores(table)
    plain = placed(scores, bases.rows)
    levels: dict[str, Scores] = {"plain": plain}
    used: dict[str, Json] = {}
    for part, tests in (("blind", BLIND), ("other", OTHER)):
        found = _first_run(table, tests)
        if found is not None:
            levels[part] = _knowing(table, bases, scores, *found)
            used[part] = f"{found[0]}:{found[1]}"
    if form.startswith("choice") and settings_of(table, "circular"):
        levels["steady"] = read_rotations(table, bases).hard
        used["steady"] = "circular"
    there = mine & ~np.isnan(np.stack(list(levels.values()))).any(axis=0)
    chance, clusters = bases.chance[there], bases.clusters[there]
    kept = {name: values[there] for name, values in levels.items()}
    parts = _steady_parts(kept, chance) if "steady" in kept else _plain_parts(kept, chance)
    above = paired_difference(kept["plain"], chance, clusters)
    rows = [_part(name, values, clusters, above) for name, values in parts.items()]
    corrected = holm([math.nan if r["p_value"] is None else r["p_value"] for r in rows])
    for row, value in zip(rows, corrected, strict=True):
        row["p_value_holm"] = number(value)
    shown = {"chance": chance, **{k: v for k, v in kept.items() if k != "plain"}}
    return {
        "form": form,
        "items": int(mine.sum()),
        "n": int(there.sum()),
        "used": used,
        "missing": [name for name in ("blind", "other", "steady") if name not in used],
        "plain": beside_plain(kept["plain"], chance, clusters, chance),
        "levels": {
            name: beside_plain(values, kept["plain"], clusters, chance)
            for name, values in shown.items()
        },
        "parts": rows,
        "of_guessing": _of_guessing(kept["steady"], chance) if "steady" in kept else None,
    }


def _of_guessing(steady: Scores, chance: Scores) -> dict[str, Json]:
    """Return what guessing anew would make up, if all that is not known is guessed so.

    With k items known, 1 - s has the mean (1 - k) (1 - c^n); guesses are right as stored but
    unsteady in (1 - k) (c - c^n), and steady in (1 - k) c^n.
    """
    luck = hard_chance(np.rint(1.0 / chance).astype(np.int64))
    guessed = (1.0 - steady) / (1.0 - luck)
    if not len(chance):
        return {"unsteady": None, "steady": None}
    return {
        "unsteady": float((guessed * (chance - luck)).mean()),
        "steady": float((guessed * luck).mean()),
    }


def _first_run(table: ScoreTable, tests: tuple[str, ...]) -> tuple[str, str] | None:
    for test in tests:
        settings = settings_of(table, test)
        if settings:
            wanted = PREFERRED.get(test, "")
            return test, wanted if wanted in settings else settings[0]
    return None


def _knowing(table: ScoreTable, bases: Bases, scores: Scores, stress: str, setting: str) -> Scores:
    """Return (n,) scores of an ablation; a reply without an answer is worth a guess."""
    rows = rows_by_base(table, bases, stress, setting)
    found = placed(scores, rows)
    silent = np.zeros(len(ROW_STATUSES), dtype=np.bool_)
    for status in STATUSES:
        silent[ROW_STATUSES.index(status)] = status != "answered"
    return np.where((rows >= 0) & silent[table.status[rows]], bases.chance, found)


def _steady_parts(levels: Mapping[str, Scores], chance: Scores) -> dict[str, Scores]:
    """Cut every item's score where rotations were asked; see the module."""
    p, s = levels["plain"], levels["steady"]
    parts = {"unsteady": p - s}
    before = chance
    for name, level in (("language", "blind"), ("habit", "other")):
        if level in levels:
            parts[name] = s * (levels[level] - before) / (1.0 - chance)
            before = levels[level]
    parts["space"] = s * (1.0 - before) / (1.0 - chance)
    return parts


def _plain_parts(levels: Mapping[str, Scores], chance: Scores) -> dict[str, Scores]:
    """Cut every item's score where there are no rotations; see the module."""
    parts = {"chance": chance} if (chance > 0).any() else {}
    before = chance
    for name, level in (("language", "blind"), ("habit", "other")):
        if level in levels:
            parts[name] = levels[level] - before
            before = levels[level]
    parts["pictures"] = levels["plain"] - before
    return parts


def _part(name: str, values: Scores, clusters: NDArray[np.int32], above: PairedDifference) -> dict:
    found = paired_difference(values, np.zeros_like(values), clusters)
    row = {"part": name, "meaning": MEANING[name], **step(found)}
    row.pop("mcnemar_p_value")
    # NaN, the end of an interval that is not there, compares as false, too.
    shown = above.interval[0] > 0
    row["share_of_score"] = number(found.difference / above.mean_a) if shown else None
    return row
