"""What the stress tests changed: every intervention beside the plain run, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sextant.evaluation.statistics import holm
from sextant.report.evaluation.axes import Axis, linear_axis
from sextant.report.evaluation.figures import count, interval, p_value, points, signed
from sextant.report.evaluation.lines import Json, ends, entries, real, section, whole
from sextant.report.evaluation.plots import (
    Spot,
    axis_strip,
    interval_track,
)
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el

MOST_ROWS = 200

TITLES: Mapping[str, str] = {
    "no_images": "without pictures",
    "grey": "grey pictures",
    "noise": "noise for pictures",
    "other_images": "another question's pictures",
    "shuffle": "options in another order",
    "paraphrase": "instructions reworded",
    "oracle_map": "scene given as text",
    "blind_prior": "question-only prior",
    "counter_heuristic": "counter-heuristic subset",
    "frames": "frames shown",
}


@dataclass(frozen=True, slots=True)
class Intervention:
    """One setting of a stress test beside the plain run on the same questions."""

    test: str
    setting: str
    items: int | None
    plain: float | None
    varied: float | None
    varied_ends: tuple[float | None, float | None]
    difference: float | None
    difference_ends: tuple[float | None, float | None]
    p: float | None

    @property
    def name(self) -> str:
        """Test and setting in words."""
        title = TITLES.get(self.test, self.test.replace("_", " "))
        plain = self.setting in ("", "all")
        return clean(title if plain else f"{title}: {self.setting}", 100)


def stress_results(run: Run) -> dict[str, Json]:
    """Return the results of a run's stress tests, by the test's name."""
    stored = run.shown.stress
    if isinstance(stored, list):
        return {e["stress"]: e for e in entries(stored, 100) if isinstance(e.get("stress"), str)}
    return {k: v for k, v in section(stored).items() if isinstance(v, dict)}


def interventions(run: Run) -> list[Intervention]:
    """Return every setting of every test that has a score beside the plain one."""
    found = []
    for test, result in stress_results(run).items():
        for row in entries(result.get("settings"), 100):
            step = section(row.get("difference"))
            found.append(
                Intervention(
                    test=test,
                    setting=str(row.get("setting", "")),
                    items=whole(row.get("items")),
                    plain=real(row.get("plain")),
                    varied=real(row.get("score")),
                    varied_ends=ends(row.get("interval")),
                    difference=real(step.get("value")),
                    difference_ends=ends(step.get("interval")),
                    p=real(step.get("p_value")),
                )
            )
    return found


def intervention_table(runs: Sequence[Run]) -> Markup | None:
    """List what every intervention changes, paired with the plain run; None without any."""
    by_run = [(run, interventions(run)) for run in runs]
    names = list(dict.fromkeys(i.name for _, found in by_run for i in found))[:MOST_ROWS]
    if not names:
        return None
    many = len(runs) > 1
    reach = [v for _, found in by_run for i in found for v in (i.difference, *i.difference_ends)
             if v is not None]  # fmt: skip
    axis = linear_axis([100 * v for v in [*reach, 0.0]], count=3)
    holms = {id(run): corrected(found) for run, found in by_run}
    body = []
    for name in names:
        there = [
            (run, entry, holms[id(run)][k])
            for run, found in by_run
            for k, entry in enumerate(found)
            if entry.name == name
        ]
        for k, (run, entry, p) in enumerate(there):
            first = el("th", name, scope="row") if k == 0 else el("td", "")
            cells = _cells(run, entry, p, axis, many)
            body.append(el("tr", first, *cells, class_="joined" if k < len(there) - 1 else None))
    heads = [el("th", "intervention", scope="col")]
    heads += [el("th", "run", scope="col")] if many else []
    titles = ("n", "plain", "changed", "difference")
    heads += [el("th", t, scope="col", class_="num") for t in titles]
    heads.append(el("th", axis_strip(axis), scope="col", class_="plot"))
    heads += [el("th", t, scope="col", class_="num") for t in ("p", "p, Holm")]
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    return el("div", table, class_="wide")


def skipped_notes(runs: Sequence[Run]) -> Markup | None:
    """Say which questions a test left out, and why; None where it left out none."""
    told = []
    for run in runs:
        for test, result in stress_results(run).items():
            for reason, many in list(section(result.get("skipped")).items())[:20]:
                who = f"{clean(run.label, 80)}: " if len(runs) > 1 else ""
                name = clean(TITLES.get(test, test.replace("_", " ")), 60)
                number = count(whole(many))
                told.append(el("li", f"{who}{name}: {number} left out, {clean(reason, 160)}"))
    if not told:
        return None
    summary = el("summary", f"Questions to which a test does not apply ({len(told)} reasons)")
    return el("details", summary, el("ul", *told[:100]))


def corrected(found: Sequence[Intervention]) -> list[float | None]:
    """Return the p-values of a run's interventions, corrected for their number by Holm."""
    known = [k for k, entry in enumerate(found) if entry.p is not None]
    done: list[float | None] = [None] * len(found)
    if known:
        adjusted = holm([found[k].p or 0.0 for k in known])
        for k, p in zip(known, adjusted, strict=True):
            done[k] = float(p)
    return done


def _cells(run: Run, entry: Intervention, p: float | None, axis: Axis, many: bool) -> list[Markup]:
    cells = [el("td", swatch(run), " ", clean(run.label, 80))] if many else []
    low, high = entry.difference_ends
    mark: Markup | str = ""
    if entry.difference is not None:
        title = f"{signed(entry.difference)} points {interval(low, high)}"
        scaled = [None if v is None else 100 * v for v in (low, high)]
        spot = Spot(100 * entry.difference, scaled[0], scaled[1], run.class_, title)
        mark = interval_track([spot], axis, 0.0)
    cells += [
        el("td", count(entry.items), class_="num"),
        el("td", points(entry.plain), class_="num"),
        el("td", points(entry.varied), el("span", interval(*entry.varied_ends), class_="ci"),
           class_="num"),
        el("td", signed(entry.difference), el("span", interval(low, high), class_="ci"),
           class_="num"),
        el("td", mark, class_="plot"),
        el("td", p_value(entry.p), class_="num"),
        el("td", p_value(p), class_="num"),
    ]  # fmt: skip
    return cells
