"""Picture habits: items whose answer 2D heuristics give, against items where they mislead.

Every row of a Sextant corpus stores what simple heuristics would answer (higher in the picture is
farther, bigger is nearer, ...). No request is added: plain rows are told apart. ``counter`` rows
are that subset of ``sextant.samples.subsets``: every heuristic with an opinion is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation._tails import student_quantile, student_two_sided
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.statistics import CONFIDENCE
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.stress._evidence import evidence_of
from sextant.evaluation.stress._reading import (
    Scores,
    bases_of,
    number,
    placed,
    row_scores,
    score_level,
)
from sextant.evaluation.variants import Context, Json, Variant
from sextant.samples.subsets import PICTURE_HEURISTICS, heuristic_hits

LABEL = "heuristics"
COUNTER, PRO, MIXED, DEFINED = "counter", "pro", "mixed", "defined"


def heuristics_label(item: Item) -> str:
    """Return how picture heuristics fare on an item, "" if none has an opinion.

    ``pro``: all are right; ``counter``: all are wrong; ``mixed``: neither. ``defined``: all are
    right, but one of them is what the family asks about (which mark is left-most?), so that being
    right with it is no habit.
    """
    evidence = evidence_of(item)
    if evidence is None:
        return ""
    hits = heuristic_hits(item.answer, evidence)
    found = [hits[name] for name in PICTURE_HEURISTICS if name in hits]
    if not found:
        return ""
    if not any(found):
        return COUNTER
    if any(hit < 1.0 for hit in found):
        return MIXED
    meant = set(evidence.get("by_definition", ())) & set(hits) & set(PICTURE_HEURISTICS)
    return DEFINED if meant else PRO


@dataclass(frozen=True, slots=True)
class CounterHeuristic(StressTest):
    """Subsets of the plain rows."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Rows in which a picture heuristic has an opinion."""
        if evidence_of(item) is None:
            return "no evidence (not a Sextant corpus)"
        return None if heuristics_label(item) else "no picture heuristic has an opinion"

    def labels(self, item: Item) -> Mapping[str, str]:
        """The group ``heuristics``, on rows of Sextant corpora."""
        label = heuristics_label(item)
        return {LABEL: label} if label else {}

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """None: no request is added."""
        return iter(())

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Return the score of every subset, and the gap from counter to pro within families.

        Families differ in difficulty and in how often heuristics fail, so that the raw difference
        of the two scores mixes both. ``gap`` compares within families: sum over families t of
        w_t (pro_t - counter_t) / sum of w_t with w_t = p_t c_t / (p_t + c_t) for p_t and c_t rows,
        i.e. the slope of a regression with an intercept per family; its error is clustered.
        """
        bases = bases_of(table)
        scores = placed(row_scores(table), bases.rows)
        labels = table.groups.get(LABEL)
        names = np.array([""] if labels is None else labels.names, dtype=object)
        codes = np.zeros(len(table), dtype=np.int32) if labels is None else labels.codes
        label = names[codes[bases.rows]] if len(bases.rows) else np.zeros(0, dtype=object)
        subsets: dict[str, Json] = {}
        for name in (COUNTER, PRO, MIXED, DEFINED):
            mine = label == name
            subsets[name] = {
                **score_level(np.where(mine, scores, np.nan), bases.clusters),
                "chance": number(float(bases.chance[mine].mean()) if mine.any() else math.nan),
            }
        kept = ((label == PRO) | (label == COUNTER)) & ~np.isnan(scores)
        gap = gap_within(
            scores[kept],
            (label == PRO)[kept].astype(np.float64),
            table.tasks.codes[bases.rows][kept],
            bases.clusters[kept],
        )
        return {"stress": self.name, "subsets": subsets, "gap": gap}


def gap_within(
    scores: Scores, pro: Scores, families: NDArray[np.int32], clusters: NDArray[np.int32]
) -> dict[str, Json]:
    """Return how much better pro rows are than counter rows of the same family.

    Args:
        scores: (n,) 0..1.
        pro: (n,) 1 for pro, 0 for counter.
        families: (n,) codes; families with rows of one kind only say nothing and are counted.
        clusters: (n,) what is no independent draw.
    """
    _, family = np.unique(families, return_inverse=True)
    sizes = np.bincount(family) if len(family) else np.zeros(0)
    share = np.bincount(family, weights=pro) / sizes if len(family) else sizes
    x = pro - share[family] if len(family) else pro
    total = float(x @ x)
    both = (share > 0) & (share < 1)
    found: dict[str, Json] = {
        "families": int(both.sum()),
        "families_of_one_kind": int((~both).sum()),
        "n": int(both[family].sum()) if len(family) else 0,
    }
    if total == 0.0:
        return {**found, "value": None, "standard_error": None, "interval": None, "p_value": None}
    value = float(x @ scores) / total
    means = np.bincount(family, weights=scores - value * pro) / sizes
    residuals = scores - value * pro - means[family]
    _, cluster = np.unique(clusters[both[family]], return_inverse=True)
    pushes = np.bincount(cluster, weights=(x * residuals)[both[family]])
    groups = len(pushes)
    error = math.nan
    if groups > 1:
        error = math.sqrt(groups / (groups - 1) * float(pushes @ pushes)) / total
    reach = error * student_quantile(1.0 - CONFIDENCE, groups - 1)
    certain = error < 1e-12  # without residuals there is nothing left to test
    p_value = float(value == 0.0) if certain else student_two_sided(value / error, groups - 1)
    return {
        **found,
        "value": value,
        "standard_error": number(error),
        "interval": None if math.isnan(reach) else [value - reach, value + reach],
        "p_value": number(p_value),
    }


STRESS = CounterHeuristic("counter_heuristic", ())
