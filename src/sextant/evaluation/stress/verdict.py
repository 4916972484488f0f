"""One table: how much of a score is guessing, language, picture habit, and what is left for space.

Choices are scored by the old formula for guesses (right minus wrong / (n - 1)), but only where the
model stands by its answer. With n options and c = 1/n, let of every item be

    p   1 if the plain answer is right, else 0
    s   1 if it is right in every rotation (``circular``); -1 / (n - 1) if the same wrong option is
        chosen in every rotation; else 0. Without rotations the plain answer alone decides
    b   1 if the reply without pictures (``no_images``) chooses what the plain one does, else 0
    h   1 if the reply to the pictures of another scene (``other_images``) does, else 0

A reply without an answer counts as c in b and h: it knows nothing, which is no less than guessing.
The score is cut into

    guesses    p - s                  right by luck, by a liking for letters, or in some orders only
    language   s (b - c) / (1 - c)    known, and the text alone gives it
    habit      s (h - b) / (1 - c)    known, and any pictures of the kind add it to the text
    space      s (1 - h) / (1 - c)    known, and only from these pictures

and the means of the four add up to the score exactly. Who knows a share k and picks any of the n
options for the rest, with equal chances, has the mean k in s, whether the picks are made anew in
every rotation or stood by; the division by 1 - c takes out agreement by luck in the same way. Who
is fooled rather than guessing (always the same wrong option, and one of a kind) loses some of k.

For yes/no and free answers the cut is plainer,

    chance     c (1/2, or 0 where the answer is free)
    language   b - c, with b the score without pictures
    habit      h - b, with h the score with the pictures of another scene
    pictures   p - h

and adds up as well; there guesses stay among all of them. Every part is a mean of differences item
by item, so intervals and tests are paired and clustered by scene. Parts can be negative (wrong
pictures mislead), and are shown as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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
from sextant.evaluation.stress.circular import read_rotations
from sextant.evaluation.stress.counter_heuristic import COUNTER, LABEL, CounterHeuristic
from sextant.evaluation.variants import Json

BLIND = ("no_images",)
OTHER = ("other_images", "grey", "noise")
"""Which tests give b and h; the first one that was run."""

PREFERRED = {"no_images": "told"}
"""Which setting, if several were run; else the first."""

MEANING: Mapping[str, str] = {
    "guesses": "right by luck, by a liking for letters, or in some orders only",
    "chance": "what guessing gives",
    "language": "known from the text alone",
    "habit": "what pictures of another scene add to the text",
    "space": "known, and only from the right pictures",
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
    "What is guessed is taken to fall on all options alike. Where one wrong option attracts, the "
    "correction takes off too much, at most 1 / (n - 1) of those answers.",
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
    choice = form.startswith("choice")
    levels, agreed = {"plain": plain}, {}
    used: dict[str, Json] = {}
    for part, tests in (("blind", BLIND), ("other", OTHER)):
        found = _first_run(table, tests)
        if found is not None:
            rows = rows_by_base(table, bases, *found)
            levels[part], agreed[part] = _ablated(table, bases, scores, rows)
            used[part] = f"{found[0]}:{found[1]}"
    known = plain
    if choice and settings_of(table, "circular"):
        rotations = read_rotations(table, bases)
        levels["steady"] = rotations.hard
        known = _formula(rotations.hard, np.maximum(rotations.hard, rotations.same), bases)
        used["steady"] = "circular"
    elif choice:
        # A plain answer that is no letter is no option to stand by.
        known = _formula(plain, np.maximum(plain, table.chosen[bases.rows] >= 0), bases)
    there = mine & ~np.isnan(np.stack(list(levels.values()))).any(axis=0)
    chance, clusters = bases.chance[there], bases.clusters[there]
    kept = {name: values[there] for name, values in levels.items()}
    if choice:
        same = {name: values[there] for name, values in agreed.items()}
        parts = _known_parts(kept["plain"], known[there], same, chance)
    else:
        parts = _plain_parts(kept, chance)
    above = paired_difference(kept["plain"], chance, clusters)
    rows_of_parts = [_part(name, values, clusters, above) for name, values in parts.items()]
    p_values = [math.nan if row["p_value"] is None else row["p_value"] for row in rows_of_parts]
    for row, value in zip(rows_of_parts, holm(p_values), strict=True):
        row["p_value_holm"] = number(value)
    shown = {"chance": chance, **{k: v for k, v in kept.items() if k != "plain"}}
    wanted = ("blind", "other", "steady") if choice else ("blind", "other")
    return {
        "form": form,
        "items": int(mine.sum()),
        "n": int(there.sum()),
        "used": used,
        "missing": [name for name in wanted if name not in used],
        "plain": beside_plain(kept["plain"], chance, clusters, chance),
        "levels": {
            name: beside_plain(values, kept["plain"], clusters, chance)
            for name, values in shown.items()
        },
        "parts": rows_of_parts,
    }


def _formula(right: Scores, stood_by: Scores, bases: Bases) -> Scores:
    """Return (n,) s of the module: 1 right, -1 / (n - 1) wrong and stood by, else 0."""
    wrong = -1.0 / np.maximum(bases.options - 1, 1)
    known = np.where(right >= 1.0, 1.0, np.where(stood_by >= 1.0, wrong, 0.0))
    return np.where(np.isnan(right), np.nan, known)


def _first_run(table: ScoreTable, tests: tuple[str, ...]) -> tuple[str, str] | None:
    for test in tests:
        settings = settings_of(table, test)
        if settings:
            wanted = PREFERRED.get(test, "")
            return test, wanted if wanted in settings else settings[0]
    return None


def _ablated(
    table: ScoreTable, bases: Bases, scores: Scores, rows: NDArray[np.intp]
) -> tuple[Scores, Scores]:
    """Return (n,) scores of an ablation, and (n,) whether it chooses what the plain reply does.

    A reply without an answer is worth a guess in both.
    """
    silent = np.array([status not in ("answered", "failed") for status in ROW_STATUSES])
    silent_rows = (rows >= 0) & silent[table.status[rows]]
    found = np.where(silent_rows, bases.chance, placed(scores, rows))
    same = (table.chosen[rows] == table.chosen[bases.rows]).astype(np.float64)
    # Where the plain reply is right, to agree is to be right, letter or not.
    agreed = np.where(scores[bases.rows] >= 1.0, found, np.where(silent_rows, bases.chance, same))
    return found, np.where(np.isnan(found), np.nan, agreed)


def _known_parts(
    plain: Scores, known: Scores, agreed: Mapping[str, Scores], chance: Scores
) -> dict[str, Scores]:
    """Cut every choice's score; see the module."""
    parts = {"guesses": plain - known}
    before = chance
    for name, level in (("language", "blind"), ("habit", "other")):
        if level in agreed:
            parts[name] = known * (agreed[level] - before) / (1.0 - chance)
            before = agreed[level]
    parts["space"] = known * (1.0 - before) / (1.0 - chance)
    return parts


def _plain_parts(levels: Mapping[str, Scores], chance: Scores) -> dict[str, Scores]:
    """Cut the score of every yes/no or free answer; see the module."""
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
