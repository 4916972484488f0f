"""One and the same replies under every scoring rule: how much of a score is the rule."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.figures import points
from sextant.report.evaluation.lines import Json, Line, real, section
from sextant.report.evaluation.plots import axis_strip, interval_track
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.summaries import headline_of
from sextant.report.evaluation.tables import rate_cell, score_cell, spot, swatch
from sextant.report.markup import Markup, clean, el

MOST_RULES = 12


def rule_lines(run: Run) -> list[Line]:
    """Return the run's score under every rule that it stores, in the stored order."""
    found = []
    for name, stored in list(run.shown.rules.items())[:MOST_RULES]:
        entry = section(stored)
        line = headline_of(section(entry.get("headline")))
        found.append(_named(name, line, entry))
    return found


def _named(name: str, line: Line, entry: Json) -> Line:
    return Line(
        name=clean(name, 60),
        n=line.n,
        counted=line.counted,
        score=line.score,
        low=line.low,
        high=line.high,
        chance=line.chance,
        extraction=real(entry.get("extraction_failure_share")),
        refusals=real(entry.get("refusal_share")),
        failed=real(entry.get("failed_share")),
    )


def spread(lines: Sequence[Line]) -> float | None:
    """Return the difference between the highest and the lowest score; None with less than two."""
    scores = [line.score for line in lines if line.score is not None]
    return max(scores) - min(scores) if len(scores) > 1 else None


def rule_table(runs: Sequence[Run]) -> Markup | None:
    """List every run under every rule; None where none stores more than one."""
    by_run = [(run, rule_lines(run)) for run in runs]
    by_run = [(run, lines) for run, lines in by_run if len(lines) > 1]
    if not by_run:
        return None
    every = [line for _, lines in by_run for line in lines]
    axis = share_axis([v for e in every for v in (e.score, e.low, e.high) if v is not None])
    heads = [el("th", "run", scope="col"), el("th", "rules", scope="col")]
    heads.append(el("th", "score, 95 % interval", scope="col", class_="num"))
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    heads += [el("th", t, scope="col", class_="num") for t in ("no answer", "refused", "failed")]
    body = []
    for run, lines in by_run:
        for k, line in enumerate(lines):
            drawn = spot(run, line)
            name = [swatch(run), clean(run.label, 80)] if k == 0 else []
            own = "the run's own" if line.name == run.rules else None
            body.append(
                el(
                    "tr",
                    el("th", *name, scope="row") if name else el("td", ""),
                    el("td", line.name, el("span", own, class_="count") if own else None),
                    score_cell(line),
                    el("td", interval_track([drawn], axis) if drawn else "", class_="plot"),
                    *(rate_cell(v) for v in (line.extraction, line.refusals, line.failed)),
                    class_="joined" if k < len(lines) - 1 else None,
                )
            )
    told = [
        f"{clean(run.label, 80)}: {points(far)} points apart"
        for run, lines in by_run
        if (far := spread(lines)) is not None
    ]
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    note = el("p", "; ".join(told) + ".", class_="note") if told else None
    return el("div", el("div", table, class_="wide"), note)
