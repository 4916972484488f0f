"""Runs of one benchmark against each other, on the questions that both answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sextant.errors import SextantError
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.compared import Comparison, Pair, Tested
from sextant.evaluation.comparison import compare
from sextant.evaluation.score_table import ScoreTable
from sextant.report.evaluation.axes import Axis, linear_axis
from sextant.report.evaluation.figures import count, interval, p_value, points, signed
from sextant.report.evaluation.plots import Spot, axis_strip, interval_track
from sextant.report.evaluation.rows import plain_rows
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el

ALL_PAIRS = 4
"""With more runs than this, all are compared with the first instead of with each other."""

DRAWS = 1000
MICRO = Headline("micro")


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference: names of the runs, and the test."""

    first: str
    second: str
    tested: Tested


def compare_runs(runs: Sequence[Run]) -> Comparison | None:
    """Compare the plain rows of runs; None if fewer than two have rows in common.

    What cannot be compared is noted with the run, for the page to say.
    """
    tables: dict[str, ScoreTable] = {}
    for run in runs:
        table = None if run.files is None else run.files.table()
        if table is not None:
            plain = table.take(plain_rows(table))
            if len(plain) and plain.counted.any():
                tables[run.label] = plain
    if len(tables) < 2:
        return None
    baseline = next(iter(tables)) if len(tables) > ALL_PAIRS else None
    tried = [_headline(runs[0]), MICRO]
    for k, headline in enumerate(tried):
        try:
            return compare(tables, headline, baseline=baseline, draws=DRAWS)
        except SextantError as error:
            if k == len(tried) - 1 and runs[0].files is not None:
                runs[0].files.notes.append(f"runs cannot be compared: {error.what}")
    return None


def _headline(run: Run) -> Headline:
    """Return the rule of the benchmark's score; micro for one that is not known here."""
    try:
        benchmark = open_benchmark(run.benchmark)
        rules = run.rules if run.rules in benchmark.rules else "strict"
        return benchmark.headlines(rules)[0]
    except SextantError:
        return MICRO


def differences(found: Comparison | None) -> list[Compared]:
    """Return all tests of a comparison: of each pair the score, then the tasks."""
    if found is None:
        return []
    return [
        Compared(pair.a, pair.b, tested)
        for pair in found.pairs
        for tested in (pair.headline, *pair.tasks)
    ]


def comparison_section(runs: Sequence[Run]) -> Markup | None:
    """Compare runs and list their differences; None where nothing can be compared."""
    found = compare_runs(runs)
    if found is None:
        return None
    by_label = {run.label: run for run in runs}
    scores = [(pair, pair.headline) for pair in found.pairs]
    axis = _axis([tested for _, tested in scores])
    exact = any(tested.p_mcnemar is not None for _, tested in scores)
    body = [_row(_names(pair, by_label), tested, axis, exact) for pair, tested in scores]
    rule = clean(found.pairs[0].headline.name, 80) if found.pairs else ""
    parts = [_table(("first", "second"), axis, body, exact), *_warnings(found)]
    parts += [_tasks(pair, by_label, opened=len(found.pairs) == 1) for pair in found.pairs]
    return el("div", el("p", f"The score is {rule}.", class_="note"), *parts)


def _axis(tested: Sequence[Tested]) -> Axis:
    ends = [v for t in tested for v in (t.difference, t.low, t.high) if v is not None]
    return linear_axis([100 * v for v in (*ends, 0.0)], count=3)


def _names(pair: Pair, by_label: dict[str, Run]) -> list[Markup]:
    return [
        el("th", swatch(by_label[pair.a]), clean(pair.a, 80), scope="row"),
        el("td", swatch(by_label[pair.b]), clean(pair.b, 80)),
    ]


def _table(names: Sequence[str], axis: Axis, body: Sequence[Markup], mcnemar: bool) -> Markup:
    heads = [el("th", name, scope="col") for name in names]
    titles = ("n", "scores", "difference, 95 % interval")
    heads += [el("th", title, scope="col", class_="num") for title in titles]
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    exact = ("only one right", "McNemar p") if mcnemar else ()
    heads += [el("th", title, scope="col", class_="num") for title in ("p", "p, Holm", *exact)]
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    return el("div", table, class_="wide")


def _row(names: Sequence[Markup], tested: Tested, axis: Axis, mcnemar: bool) -> Markup:
    bounds = interval(tested.low, tested.high)
    mark: Markup | str = ""
    if tested.difference is not None:
        ends = [None if v is None else 100 * v for v in (tested.low, tested.high)]
        title = f"{signed(tested.difference)} points {bounds}"
        spot = Spot(100 * tested.difference, ends[0], ends[1], "neutral", title)
        mark = interval_track([spot], axis, 0.0)
    known = tested.only_a is not None and tested.only_b is not None
    only = f"{count(tested.only_a)} / {count(tested.only_b)}" if known else "–"
    return el(
        "tr",
        *names,
        el("td", count(tested.n), class_="num"),
        el("td", f"{points(tested.score_a)} / {points(tested.score_b)}", class_="num"),
        el("td", signed(tested.difference), el("span", bounds, class_="ci"), class_="num"),
        el("td", mark, class_="plot"),
        el("td", p_value(tested.p_value), class_="num"),
        el("td", p_value(tested.p_holm), class_="num"),
        el("td", only, class_="num") if mcnemar else None,
        el("td", p_value(tested.p_mcnemar), class_="num") if mcnemar else None,
    )


def _tasks(pair: Pair, by_label: dict[str, Run], *, opened: bool) -> Markup:
    axis = _axis(pair.tasks)
    exact = any(tested.p_mcnemar is not None for tested in pair.tasks)
    body = [
        _row([el("th", clean(tested.name, 120), scope="row")], tested, axis, exact)
        for tested in pair.tasks
    ]
    title = f"{clean(pair.a, 80)} against {clean(pair.b, 80)}, task by task"
    return el(
        "details", el("summary", title), _table(("task",), axis, body, exact), open=opened or None
    )


def _warnings(found: Comparison) -> Iterator[Markup]:
    for pair in found.pairs:
        names = f"{clean(pair.a, 80)} and {clean(pair.b, 80)}"
        if pair.keys_differ:
            text = f"{names}: {count(pair.keys_differ)} questions have another right answer"
            yield el("p", f"{text}; the runs are of different data.", class_="findings note alert")
        left = pair.only_a + pair.only_b
        if left:
            text = f"{names}: {count(left)} questions that only one of them was asked are left out."
            yield el("p", text, class_="note")
