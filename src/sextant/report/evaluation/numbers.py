"""How well numbers are estimated: what was said against what is true, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.report.evaluation.axes import Axis, log_axis
from sextant.report.evaluation.figures import count, rate
from sextant.report.evaluation.lines import Json, entries, real, section, whole
from sextant.report.evaluation.plots import cell, dot, panel, segments, whisker
from sextant.report.evaluation.rows import plain_rows
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import NO_BREAK, Markup, clean, el, number

Floats = NDArray[np.float64]

DOTS = 250
"""So many pairs are drawn as dots; more of them as a map of how many lie where."""

CELLS = 22
MEDIAN_OF = 5
"""Octaves with fewer answers have no median worth drawing."""

MOST_TASKS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Numbers of one task of one run.

    Attributes:
        truth, predicted: (n,) both positive.
        asked: Rows with a numeric truth whose request did not fail.
        unread: Among them, those in whose reply no number was found.
        unfit: Among them, those with a zero or negative number, which no such axis can show.
    """

    truth: Floats
    predicted: Floats
    asked: int
    unread: int
    unfit: int


def pairs_by_task(run: Run) -> Mapping[str, Pairs]:
    """Return the numbers of a run's numeric tasks."""
    table = None if run.files is None else run.files.table()
    if table is None:
        return {}
    numeric = plain_rows(table) & table.counted & np.isfinite(table.truth) & (table.correct < 0)
    found = {}
    for code, task in enumerate(table.tasks.names):
        rows = numeric & (table.tasks.codes == code)
        if not rows.any():
            continue
        truth, predicted = table.truth[rows], table.predicted[rows]
        read = np.isfinite(predicted)
        fit = read & (truth > 0) & (predicted > 0)
        found[task] = Pairs(
            truth[fit], predicted[fit], len(truth), int((~read).sum()), int((read & ~fit).sum())
        )
    return {task: pairs for task, pairs in found.items() if len(pairs.truth)}


def number_figures(runs: Sequence[Run]) -> Markup | None:
    """Draw a panel per numeric task and run; None if no run has numbers."""
    by_run = [(run, pairs_by_task(run)) for run in runs]
    tasks = list(dict.fromkeys(task for _, found in by_run for task in found))
    if not tasks:
        return None
    groups = []
    for task in tasks[:MOST_TASKS]:
        there = [(run, found[task]) for run, found in by_run if task in found]
        axis = _axis([pairs for _, pairs in there])
        figures = [_figure(task, run, pairs, axis, many=len(runs) > 1) for run, pairs in there]
        groups.append(el("div", *figures, class_="number-group"))
    left = len(tasks) - MOST_TASKS
    more = el("p", f"and {left} more numeric tasks", class_="note") if left > 0 else None
    return el("div", el("div", *groups, class_="number-groups"), more)


def _axis(there: Sequence[Pairs]) -> Axis:
    """Span the truths and all but the wildest estimates, so that one of these flattens nothing."""
    truth = np.concatenate([p.truth for p in there])
    predicted = np.concatenate([p.predicted for p in there])
    low, high = np.quantile(predicted, [0.01, 0.99])
    return log_axis([float(truth.min()), float(truth.max()), float(low), float(high)])


def _figure(task: str, run: Run, pairs: Pairs, axis: Axis, *, many: bool) -> Markup:
    stored = next((c for c in run.shown.calibration if c.get("task") == task), {})
    ideal = segments(axis, axis, [(axis.low, axis.low), (axis.high, axis.high)], "ideal")
    marks = _dots(pairs, axis) if len(pairs.truth) <= DOTS else _cells(pairs, axis)
    frame = panel(
        [el("g", *marks, class_=run.class_), ideal, *_medians(stored, axis)],
        Axis(axis.low, axis.high, True, axis.ticks, "true"),
        Axis(axis.low, axis.high, True, axis.ticks, "estimated"),
        clean(f"{task}: estimates against truths, {len(pairs.truth)} pairs", 200),
        "square",
    )
    who = el("p", swatch(run), " ", clean(run.label, 60), class_="who") if many else None
    caption = el("figcaption", _caption(stored, pairs), class_="note")
    return el("figure", el("h4", clean(task, 80)), who, frame, caption)


def _medians(stored: Json, axis: Axis) -> list[Markup]:
    """Draw the median estimate and its quartiles for every octave of the truth."""
    marks = []
    for octave in entries(stored.get("values"), 60):
        truth, median = real(octave.get("median_truth")), real(octave.get("median_predicted"))
        low, high = real(octave.get("low_ratio")), real(octave.get("high_ratio"))
        if (
            truth is None
            or median is None
            or low is None
            or high is None
            or min(truth, median) <= 0
        ):
            continue
        many = whole(octave.get("n")) or 0
        if many < MEDIAN_OF:
            continue
        title = f"true about {number(truth, 3)}: median {number(median, 3)}, n = {count(many)}"
        # Quartiles are ratios to each question's own truth; the octave's median stands for all.
        marks.append(whisker(axis, axis, truth, low * truth, high * truth, "neutral ink"))
        marks.append(dot(axis, axis, (truth, median), "neutral ink", title))
    return marks


def _caption(stored: Json, pairs: Pairs) -> str:
    """Say what the summary says of the task; what it lacks is not made up."""
    within = section(stored.get("within"))
    parts = []
    ratio = real(stored.get("median_ratio"))
    if ratio is not None:
        parts.append(f"estimated / true has the median {number(ratio, 3)}")
    known = [(k, real(within.get(k))) for k in ("10", "25", "50")]
    if any(v is not None for _, v in known):
        limits = " / ".join(k for k, _ in known)
        shares = " / ".join(rate(v) for _, v in known)
        parts.append(f"within {limits}{NO_BREAK}%: {shares}{NO_BREAK}%")
    spread = real(stored.get("log_spread"))
    if spread is not None:
        parts.append(f"typically off by a factor of {number(2.0**spread, 3)}")
    parts.append(
        f"{count(pairs.asked - pairs.unread)} of {count(pairs.asked)} replies have a number"
    )
    if pairs.unfit:
        parts.append(f"{count(pairs.unfit)} pairs with a zero or a negative number are not drawn")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _dots(pairs: Pairs, axis: Axis) -> list[Markup]:
    return [
        dot(axis, axis, (t, p), "faint", f"true {number(t)}, estimated {number(p)}")
        for t, p in zip(pairs.truth.tolist(), pairs.predicted.tolist(), strict=True)
    ]


def _cells(pairs: Pairs, axis: Axis) -> list[Markup]:
    edges = np.geomspace(axis.low, axis.high, CELLS + 1)
    inside = np.clip(pairs.predicted, axis.low, axis.high)
    counts, _, _ = np.histogram2d(np.clip(pairs.truth, axis.low, axis.high), inside, (edges, edges))
    top = counts.max()
    marks = []
    for i, k in zip(*np.nonzero(counts), strict=True):
        box = (float(edges[i]), float(edges[k]), float(edges[i + 1]), float(edges[k + 1]))
        many = int(counts[i, k])
        title = (
            f"{count(many)}: true {number(box[0], 3)} to {number(box[2], 3)}, "
            f"estimated {number(box[1], 3)} to {number(box[3], 3)}"
        )
        marks.append(cell(axis, axis, box, float(np.sqrt(many / top)), title))
    return marks
