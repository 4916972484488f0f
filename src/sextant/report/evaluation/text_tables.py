"""The page's tables as plain rows, from which Markdown and LaTeX are written: the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.evaluation.published import MAIN_TABLE, published_rows
from sextant.report.evaluation.comparison import Compared, compare_runs, differences
from sextant.report.evaluation.divisions import group_names, group_title
from sextant.report.evaluation.factors import factor_name
from sextant.report.evaluation.figures import count, p_value, points, rate, signed
from sextant.report.evaluation.lines import Line, entries, real
from sextant.report.evaluation.rules import rule_lines
from sextant.report.evaluation.runs import Run, by_benchmark
from sextant.report.evaluation.scores import headline_of, neighbours
from sextant.report.evaluation.stress import corrected, interventions
from sextant.report.evaluation.verdict import parts_of
from sextant.report.markup import clean


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What it says; hostile where it names something.
        low, high: Ends of an interval as texts; "" where there is none.
        mark: ``published`` for what was not measured here, else "".
    """

    text: str
    low: str = ""
    high: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table.

    Attributes:
        title: Above it.
        heads: Of the columns; the first ``names`` columns are names, the others numbers.
        names: How many columns are names.
        rows: Cells, as many as there are heads.
        note: Below it.
    """

    title: str
    heads: tuple[str, ...]
    names: int
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def text_tables(runs: Sequence[Run]) -> list[TextTable]:
    """Return all tables of some runs, in the order of the page."""
    tables = []
    for benchmark, group in by_benchmark(runs).items():
        tables.append(_scores(benchmark, group))
        tables += _lines(benchmark, "scoring rules", "rules", [(r, rule_lines(r)) for r in group])
        tables += _lines(benchmark, "tasks", "task", [(run, run.shown.tasks) for run in group])
        for name in group_names(group):
            lines = [(run, run.shown.groups.get(name, ())) for run in group]
            tables += _lines(benchmark, group_title(name), group_title(name), lines)
        tables += _stress(benchmark, group)
        tables += _factors(benchmark, group)
        tables += _verdict(benchmark, group)
        tables += _comparison(benchmark, differences(compare_runs(group)))
    return tables


def scored(line: Line | None) -> Cell:
    """Return a score with its interval."""
    if line is None or line.score is None:
        return Cell("–")
    return Cell(points(line.score), *_ends(line.low, line.high))


def _ends(low: float | None, high: float | None) -> tuple[str, str]:
    return ("", "") if low is None or high is None else (points(low), points(high))


def _rates(line: Line) -> list[Cell]:
    return [Cell(rate(v)) for v in (line.extraction, line.refusals, line.failed)]


RATES = ("no answer", "refused", "failed")


def _scores(benchmark: str, runs: Sequence[Run]) -> TextTable:
    rows: list[tuple[float, tuple[Cell, ...]]] = []
    withheld = []
    own = []
    for run in runs:
        line = headline_of(run)
        others = {e.name: e for e in run.shown.headlines}
        cells = (
            Cell(run.label), Cell(line.name if line else "withheld"), scored(line),
            scored(others.get("micro")), scored(others.get("macro")),
            Cell(count(run.shown.rates.counted)), *_rates(run.shown.rates),
        )  # fmt: skip
        if line is None:
            withheld.append(
                f"{run.label}: no headline, since {run.shown.withheld or 'none can be made'}"
            )
        else:
            own.append(line.score or 0.0)
        rows.append((-1.0 if line is None else line.score or 0.0, cells))
    published = neighbours(published_rows(benchmark, MAIN_TABLE), own) if own else []
    for row in published:
        blank = [Cell("–")] * 6
        name = Cell(row.model, mark="published")
        rows.append((row.score, (name, Cell("published"), Cell(f"{row.percent:.1f}"), *blank)))
    rows.sort(key=lambda entry: -entry[0])
    note = "Percent with 95 % intervals, bootstrap clustered by scene."
    if published:
        note += " Published scores were not measured here."
    if withheld:
        note += " " + ". ".join(withheld) + "."
    heads = ("run", "rule", "score", "micro", "macro", "n", *RATES)
    return TextTable(f"{benchmark}: scores", heads, 2, tuple(cells for _, cells in rows), note)


def _lines(
    benchmark: str, title: str, what: str, lines: Sequence[tuple[Run, Sequence[Line]]]
) -> list[TextTable]:
    by_name: dict[str, list[tuple[Run, Line]]] = {}
    for run, found in lines:
        for line in found:
            by_name.setdefault(line.name or "none", []).append((run, line))
    if not by_name:
        return []
    many = len(lines) > 1
    rows = []
    for name, entered in by_name.items():
        for k, (run, line) in enumerate(entered):
            names = [Cell(name if k == 0 else "")] + ([Cell(run.label)] if many else [])
            numbers = [Cell(count(line.counted)), scored(line), Cell(points(line.chance))]
            rows.append((*names, *numbers, *_rates(line)))
    heads = (what, *(("run",) if many else ()), "n", "score", "chance", *RATES)
    return [TextTable(f"{benchmark}: {title}", heads, 1 + many, tuple(rows))]


def _stress(benchmark: str, runs: Sequence[Run]) -> list[TextTable]:
    many = len(runs) > 1
    rows = []
    for run in runs:
        found = interventions(run)
        for entry, p in zip(found, corrected(found), strict=True):
            names = [Cell(entry.name), *([Cell(run.label)] if many else [])]
            change = Cell(signed(entry.difference), *_ends(*entry.difference_ends))
            rows.append(
                (*names, Cell(count(entry.items)), Cell(points(entry.plain)),
                 Cell(points(entry.varied), *_ends(*entry.varied_ends)), change,
                 Cell(p_value(entry.p)), Cell(p_value(p)))
            )  # fmt: skip
    if not rows:
        return []
    heads = ("intervention", *(("run",) if many else ()), "n", "plain", "changed", "difference",
             "p", "p (Holm)")  # fmt: skip
    note = "Every question counts the same (micro); differences are paired and in points."
    return [TextTable(f"{benchmark}: stress tests", heads, 1 + many, tuple(rows), note)]


def _factors(benchmark: str, runs: Sequence[Run]) -> list[TextTable]:
    many = len(runs) > 1
    rows = []
    for run in runs:
        for entry in run.shown.factors:
            raw, score = real(entry.get("raw")), real(entry.get("score"))
            ends = _ends(real(entry.get("low")), real(entry.get("high")))
            change = None if raw is None or score is None else score - raw
            names = [Cell(factor_name(entry)), *([Cell(run.label)] if many else [])]
            rows.append(
                (*names, Cell(points(raw)), Cell(points(score), *ends), Cell(signed(change)))
            )
    if not rows:
        return []
    heads = ("even in", *(("run",) if many else ()), "raw", "evened out", "change")
    return [TextTable(f"{benchmark}: composition evened out", heads, 1 + many, tuple(rows))]


def _verdict(benchmark: str, runs: Sequence[Run]) -> list[TextTable]:
    many = len(runs) > 1
    rows = []
    for run in runs:
        for table in entries(run.shown.verdict.get("tables"), 12):
            form = clean(table.get("form", ""), 60)
            for part in parts_of(table):
                names = [Cell(form), *([Cell(run.label)] if many else []), Cell(part.name)]
                value = Cell(points(part.value), *_ends(part.low, part.high))
                rows.append((*names, value, Cell(points(part.share, 0)), Cell(p_value(part.p))))
    if not rows:
        return []
    heads = ("answers", *(("run",) if many else ()), "part", "points", "share of score", "p (Holm)")
    title = f"{benchmark}: what the score is made of"
    return [TextTable(title, heads, 2 + many, tuple(rows))]


def _comparison(benchmark: str, found: Sequence[Compared]) -> list[TextTable]:
    rows = []
    for c in found:
        t = c.tested
        change = Cell(signed(t.difference), *_ends(t.low, t.high))
        names = (Cell(c.first), Cell(c.second), Cell(t.name))
        rows.append((*names, Cell(count(t.n)), change, Cell(p_value(t.p_value)),
                     Cell(p_value(t.p_holm))))  # fmt: skip
    if not rows:
        return []
    heads = ("run", "against", "over", "n", "difference", "p", "p (Holm)")
    note = "First minus second on the questions both answered, in points."
    return [TextTable(f"{benchmark}: comparison", heads, 3, tuple(rows), note)]
