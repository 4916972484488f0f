"""Tables per task and per group: capability, source, and whatever else a benchmark divides by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sextant.evaluation.variants import BASE, FORM, SETTING, STRESS
from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.figures import interval, points
from sextant.report.evaluation.lines import Line
from sextant.report.evaluation.plots import bar_middle, bars, panel, segments, slots, whisker
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import Entry, legend, line_table
from sextant.report.markup import Markup, clean, el
from sextant.report.wording import CAPABILITY_NAMES

CAPABILITY = "capability"
FIRST = (CAPABILITY, "category", "source")
MOST_BARS = 10
FOLDED = 20
"""Divisions with more levels than this are shown on demand."""

HIDDEN = frozenset({BASE, STRESS, SETTING, "heuristics"})
"""Groups that say which variant a row is of, or that have a table of their own."""

NAMES = {FORM: "answer type"}


def task_table(runs: Sequence[Run]) -> Markup | None:
    """List the scores per task, and of everything; None where there are no tasks."""
    rows = _rows(runs, lambda run: run.shown.tasks)
    if not rows:
        return None
    whole = [(run, run.shown.rates) for run in runs if run.shown.rates.n is not None]
    return line_table([*rows, ("all questions", whole)], "task", totals=1)


def group_names(runs: Sequence[Run]) -> list[str]:
    """Return the divisions that have two levels or more, capability first."""
    found = {name for run in runs for name, lines in run.shown.groups.items()
             if len(lines) > 1 and name not in HIDDEN}  # fmt: skip
    return sorted(found, key=lambda n: (FIRST.index(n) if n in FIRST else len(FIRST), n))


def group_title(name: str) -> str:
    """Return what tables call a division."""
    return NAMES.get(name, clean(name.replace("_", " "), 60))


def group_sections(runs: Sequence[Run]) -> Markup | None:
    """Draw and list the scores per level of every division; None where there are none."""
    parts: list[Markup] = []
    for name in group_names(runs):
        rows = _rows(runs, lambda run, name=name: run.shown.groups.get(name, ()))  # type: ignore[misc]
        title = group_title(name)
        parts.append(el("h4", title[:1].upper() + title[1:]))
        figure = _bars(runs, rows) if name == CAPABILITY else None
        if figure is not None:
            parts.append(figure)
        table = line_table(rows, title)
        if len(rows) > FOLDED:
            table = el("details", el("summary", f"{len(rows)} levels"), table)
        parts.append(table)
    return el("div", *parts) if parts else None


def _rows(
    runs: Sequence[Run], lines_of: Callable[[Run], Sequence[Line]]
) -> list[tuple[str, list[Entry]]]:
    """Bring the lines of runs together by name, in the order of first appearance."""
    rows: dict[str, list[Entry]] = {}
    for run in runs:
        for line in lines_of(run):
            rows.setdefault(line.name or "none", []).append((run, line))
    return list(rows.items())


def _bars(runs: Sequence[Run], rows: Sequence[tuple[str, Sequence[Entry]]]) -> Markup | None:
    if not 2 <= len(rows) <= MOST_BARS or len(runs) > 8:
        return None
    lines = [line for _, entries in rows for _, line in entries]
    values = [v for line in lines for v in (line.score, line.low, line.high) if v is not None]
    x = slots([_short(name) for name, _ in rows])
    y = share_axis(values, "score, %")
    heights: list[list[tuple[float, str, str]]] = []
    over: list[Markup] = []
    for i, (name, entries) in enumerate(rows):
        by_run = {id(run): line for run, line in entries}
        group = []
        for k, run in enumerate(runs):
            line = by_run.get(id(run))
            score = None if line is None else line.score
            low, high = (None, None) if line is None else (line.low, line.high)
            title = f"{clean(run.label, 60)}, {clean(name, 60)}: {points(score)} %"
            group.append((score or 0.0, run.class_, f"{title} {interval(low, high)}"))
            middle = bar_middle(i, k, len(runs))
            if low is not None and high is not None:
                over.append(whisker(x, y, middle, low, high, f"over {run.class_}"))
            if line is not None and line.chance is not None:
                reach = 0.42 * 0.72 / len(runs)
                ends = [(middle - reach, line.chance), (middle + reach, line.chance)]
                over.append(segments(x, y, ends, "level"))
        heights.append(group)
    label = "Scores per capability with 95 % intervals"
    note = "Bars with 95 % intervals; short dotted lines are chance, where it is known."
    return el(
        "figure",
        legend(runs) if len(runs) > 1 else None,
        panel([*bars(heights, y), *over], x, y, label),
        el("figcaption", note, class_="note"),
        class_="wide-plot",
    )


def _short(name: str) -> str:
    return name if name in CAPABILITY_NAMES else clean(name, 18)
