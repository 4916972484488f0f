"""Where simple heuristics of the picture help and where they mislead (Sextant corpora)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.figures import count, interval, p_value, points, signed
from sextant.report.evaluation.lines import Json, ends, real, section, whole
from sextant.report.evaluation.plots import Spot, axis_strip, interval_track
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.stress import stress_results
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el

SUBSETS: Mapping[str, str] = {
    "pro": "heuristics are right",
    "mixed": "some are right",
    "counter": "all are wrong",
    "defined": "the question asks for one",
}


def heuristic_tables(runs: Sequence[Run]) -> Markup | None:
    """List the scores of the subsets and the gap between them; None where none was made."""
    found = [
        (run, result) for run in runs if (result := stress_results(run).get("counter_heuristic"))
    ]
    rows = [
        (run, name, section(section(result.get("subsets")).get(name)))
        for name in SUBSETS
        for run, result in found
    ]
    rows = [
        (run, name, stored) for run, name, stored in rows if real(stored.get("score")) is not None
    ]
    if not rows:
        return None
    many = len(runs) > 1
    values = [v for *_, s in rows for v in (real(s.get("score")), *ends(s.get("interval")))
              if v is not None]  # fmt: skip
    axis = share_axis(values)
    heads = [el("th", "picture heuristics", scope="col")]
    heads += [el("th", "run", scope="col")] if many else []
    heads += [el("th", t, scope="col", class_="num") for t in ("n", "score, 95 % interval")]
    heads += [el("th", axis_strip(axis), scope="col", class_="plot")]
    heads += [el("th", "chance", scope="col", class_="num")]
    body, last = [], ""
    for run, name, stored in rows:
        first = el("th", SUBSETS[name], scope="row") if name != last else el("td", "")
        last = name
        score, (low, high) = real(stored.get("score")), ends(stored.get("interval"))
        chance = real(stored.get("chance"))
        title = f"{clean(run.label, 80)}, {SUBSETS[name]}: {points(score)} % {interval(low, high)}"
        spot = Spot(score or 0.0, low, high, run.class_, title)
        body.append(
            el(
                "tr",
                first,
                el("td", swatch(run), clean(run.label, 80)) if many else None,
                el("td", count(whole(stored.get("n"))), class_="num"),
                el("td", points(score), el("span", interval(low, high), class_="ci"), class_="num"),
                el("td", interval_track([spot], axis, chance), class_="plot"),
                el("td", points(chance), class_="num"),
            )
        )
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="results")
    gaps = " ".join(_gap(run, section(result.get("gap")), many) for run, result in found)
    return el("div", el("h4", "Heuristics"), el("div", table, class_="wide"),
              el("p", gaps, class_="note"))  # fmt: skip


def _gap(run: Run, gap: Json, many: bool) -> str:
    value = real(gap.get("value"))
    if value is None:
        return ""
    who = f"{clean(run.label, 80)}: within" if many else "Within"
    bounds = interval(*ends(gap.get("interval")))
    p = p_value(real(gap.get("p_value")))
    p = p if p.startswith("<") else f"= {p}"
    return (
        f"{who} families, questions on which heuristics are right score {signed(value)} points "
        f"{bounds} beside those on which they are wrong (p {p}, n = {count(whole(gap.get('n')))})."
    )
