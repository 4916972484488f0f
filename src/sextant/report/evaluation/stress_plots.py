"""Plots of the stress tests: rotated options, frames shown, letters chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sextant.evaluation.published import published_rows
from sextant.report.evaluation.axes import given_axis, share_axis
from sextant.report.evaluation.figures import count, interval, points
from sextant.report.evaluation.heuristics import heuristic_tables
from sextant.report.evaluation.lines import Json, ends, real, section
from sextant.report.evaluation.plots import bar_middle, bars, dot, panel, segments, slots, whisker
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.stress import (
    intervention_table,
    interventions,
    skipped_notes,
    stress_results,
)
from sextant.report.evaluation.tables import legend
from sextant.report.markup import Markup, clean, el

LEVELS = (("vanilla", "as stored"), ("soft", "mean of rotations"), ("hard", "right in all"))


def circular_figure(runs: Sequence[Run]) -> Markup | None:
    """Draw how accuracy falls from the stored order to all rotations; None where none was run."""
    there = [(run, result) for run in runs if (result := stress_results(run).get("circular"))]
    if not there:
        return None
    heights: list[list[tuple[float, str, str]]] = []
    marks: list[Markup] = []
    values: list[float] = []
    told = []
    for i, (level, words) in enumerate(LEVELS):
        group = []
        for k, (run, result) in enumerate(there):
            stored = section(result.get(level))
            score, (low, high) = real(stored.get("score")), ends(stored.get("interval"))
            title = f"{clean(run.label, 80)}, {words}: {points(score)} % {interval(low, high)}"
            group.append((score or 0.0, run.class_, title))
            values += [v for v in (score, low, high) if v is not None]
            told.append((i, k, low, high, real(stored.get("chance")), run.class_))
        heights.append(group)
    x, y = slots([words for _, words in LEVELS]), share_axis(values, "accuracy, %")
    marks = bars(heights, y)
    for i, k, low, high, chance, class_ in told:
        middle = bar_middle(i, k, len(there))
        if low is not None and high is not None:
            marks.append(whisker(x, y, middle, low, high, f"over {class_}"))
        if chance is not None:
            reach = 0.42 * 0.72 / len(there)
            marks.append(
                segments(x, y, [(middle - reach, chance), (middle + reach, chance)], "level")
            )
    captions = [_circular_caption(run, result, len(there) > 1) for run, result in there]
    return el(
        "figure",
        el("h4", "Rotated options"),
        panel(marks, x, y, "Accuracy as stored, over rotations, and right in all rotations"),
        el("figcaption", *captions, "The short lines are chance.", class_="note"),
    )


def _circular_caption(run: Run, result: Json, many: bool) -> str:
    who = f"{clean(run.label, 60)}: " if many else ""
    levels = ", ".join(
        f"{words} {points(real(section(result.get(level)).get('score')))}"
        for level, words in LEVELS
    )
    same = real(result.get("consistent"))
    steady = "" if same is None else f"; the same option in all rotations {points(same)} %"
    return f"{who}{levels}{steady}; {count(real(result.get('items')))} questions. "


def frame_figure(runs: Sequence[Run]) -> Markup | None:
    """Draw the score over the number of frames; None where no sweep was run."""
    curves = [(run, sorted(_curve(run))) for run in runs]
    curves = [(run, curve) for run, curve in curves if len(curve) > 1]
    if not curves:
        return None
    published = [
        (int(row.setting.split()[0]), row.score)
        for row in published_rows(runs[0].benchmark, "frames")
        if row.setting.endswith(" frames") and row.model.startswith("SN-SI")
    ]
    frames = [float(f) for _, curve in curves for f, *_ in curve]
    frames += [float(f) for f, _ in published]
    scores = [v for _, curve in curves for _, *known in curve for v in known if v is not None]
    x = given_axis(frames, "frames shown", log=True)
    y = share_axis([*scores, *(s for _, s in published)], "score, %")
    marks = [segments(x, y, published, "dashed published")]
    marks += [dot(x, y, at, "published", f"published, {at[0]} frames: {points(at[1])} %")
              for at in published]  # fmt: skip
    for run, curve in curves:
        marks.append(segments(x, y, [(f, s) for f, s, _, _ in curve], run.class_))
        for f, s, low, high in curve:
            if low is not None and high is not None:
                marks.append(whisker(x, y, f, low, high, run.class_))
            title = f"{clean(run.label, 80)}, {f} frames: {points(s)} % {interval(low, high)}"
            marks.append(dot(x, y, (f, s), run.class_, title))
    note = "Intervals are 95 %; every question counts the same (micro)."
    if published:
        note += " Rings: SN-SI InternVL3-8B as published, by the benchmark's own macro rule."
    return el(
        "figure",
        el("h4", "Frames shown"),
        panel(marks, x, y, "Score over the number of frames"),
        el("figcaption", note, class_="note"),
    )


def _curve(run: Run) -> Iterable[tuple[int, float, float | None, float | None]]:
    for entry in interventions(run):
        if entry.test == "frames" and entry.setting.isdigit() and entry.varied is not None:
            yield int(entry.setting[:6]), entry.varied, *entry.varied_ends


def stress_figures(runs: Sequence[Run]) -> Markup | None:
    """Return everything that stress tests have shown of a benchmark; None where none was run."""
    table = intervention_table(runs)
    figures = [circular_figure(runs), frame_figure(runs)]
    drawn = [figure for figure in figures if figure is not None]
    heuristics = heuristic_tables(runs)
    if table is None and not drawn and heuristics is None:
        return None
    return el(
        "div",
        legend(runs) if len(runs) > 1 else None,
        table,
        el("div", *drawn, class_="plots") if drawn else None,
        heuristics,
        skipped_notes(runs),
    )
