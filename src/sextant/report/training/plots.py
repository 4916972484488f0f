"""Curves of training runs over their steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sextant.report.evaluation.axes import Axis, linear_axis, log_axis, share_axis
from sextant.report.evaluation.lines import Json, ends, real, section
from sextant.report.evaluation.plots import dot, panel, segments, whisker
from sextant.report.markup import Markup, clean, el, number
from sextant.report.training.runs import Point, TrainingRun

MOST_PARTS = 8
"""Of a loss by capability or source, the ones with the most samples."""

Scale = Callable[[Sequence[float], str], Axis]


def curves(
    title: str, what: str, runs: Sequence[TrainingRun], value: Callable[[Json], float | None],
    scale: Scale = linear_axis, *, dots: bool = False,
) -> Markup | None:  # fmt: skip
    """Draw one quantity of all runs; None where no run has it.

    Args:
        title: Of the figure.
        what: Of the vertical axis, with the unit.
        runs: In their order.
        value: Of a row.
        scale: Of the vertical axis.
        dots: Mark each value, for quantities that are measured now and then.
    """
    found = [(run, run.curve(value)) for run in runs]
    return _figure(title, what, [(r.label, r.class_, c) for r, c in found], scale, dots=dots)


def parts(title: str, run: TrainingRun, field: str) -> Markup | None:
    """Draw the loss of a run by ``capability`` or ``source``; None where there is one only."""
    counts: dict[str, int] = {}
    for row in run.rows:
        for name, loss in section(row.get(field)).items():
            counts[name] = counts.get(name, 0) + (real(loss) is not None)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_PARTS]
    if len(names) < 2:
        return None
    lines = [
        (clean(name, 40), f"run-{k}", run.curve(partial(_part, field, name)))
        for k, name in enumerate(sorted(names))
    ]
    return _figure(title, "loss per supervised token", lines, linear_axis)


def _part(field: str, name: str, row: Json) -> float | None:
    return real(section(row.get(field)).get(name))


def answers(runs: Sequence[TrainingRun]) -> Markup | None:
    """Draw the share of held-out questions answered right, with intervals."""
    found = [
        (run, run.curve(lambda row: real(section(row.get("answers")).get("score")))) for run in runs
    ]
    marks: list[Markup] = []
    values = [score for _, curve in found for _, score in curve]
    if not values:
        return None
    steps = [step for _, curve in found for step, _ in curve]
    x, y = linear_axis([0.0, *steps], "step"), share_axis([*values, 1.0], "right answers, %")
    for run, curve in found:
        marks.append(segments(x, y, curve, run.class_))
        for row in run.rows:
            told = section(row.get("answers"))
            step, score = real(row.get("step")), real(told.get("score"))
            if step is None or score is None:
                continue
            low, high = ends(told.get("interval"))
            if low is not None and high is not None:
                marks.append(whisker(x, y, step, low, high, f"over {run.class_}"))
            said = f"{run.label}, step {number(step)}: {100 * score:.1f} %"
            marks.append(dot(x, y, (step, score), run.class_, said))
    return _framed("Held-out questions answered right", marks, x, y, [
        (run.label, run.class_) for run, curve in found if curve
    ])  # fmt: skip


def _figure(
    title: str, what: str, lines: Sequence[tuple[str, str, list[Point]]], scale: Scale, *,
    dots: bool = False,
) -> Markup | None:  # fmt: skip
    drawn = [line for line in lines if line[2]]
    if not drawn or max(len(curve) for *_, curve in drawn) < 2:
        return None
    x = linear_axis([0.0, *(s for *_, curve in drawn for s, _ in curve)], "step")
    y = scale([v for *_, curve in drawn for _, v in curve], what)
    marks = [segments(x, y, curve, class_) for _, class_, curve in drawn]
    if dots:
        marks += [
            dot(x, y, at, class_, f"{label}, step {number(at[0])}: {number(at[1])}")
            for label, class_, curve in drawn
            for at in curve
        ]
    return _framed(title, marks, x, y, [(label, class_) for label, class_, _ in drawn])


def _framed(
    title: str, marks: Sequence[Markup], x: Axis, y: Axis, names: Sequence[tuple[str, str]]
) -> Markup:
    entries = [
        el("li", el("span", class_=f"swatch {class_}"), el("span", label))
        for label, class_ in names
    ]
    legend = el("ul", *entries, class_="legend") if len(entries) > 1 else None
    return el("figure", el("h4", title), panel(marks, x, y, title, "low"), legend)


def rates(values: Sequence[float], what: str) -> Axis:
    """Return a logarithmic axis for what falls by orders of magnitude, else a straight one."""
    positive = [v for v in values if v > 0]
    far = bool(positive) and max(positive) > 100 * min(positive)
    return log_axis(values, what) if far else linear_axis([0.0, *values], what)
