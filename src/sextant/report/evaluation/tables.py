"""Tables of scores: every score with its interval, its rows and the rates that qualify it."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.report.evaluation.axes import Axis, share_axis
from sextant.report.evaluation.figures import count, interval, points, rate
from sextant.report.evaluation.lines import Line
from sextant.report.evaluation.plots import Spot, axis_strip, interval_track
from sextant.report.evaluation.runs import Run
from sextant.report.markup import Markup, clean, el

ALERT = 0.025
"""A rate above this moves scores enough to mislead; EASI re-scores files beyond
this (its gate)."""

Entry = tuple[Run, Line]


def spot(run: Run, line: Line, class_: str | None = None) -> Spot | None:
    """Return how a line is drawn; None if it has no score."""
    if line.score is None:
        return None
    told = f"{clean(run.label, 80)}, {clean(line.name, 80)}: {points(line.score)} %"
    bounds = interval(line.low, line.high)
    title = f"{told} {bounds}, n = {count(line.counted)}" if bounds else told
    return Spot(line.score, line.low, line.high, class_ or run.class_, title)


def common_axis(lines: Sequence[Line]) -> Axis:
    """Return one axis for all lines of a table, so that rows can be compared by eye."""
    values = [
        v for line in lines for v in (line.score, line.low, line.high, line.chance) if v is not None
    ]
    return share_axis(values)


def score_cell(line: Line, *, best: bool = False) -> Markup:
    """Write a score and its interval into a table's cell."""
    text = points(line.score)
    return el(
        "td",
        el("span", text, class_="best") if best else text,
        el("span", interval(line.low, line.high), class_="ci"),
        class_="num",
    )


def rate_cell(share: float | None) -> Markup:
    """Write a rate; one that is high enough to mislead stands out."""
    alert = share is not None and share > ALERT
    return el("td", rate(share), class_="num alert" if alert else "num")


def line_table(
    rows: Sequence[tuple[str, Sequence[Entry]]], what: str, *, totals: int = 0
) -> Markup:
    """List scores by task or group; runs that share a benchmark stand below each other.

    Args:
        rows: Name of the task or group, and the lines of the runs that have it.
        what: What the names are, for the table's head.
        totals: So many of the last rows are sums of the others.
    """
    many = any(len(entries) > 1 for _, entries in rows)
    axis = common_axis([line for _, entries in rows for _, line in entries])
    adjusted = any(line.adjusted is not None for _, entries in rows for _, line in entries)
    heads = [el("th", what, scope="col")]
    heads += [el("th", "run", scope="col")] if many else []
    heads += [el("th", t, scope="col", class_="num") for t in ("n", "score, 95 % interval")]
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    names = ["chance", "adjusted"] if adjusted else ["chance"]
    heads += [el("th", t, scope="col", class_="num")
              for t in (*names, "no answer", "refused", "failed")]  # fmt: skip
    body = []
    for i, (name, entries) in enumerate(rows):
        total = i >= len(rows) - totals
        best = _best(entries) if many else None
        for k, (run, line) in enumerate(entries):
            first = el("th", clean(name, 120), scope="row") if k == 0 else el("td", "")
            classes = ["total"] if total and k == 0 else []
            classes += ["joined"] if k < len(entries) - 1 else []
            cells = _cells(run, line, axis, many, adjusted, k == best)
            body.append(el("tr", first, *cells, class_=" ".join(classes) or None))
    return el(
        "div",
        el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results"),
        class_="wide",
    )


def _cells(
    run: Run, line: Line, axis: Axis, many: bool, adjusted: bool, best: bool
) -> list[Markup]:
    drawn = spot(run, line)
    cells = []
    if many:
        cells.append(el("td", swatch(run), " ", clean(run.label, 80)))
    of = "" if line.counted in (None, line.n) else f" of {count(line.n)}"
    cells += [
        el("td", f"{count(line.counted)}{of}", class_="num"),
        score_cell(line, best=best),
        el("td", interval_track([drawn], axis, line.chance) if drawn else "", class_="plot"),
        el("td", points(line.chance), class_="num"),
    ]
    if adjusted:
        cells.append(el("td", points(line.adjusted), class_="num"))
    cells += [rate_cell(line.extraction), rate_cell(line.refusals), rate_cell(line.failed)]
    return cells


def _best(entries: Sequence[Entry]) -> int | None:
    scores = [line.score for _, line in entries]
    known = [s for s in scores if s is not None]
    if len(known) < 2 or known.count(max(known)) > 1:
        return None
    return scores.index(max(known))


def swatch(run: Run) -> Markup:
    """Return the coloured dot of a run."""
    return el("span", class_=f"swatch {run.class_}")


def legend(runs: Sequence[Run], *more: Markup) -> Markup:
    """Name the colours of runs."""
    entries = [el("li", swatch(run), el("span", clean(run.label, 120))) for run in runs]
    return el("ul", *entries, *(el("li", entry) for entry in more), class_="legend")
