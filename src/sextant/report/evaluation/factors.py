"""Scores with the composition evened out, beside the raw ones."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.report.evaluation.axes import Axis, linear_axis
from sextant.report.evaluation.figures import count, interval, points, signed
from sextant.report.evaluation.lines import Json, real, whole
from sextant.report.evaluation.plots import Spot, axis_strip, interval_track
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el


def factor_name(stored: Json) -> str:
    """Return the factors of a normalised score in words."""
    names = stored.get("factors")
    told = [clean(n, 40) for n in names[:6]] if isinstance(names, list) else []
    return " × ".join(told) or "unnamed factor"


def factor_table(runs: Sequence[Run]) -> Markup | None:
    """List the normalised scores; None where there are none."""
    names = list(dict.fromkeys(factor_name(f) for run in runs for f in run.shown.factors))
    if not names:
        return None
    many = len(runs) > 1
    stored = [(run, entry) for run in runs for entry in run.shown.factors]
    keys = ("score", "raw", "low", "high")
    known = [100 * v for _, e in stored for key in keys if (v := real(e.get(key))) is not None]
    axis = linear_axis(known, count=4)
    heads = [el("th", "even in", scope="col")]
    heads += [el("th", "run", scope="col")] if many else []
    titles = ("raw", "evened out, 95 % interval", "change")
    heads += [el("th", t, scope="col", class_="num") for t in titles]
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    heads.append(el("th", "cells", scope="col", class_="num"))
    body = []
    for name in names:
        first = True
        for run, entry in stored:
            if factor_name(entry) == name:
                body.append(_row(name if first else "", run, entry, axis, many))
                first = False
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    cells = [told for run, entry in stored if (told := _extremes(run, entry, many)) is not None]
    title = el("summary", "Worst and best cells")
    folded = el("details", title, el("ul", *cells)) if cells else None
    return el("div", el("div", table, class_="wide"), folded)


def _row(name: str, run: Run, entry: Json, axis: Axis, many: bool) -> Markup:
    raw, score = real(entry.get("raw")), real(entry.get("score"))
    low, high = real(entry.get("low")), real(entry.get("high"))
    cells = [el("th", name, scope="row") if name else el("td", "")]
    if many:
        cells.append(el("td", swatch(run), " ", clean(run.label, 80)))
    spots = []
    if raw is not None:
        spots.append(Spot(100 * raw, None, None, f"{run.class_} hollow", f"raw {points(raw)} %"))
    if score is not None:
        title = f"evened out {points(score)} % {interval(low, high)}"
        ends = [None if v is None else 100 * v for v in (low, high)]
        spots.append(Spot(100 * score, ends[0], ends[1], run.class_, title))
    change = None if raw is None or score is None else score - raw
    thin = whole(entry.get("thin_cells")) or 0
    rows = count(whole(entry.get("thin_rows")))
    pooled = f"{count(thin)} thin cells with {rows} questions were pooled" if thin else ""
    cells += [
        el("td", points(raw), class_="num"),
        el("td", points(score), el("span", interval(low, high), class_="ci"), class_="num"),
        el("td", signed(change), class_="num"),
        el("td", interval_track(spots, axis) if spots else "", class_="plot"),
        el("td", count(whole(entry.get("cells"))), title=pooled or None, class_="num"),
    ]  # fmt: skip
    return el("tr", *cells)


def _extremes(run: Run, entry: Json, many: bool) -> Markup | None:
    told = []
    for end in ("worst", "best"):
        stored = entry.get(end)
        if isinstance(stored, list) and len(stored) == 4:
            task, level, score, rows = stored
            where = f"{clean(level, 60)} in {clean(task, 60)}"
            told.append(f"{end} {points(real(score))} on {where} (n = {count(real(rows))})")
    who = f"{clean(run.label, 80)}, " if many else ""
    return el("li", f"{who}{factor_name(entry)}: {'; '.join(told)}") if told else None
