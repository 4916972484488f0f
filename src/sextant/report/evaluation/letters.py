"""Which letters are chosen, over all rotations or as the questions are stored."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.errors import InputError
from sextant.evaluation.position_bias import PositionBias, position_bias
from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.figures import count, p_value, points
from sextant.report.evaluation.lines import Json, entries, real, reals, section, texts
from sextant.report.evaluation.plots import bars, panel, segments, slots
from sextant.report.evaluation.rows import plain_rows
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.stress import stress_results
from sextant.report.evaluation.tables import legend
from sextant.report.markup import Markup, clean, el, number
from sextant.samples.sample import LETTERS

ROTATED = (
    "Over all rotations every option stands once in every place, so a model that reads them takes "
    "every letter equally often (dashed line); the test takes a question's rotations together."
)
STORED = (
    "As the questions are stored: dashed is what a model of the same skill that likes no letter "
    "would choose, and the test compares with that. Rotations (the test circular) tell more."
)


def letter_figures(runs: Sequence[Run]) -> Markup | None:
    """Draw the letters that are chosen; None where there are no choices."""
    rotated = position_figures(runs)
    if rotated:
        figures, note = rotated, ROTATED
    else:
        figures, note = stored_figures(runs), STORED
    if not figures:
        return None
    return el(
        "div",
        legend(runs) if rotated and len(runs) > 1 else None,
        el("div", *figures, class_="plots small"),
        el("p", note, class_="note"),
    )


def position_figures(runs: Sequence[Run]) -> list[Markup]:
    """Draw which letters are chosen over all rotations, per number of options."""
    found: dict[int, list[tuple[Run, Json]]] = {}
    for run in runs:
        bias = section(section(stress_results(run).get("circular")).get("position_bias"))
        for table in entries(bias.get("by_options"), 8):
            letters = texts(table.get("letters"))
            if letters and len(letters) == len(reals(table.get("share"))):
                found.setdefault(len(letters), []).append((run, table))
    return [_position(options, there) for options, there in sorted(found.items())]


def _position(options: int, there: Sequence[tuple[Run, Json]]) -> Markup:
    letters, even = texts(there[0][1].get("letters")), 1 / options
    shares = [reals(table.get("share")) for _, table in there]
    heights = [
        [
            (share[k], run.class_, f"{clean(run.label, 60)}, {letter}: {points(share[k])} %")
            for (run, _), share in zip(there, shares, strict=True)
        ]
        for k, letter in enumerate(letters)
    ]
    x = slots(letters)
    y = share_axis([even, *(v for share in shares for v in share)], "share of replies, %")
    line = segments(x, y, [(0.0, even), (float(options), even)], "ideal")
    told = []
    for run, table in there:
        who = f"{clean(run.label, 60)}: " if len(there) > 1 else ""
        p = _told(real(table.get("p_value")))
        questions = count(real(table.get("items")))
        told.append(f"{who}χ² = {number(real(table.get('statistic')), 3)}, p {p}, n = {questions}")
    return el(
        "figure",
        el("h4", f"Letters chosen, {options} options"),
        panel([*bars(heights, y), line], x, y, f"Letters chosen among {options} options", "low"),
        el("figcaption", "; ".join(told) + ".", class_="note"),
    )


def stored_figures(runs: Sequence[Run]) -> list[Markup]:
    """Draw which letters are chosen on the plain rows, a figure per run."""
    found = [(run, bias) for run in runs if (bias := _bias(run)) is not None]
    return [_stored(run, bias, len(runs) > 1) for run, bias in found]


def _bias(run: Run) -> PositionBias | None:
    table = None if run.files is None else run.files.table()
    if table is None:
        return None
    rows = plain_rows(table) & (table.options >= 2) & (table.correct >= 0)
    try:
        found = position_bias(table.chosen[rows], table.correct[rows], table.options[rows])
    except InputError:  # A damaged table: its own reader has not noticed, yet no letter is to show.
        return None
    return found if found.n else None


def _stored(run: Run, bias: PositionBias, many: bool) -> Markup:
    letters = LETTERS[: len(bias.chosen)]
    shares = [chosen / bias.n for chosen in bias.chosen]
    wanted = [expected / bias.n for expected in bias.expected]
    x, y = slots(letters), share_axis([*shares, *wanted], "share of replies, %")
    heights = [
        [(share, run.class_, f"{letter}: {points(share)} %, expected {points(fair)} %")]
        for letter, share, fair in zip(letters, shares, wanted, strict=True)
    ]
    lines = [segments(x, y, [(k + 0.05, v), (k + 0.95, v)], "ideal") for k, v in enumerate(wanted)]
    who = f"{clean(run.label, 60)}: " if many else ""
    chi = number(bias.statistic, 3)
    text = f"{who}χ² = {chi}, p {_told(bias.p_value)}, n = {count(bias.n)}."
    return el(
        "figure",
        el("h4", "Letters chosen"),
        panel([*bars(heights, y), *lines], x, y, "Letters chosen and letters expected", "low"),
        el("figcaption", text, class_="note"),
    )


def _told(p: float | None) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
