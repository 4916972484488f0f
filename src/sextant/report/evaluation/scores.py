"""The headline: a card per run, and a ranking that holds the published scores beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sextant.evaluation.published import MAIN_TABLE, PublishedRow, published_rows, trust_marks
from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.figures import count, interval, points, rate
from sextant.report.evaluation.lines import Line
from sextant.report.evaluation.plots import Spot, axis_strip, interval_track
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import ALERT, score_cell, spot, swatch
from sextant.report.markup import Markup, clean, el

Groups = Mapping[str, Sequence[Run]]


def score_section(groups: Groups) -> Markup:
    """Show the scores of all runs."""
    parts = [_matrix(groups)] if len(groups) > 1 else []
    for benchmark, runs in groups.items():
        parts.append(
            el(
                "div",
                el("h3", clean(benchmark, 80)) if len(groups) > 1 else None,
                el("div", *(scorecard(run) for run in runs), class_="scores"),
                ranking(benchmark, runs),
                class_="benchmark",
            )
        )
    return el("div", *parts)


def scorecard(run: Run) -> Markup:
    """Show the headline of a run with everything that qualifies it."""
    line, shown = run.headline, run.shown
    profiles = [run.benchmark, *([f"prompts {run.prompts}"] if run.prompts else [])]
    profiles += [f"rules {run.rules}"] if run.rules else []
    if line is not None and line.score is not None and shown.withheld is None:
        big = el(
            "p",
            el("strong", points(line.score)),
            el("span", interval(line.low, line.high), class_="ci"),
            class_="big",
        )
        name = el("p", clean(line.name, 120), class_="what")
    else:
        big = el("p", "No headline", class_="withheld")
        reason = shown.withheld or "no row of this run has a score"
        name = el("p", clean(reason, 300), class_="what")
    rates = shown.rates
    return el(
        "article",
        el("h4", clean(run.label, 120)),
        el("p", clean(" · ".join(profiles), 200), class_="what"),
        big,
        name,
        _rates(rates),
        _others(run),
        class_=f"scorecard {run.class_}",
    )


def _rates(line: Line) -> Markup:
    counted = count(line.counted)
    if line.n is not None and line.n != line.counted:
        counted = f"{counted} of {count(line.n)}"
    cells = [el("dt", "questions"), el("dd", counted)]
    for name, share in (
        ("no answer", line.extraction),
        ("refused", line.refusals),
        ("failed", line.failed),
    ):
        high = share is not None and share > ALERT
        unit = "" if share is None else " %"
        cells += [el("dt", name), el("dd", rate(share) + unit, class_="alert" if high else None)]
    return el("dl", *cells, class_="rates")


def _others(run: Run) -> Markup | None:
    told = []
    for line in run.shown.headlines[1:]:
        told.append(f"{clean(line.name, 80)} {points(line.score)} {interval(line.low, line.high)}")
    rates = run.shown.rates
    if rates.chance is not None:
        told.append(f"chance {points(rates.chance)}")
    if rates.adjusted is not None:
        told.append(f"adjusted for chance {points(rates.adjusted)}")
    return el("p", "; ".join(t.strip() for t in told), class_="others") if told else None


def _matrix(groups: Groups) -> Markup:
    """List models against benchmarks."""
    labels = list(dict.fromkeys(run.label for runs in groups.values() for run in runs))
    heads = [el("th", "run", scope="col")]
    heads += [el("th", clean(name, 60), scope="col", class_="num") for name in groups]
    body = []
    for label in labels:
        first: Run | None = None
        cells = []
        for runs in groups.values():
            run = next((r for r in runs if r.label == label), None)
            first = first or run
            line = None if run is None else headline_of(run)
            cells.append(
                score_cell(line) if line else el("td", "–" if run is None else "withheld",
                                                 class_="num")
            )  # fmt: skip
        name = el("th", swatch(first) if first else None, " ", clean(label, 80), scope="row")
        body.append(el("tr", name, *cells))
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    return el("div", table, class_="wide")


def headline_of(run: Run) -> Line | None:
    """Return the score of a run; None if it is withheld or cannot be made."""
    line = run.headline
    shown = line is not None and line.score is not None and run.shown.withheld is None
    return line if shown else None


def ranking(benchmark: str, runs: Sequence[Run]) -> Markup | None:
    """Draw the runs among published scores; None where there is nothing to compare."""
    own = [(run, line) for run in runs if (line := headline_of(run)) is not None]
    published = published_rows(benchmark, MAIN_TABLE)
    if not own or len(own) + len(published) < 2:
        return None
    drawn = [(line.score or 0.0, _own_row(run, line)) for run, line in own]
    picked = neighbours(published, [line.score or 0.0 for _, line in own])
    values = [v for _, line in own for v in (line.score, line.low, line.high) if v is not None]
    values += [row.score for row in picked]
    chances = [line.chance for _, line in own if line.chance is not None]
    axis = share_axis([*values, *chances[:1]])
    drawn += [(row.score, _published_row(row)) for row in picked]
    drawn.sort(key=lambda entry: -entry[0])
    chance = chances[0] if chances else None
    cells: list[Markup] = []
    for _, (name, value, mark) in drawn:
        cells += [name, interval_track([mark], axis, chance), value]
    cells += [axis_strip(axis)]
    return el(
        "div",
        el("div", *cells, class_="ranking"),
        _ranking_note(published, picked, chance),
        _published_table(published),
    )


def neighbours(rows: Sequence[PublishedRow], scores: Sequence[float]) -> list[PublishedRow]:
    """Return the published rows that say most beside some scores, in their order.

    These are the best of each group of the table, and the nearest above and below every score.
    """
    picked: set[int] = set()
    best: dict[str, int] = {}
    for i, row in enumerate(rows):
        if row.group not in best or row.percent > rows[best[row.group]].percent:
            best[row.group] = i
    picked.update(best.values())
    for score in scores:
        above = [i for i, row in enumerate(rows) if row.score >= score]
        below = [i for i, row in enumerate(rows) if row.score < score]
        picked.update(sorted(above, key=lambda i: (rows[i].percent, i))[:2])
        picked.update(sorted(below, key=lambda i: (-rows[i].percent, i))[:2])
    return [row for i, row in enumerate(rows) if i in picked]


def _own_row(run: Run, line: Line) -> tuple[Markup, Markup, Spot]:
    mark = spot(run, line)
    assert mark is not None
    value = el(
        "span",
        el("strong", points(line.score)),
        el("span", interval(line.low, line.high), class_="ci"),
        class_="value",
    )
    return el("span", clean(run.label, 80), class_="name own"), value, mark


def _published_row(row: PublishedRow) -> tuple[Markup, Markup, Spot]:
    title = f"{row.model}: {row.percent} %, published"
    return (
        el("span", row.model, el("small", "published"), class_="name quiet"),
        el("span", f"{row.percent:.1f}", class_="value quiet"),
        Spot(row.score, None, None, "published", title),
    )


def _ranking_note(
    published: Sequence[PublishedRow], picked: Sequence[PublishedRow], chance: float | None
) -> Markup | None:
    told = []
    if published:
        told.append(
            "Rings are published scores, not measured here and printed without intervals: of each "
            "group the best, and those nearest to the runs."
        )
        if len(picked) < len(published):
            told.append(f"All {len(published)} stand in the table below.")
        told.append(f"Protocol: {published[0].protocol}.")
    if chance is not None:
        told.append(f"The dotted line is chance, {points(chance)} %.")
    return el("p", " ".join(told), class_="note") if told else None


def _published_table(rows: Sequence[PublishedRow]) -> Markup | None:
    if not rows:
        return None
    marks = trust_marks()
    body = [
        el(
            "tr",
            el("th", row.model, scope="row"),
            el("td", row.group),
            el("td", f"{row.percent:.1f}", class_="num"),
            el("td", marks[row.trust] + (f"; {row.note}" if row.note else "")),
        )
        for row in rows
    ]
    heads = [el("th", t, scope="col") for t in ("published model", "group")]
    heads += [el("th", "score", scope="col", class_="num"), el("th", "how we know", scope="col")]
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    return el(
        "details",
        el("summary", f"Published scores ({len(rows)})"),
        el("p", f"Source: {rows[0].source}.", class_="note"),
        el("div", table, class_="wide"),
    )
