"""Plots as inline SVG without a view box: places are percents, sizes and letters are pixels.

So a plot fills the width that it is given, on a phone as on a projector, and its dots stay round
and its letters legible.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.report.evaluation.axes import Axis
from sextant.report.markup import Markup, el, join


@dataclass(frozen=True, slots=True)
class Spot:
    """One row of an interval plot.

    Attributes:
        score: Where the dot stands.
        low, high: Ends of the interval; None = no interval is known.
        class_: Class of the drawing, e.g. ``run-0`` or ``published``.
        title: What a pointer that rests on it is told.
    """

    score: float
    low: float | None
    high: float | None
    class_: str
    title: str


def interval_track(spots: Sequence[Spot], axis: Axis, chance: float | None = None) -> Markup:
    """Draw dots with their intervals, one below the other, on a common line of ticks."""
    step = 100 / max(len(spots), 1)
    marks = [
        el("line", x1=_at(axis.place(v)), x2=_at(axis.place(v)), y1=0, y2="100%", class_="grid")
        for v, _ in axis.ticks
    ]
    if chance is not None:
        x = _at(axis.place(chance))
        marks.append(el("line", x1=x, x2=x, y1=0, y2="100%", class_="chance"))
    for i, spot in enumerate(spots):
        marks.append(_spot(spot, axis, step * (i + 0.5)))
    label = "; ".join(spot.title for spot in spots)
    rows = min(max(len(spots), 1), 8)
    return el("svg", *marks, role="img", aria_label=label, class_=f"track-{rows} intervals")


def _spot(spot: Spot, axis: Axis, y: float) -> Markup:
    parts = [el("title", spot.title)]
    if spot.low is not None and spot.high is not None:
        left, right = axis.place(spot.low), axis.place(spot.high)
        parts.append(
            el("line", x1=_at(left), x2=_at(right), y1=_at(y), y2=_at(y), class_="whisker")
        )
    parts.append(el("circle", cx=_at(axis.place(spot.score)), cy=_at(y), r="4.5", class_="dot"))
    return el("g", *parts, class_=spot.class_)


def fall(start: float, end: float, axis: Axis, title: str, class_: str = "") -> Markup:
    """Draw one step of a sum: a bar from where the sum was to where it is."""
    left, right = sorted((axis.place(start), axis.place(end)))
    marks = [
        el("line", x1=_at(axis.place(v)), x2=_at(axis.place(v)), y1=0, y2="100%", class_="grid")
        for v, _ in axis.ticks
    ]
    back = " back" if end < start else ""
    bar = el("rect", el("title", title), x=_at(left), y="18%", width=_at(right - left),
             height="64%", rx=1, class_=f"part part-{class_}{back}")  # fmt: skip
    return el("svg", *marks, bar, role="img", aria_label=title, class_="track-1 intervals")


def axis_strip(axis: Axis) -> Markup:
    """Draw the ticks of a horizontal axis below a stack of tracks."""
    return el("svg", *_x_labels(axis), class_="strip", aria_hidden="true")


def _x_labels(axis: Axis) -> list[Markup]:
    return [
        el("text", label, x=_at(axis.place(v)), y="1em", text_anchor="middle")
        for v, label in axis.ticks
    ]


def panel(marks: Sequence[Markup], x: Axis, y: Axis, label: str, class_: str = "") -> Markup:
    """Draw a frame with two axes around marks that were placed on them."""
    rules = [
        el("line", x1=_at(x.place(v)), x2=_at(x.place(v)), y1=0, y2="100%", class_="grid")
        for v, _ in x.ticks
    ] + [el("line", x1=0, x2="100%", y1=_up(y, v), y2=_up(y, v), class_="grid") for v, _ in y.ticks]
    side = [el("text", text, x="100%", y=_up(y, v), text_anchor="end") for v, text in y.ticks]
    return el(
        "div",
        el("p", y.title, class_="axis-title"),
        el("svg", *side, class_="side", aria_hidden="true"),
        el("svg", *rules, *marks, role="img", aria_label=label, class_="area"),
        el("svg", *_x_labels(x), class_="strip", aria_hidden="true"),
        el("p", x.title, class_="axis-title below"),
        class_=f"panel2d {class_}".strip(),
    )


def dot(x: Axis, y: Axis, at: tuple[float, float], class_: str, title: str | None = None) -> Markup:
    """Draw a dot at a point of a panel."""
    told = el("title", title) if title else None
    place = {"cx": _at(x.place(at[0])), "cy": _up(y, at[1])}
    return el("circle", told, **place, r=4, class_=f"dot {class_}")


def whisker(x: Axis, y: Axis, at: float, low: float, high: float, class_: str) -> Markup:
    """Draw a vertical interval."""
    place = _at(x.place(at))
    return el("line", x1=place, x2=place, y1=_up(y, low), y2=_up(y, high),
              class_=f"whisker {class_}")  # fmt: skip


def segments(x: Axis, y: Axis, points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Draw a line through points."""
    lines = []
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        ends = {"x1": _at(x.place(x1)), "x2": _at(x.place(x2)), "y1": _up(y, y1), "y2": _up(y, y2)}
        lines.append(el("line", **ends, class_=f"curve {class_}"))
    return join(lines)


def cell(
    x: Axis, y: Axis, box: tuple[float, float, float, float], strength: float, title: str
) -> Markup:
    """Draw a rectangle (x from, y from, x to, y to), the stronger the darker; ``strength`` 0..1."""
    left, right = x.place(box[0]), x.place(box[2])
    top, bottom = 100 - y.place(box[3]), 100 - y.place(box[1])
    return el(
        "rect",
        el("title", title),
        x=_at(left),
        y=_at(top),
        width=_at(right - left),
        height=_at(bottom - top),
        fill_opacity=f"{0.12 + 0.88 * min(max(strength, 0.0), 1.0):.3f}",
        class_="cell",
    )


def bars(heights: Sequence[Sequence[tuple[float, str, str]]], axis: Axis) -> list[Markup]:
    """Draw groups of upright bars that share the width evenly.

    Args:
        heights: Of each group, (value, class, title) from left to right.
        axis: The vertical axis.
    """
    marks, slot = [], 100 / max(len(heights), 1)
    zero = axis.place(0.0)
    for i, group in enumerate(heights):
        width = slot * 0.72 / max(len(group), 1)
        for k, (value, class_, title) in enumerate(group):
            top, base = max(axis.place(value), zero), min(axis.place(value), zero)
            marks.append(
                el(
                    "rect",
                    el("title", title),
                    x=_at(slot * (i + 0.14) + k * width),
                    y=_at(100 - top),
                    width=_at(width * 0.92),
                    height=_at(top - base),
                    class_=f"column {class_}",
                )
            )
    return marks


def bar_middle(group: int, bar: int, of: int) -> float:
    """Return where the middle of a bar of ``bars`` lies on its axis ``slots``."""
    return group + 0.14 + (bar + 0.46) * 0.72 / max(of, 1)


def slots(labels: Sequence[str], title: str = "") -> Axis:
    """Return the horizontal axis of ``bars``: one tick in the middle of each group."""
    ticks = tuple((i + 0.5, label) for i, label in enumerate(labels))
    return Axis(0.0, float(max(len(labels), 1)), False, ticks, title)


def _at(place: float) -> str:
    return f"{place:.2f}%"


def _up(axis: Axis, value: float) -> str:
    return _at(100 - axis.place(value))
