"""Bars and histograms as inline SVG; the text beside them stays HTML, so it never shrinks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.report.markup import Child, Markup, clean, el, number, percent
from sextant.report.statistics import NumberSketch

BINS = 24


def bar(share: float, title: str, class_: str = "bar", *, expected: float | None = None) -> Markup:
    """Draw one horizontal bar; ``share`` of the full width, which is 1, and a tick at a share."""
    width = 100 * min(max(share, 0.0), 1.0)
    tick = None
    if expected is not None:
        place = f"{100 * expected - 0.3:.2f}"
        tick = el("rect", x=place, y=0, width="0.6", height=10, class_="tick median")
    return el(
        "svg",
        el("title", title),
        el("rect", x=0, y=0, width=100, height=10, class_="track"),
        el("rect", x=0, y=0, width=f"{width:.3f}", height=10, class_="fill"),
        tick,
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_=class_,
        role="img",
        aria_label=title,
    )


def stack(parts: Sequence[tuple[str, float, str]], whole: float, class_: str) -> Markup:
    """Draw one stacked horizontal bar.

    Args:
        parts: (title, amount, class of the piece) from left to right.
        whole: The amount that fills the width.
        class_: Class of the picture.
    """
    pieces, left = [], 0.0
    for title, amount, piece in parts:
        width = 1000 * amount / whole if whole else 0.0
        gap = min(2.0, width / 4)
        pieces.append(
            el(
                "rect",
                el("title", title),
                x=f"{left:.2f}",
                y=0,
                width=f"{max(width - gap, 0):.2f}",
                height=10,
                class_=piece,
            )
        )
        left += width
    label = "; ".join(title for title, _, _ in parts)
    return el(
        "svg",
        *pieces,
        viewBox="0 0 1000 10",
        preserveAspectRatio="none",
        class_=class_,
        role="img",
        aria_label=clean(label, 600),
    )


def columns(
    labels: Sequence[Child],
    counts: Sequence[float],
    expected: Sequence[float],
    titles: Sequence[str],
) -> Markup:
    """Draw labelled columns with a tick at the height that each was expected to have."""
    top = max([*counts, *expected, 1e-9]) * 1.08
    n = len(counts)
    shapes = []
    for i, (count, wanted) in enumerate(zip(counts, expected, strict=True)):
        left, height = 100 * i / n, 60 * count / top
        tick = 60 - 60 * wanted / top
        shapes += [
            el(
                "rect",
                el("title", titles[i]),
                x=f"{left + 14 / n:.2f}",
                y=f"{60 - height:.2f}",
                width=f"{72 / n:.2f}",
                height=f"{height:.2f}",
                class_="fill",
            ),
            el(
                "rect",
                x=f"{left + 6 / n:.2f}",
                y=f"{tick - 0.6:.2f}",
                width=f"{88 / n:.2f}",
                height="1.2",
                class_="tick",
            ),
        ]
    picture = el(
        "svg",
        *shapes,
        viewBox="0 0 100 60",
        preserveAspectRatio="none",
        class_="columns",
        role="img",
        aria_label="; ".join(titles),
    )
    axis = el("div", *(el("span", label) for label in labels), class_="axis letters")
    return el("div", picture, axis, class_="plot")


def histogram(sketch: NumberSketch, unit: str) -> Markup:
    """Draw the distribution of a draw, with the median and the 5 % and 95 % quantiles below.

    The picture spans the 1 % to the 99 % quantile, so that one outlier does not flatten it; what
    lies outside is counted in the outermost columns.
    """
    values = sketch.drawn
    low, high = sketch.quantile(0.01), sketch.quantile(0.99)
    whole = unit == "count" and high - low < BINS
    if whole:
        bins = round(high) - round(low) + 1
        low, high = round(low) - 0.5, round(high) + 0.5
    else:
        bins = min(BINS, max(6, round(2 * math.sqrt(len(values)))))
    if high <= low:
        low, high, bins = low - 0.5, high + 0.5, 1
    counts = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins) if low < value < high else 0
        counts[bins - 1 if value >= high else min(place, bins - 1)] += 1
    top = max(counts)
    shapes = []
    for i, count in enumerate(counts):
        start, end = (low + (high - low) * j / bins for j in (i, i + 1))
        height = 58 * count / top
        shapes.append(
            el(
                "rect",
                el("title", f"{number(start, 3)} to {number(end, 3)}: "
                            f"{percent(count / len(values))}"),
                x=f"{100 * i / bins + 6 / bins:.2f}",
                y=f"{60 - height:.2f}",
                width=f"{88 / bins:.2f}",
                height=f"{height:.2f}",
                class_="fill",
            )
        )  # fmt: skip
    for q in (0.05, 0.5, 0.95):
        across = 100 * (sketch.quantile(q) - low) / (high - low)
        shapes.append(
            el(
                "rect",
                el("title", f"{round(100 * q)} % quantile: {number(sketch.quantile(q))}"),
                x=f"{min(max(across, 0.3), 99.7) - 0.3:.2f}",
                y=0,
                width="0.6",
                height=60,
                class_="tick median" if q == 0.5 else "tick",
            )
        )
    picture = el(
        "svg",
        *shapes,
        viewBox="0 0 100 60",
        preserveAspectRatio="none",
        class_="columns",
        role="img",
        aria_label=f"Histogram from {number(low, 3)} to {number(high, 3)} {unit}",
    )
    if whole:
        low, high = math.ceil(low), math.floor(high)
    ends = (el("span", number(low, 3)), el("span", number(high, 3)))
    return el("div", picture, el("div", *ends, class_="axis"), class_="plot")
