"""What the score is made of: guesses, language, habits of looking, and what is left for space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sextant.report.evaluation.axes import Axis, share_axis
from sextant.report.evaluation.figures import count, interval, p_value, points, signed
from sextant.report.evaluation.lines import Json, ends, entries, real, section, strings
from sextant.report.evaluation.plots import axis_strip, fall
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el

LEVELS: Mapping[str, str] = {
    "chance": "guessing",
    "blind": "without pictures",
    "other": "with other pictures",
    "steady": "right in all rotations",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score.

    Attributes:
        name, meaning: What it is.
        value: Points of the score, a fraction; may be negative.
        low, high: Of the 95 % interval.
        share: Of the score.
        p: Of no such part, corrected for the table's parts.
    """

    name: str
    meaning: str
    value: float
    low: float | None
    high: float | None
    share: float | None
    p: float | None


def parts_of(table: Json) -> list[Part]:
    """Return the parts of a table; those without a value are left out."""
    found = []
    for row in entries(table.get("parts"), 20):
        value = real(row.get("value"))
        if value is not None:
            low, high = ends(row.get("interval"))
            found.append(
                Part(
                    clean(row.get("part", ""), 40),
                    clean(row.get("meaning", ""), 160),
                    value,
                    low,
                    high,
                    real(row.get("share_of_score")),
                    real(row.get("p_value_holm")),
                )
            )
    return found


def verdict_tables(runs: Sequence[Run]) -> Markup | None:
    """Show the parts of the score of every run; None where no run has them."""
    told = []
    limits: dict[str, None] = {}
    for run in runs:
        verdict = run.shown.verdict
        for table in entries(verdict.get("tables"), 12):
            if parts_of(table):
                told.append(_figure(run, table, many=len(runs) > 1))
        limits.update(dict.fromkeys(strings(verdict.get("limits"), 20)))
    if not told:
        return None
    notes = [el("li", text) for text in limits]
    folded = el("details", el("summary", "What this may not be used for"), el("ul", *notes))
    return el("div", *told, folded if notes else None)


def _figure(run: Run, table: Json, *, many: bool) -> Markup:
    parts = parts_of(table)
    steps = [0.0]
    for part in parts:
        steps.append(steps[-1] + part.value)
    axis = share_axis(steps)
    body = [_row(part, start, axis) for part, start in zip(parts, steps, strict=False)]
    score = real(section(table.get("plain")).get("score"))
    low, high = ends(section(table.get("plain")).get("interval"))
    body.append(
        el(
            "tr",
            el("th", "score", scope="row"),
            el("td", "the plain run, on these questions"),
            el("td", points(score), el("span", interval(low, high), class_="ci"), class_="num"),
            el("td", fall(0.0, steps[-1], axis, "score"), class_="plot"),
            el("td", ""),
            el("td", ""),
            class_="total",
        )
    )
    heads = [el("th", "part", scope="col"), el("th", "meaning", scope="col")]
    heads.append(el("th", "points, 95 % interval", scope="col", class_="num"))
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    heads += [el("th", t, scope="col", class_="num") for t in ("of the score", "p, Holm")]
    who = [swatch(run), " ", clean(run.label, 80), ": "] if many else []
    form, n = clean(table.get("form", ""), 60), count(real(table.get("n")))
    return el(
        "figure",
        el("h4", *who, f"{form}, {n} questions"),
        el(
            "div",
            el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results parts"),
            class_="wide",
        ),
        el("figcaption", _levels(table), class_="note"),
        class_=f"verdict-table {run.class_}",
    )


def _row(part: Part, start: float, axis: Axis) -> Markup:
    bounds = interval(part.low, part.high)
    return el(
        "tr",
        el("th", part.name, scope="row"),
        el("td", part.meaning, class_="prose-cell"),
        el("td", points(part.value), el("span", bounds, class_="ci"), class_="num"),
        el(
            "td",
            fall(start, start + part.value, axis, part.name, part.name),
            class_="plot",
        ),
        el("td", "–" if part.share is None else f"{points(part.share, 0)} %", class_="num"),
        el("td", p_value(part.p), class_="num"),
    )


def _levels(table: Json) -> str:
    """Say the scores from which the parts were made."""
    used = section(table.get("used"))
    told = []
    for name, words in LEVELS.items():
        level = section(section(table.get("levels")).get(name))
        score = real(level.get("score"))
        if score is None:
            continue
        test = f" ({clean(used[name], 60)})" if name in used else ""
        change = real(section(level.get("difference")).get("value"))
        beside = "" if name == "chance" else f", {signed(change)} to the plain run"
        told.append(f"{words}{test} {points(score)}{beside}")
    text = "Made from: " + "; ".join(told) + "." if told else ""
    missing = strings(table.get("missing"), 10)
    if missing:
        text += f" Not run: {', '.join(LEVELS.get(m, m) for m in missing)}."
    return text.strip()
