"""What a model learned from a corpus, as a section of its page: scores, difference, loss.

It shows the figures of ``learning.json`` as they are, whatever they say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput
from sextant.report.document import section
from sextant.report.evaluation.axes import Axis, linear_axis, share_axis
from sextant.report.evaluation.figures import interval, points
from sextant.report.evaluation.lines import real
from sextant.report.evaluation.lines import section as mapping
from sextant.report.evaluation.plots import (
    Spot,
    axis_strip,
    interval_track,
    panel,
    segments,
)
from sextant.report.markup import Markup, clean, el, number
from sextant.report.wording import CAPABILITY_NAMES

ANCHOR, TITLE = "learning", "What a tiny model learned"
MOST_MODELS = 8
ALL = "all"


def learning_section(path: Path) -> Markup:
    """Return the section for the figures of a file.

    Raises:
        CorruptInput: If the file cannot be read or does not hold such figures.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        models = list(found["models"])[:MOST_MODELS]
        names = list(dict.fromkeys(name for m in models for name in m["capabilities"]))
        parts = [
            _lead(found),
            _scores(models, names),
            _tracks(models, names),
            _title(found["trained"], found["blind"]),
            _differences(found["differences"], "Capability"),
            _differences([row for row in found["by_task"] if row["name"] != ALL], "Family"),
            *(
                (
                    _title(found["trained"], found["ablated"]),
                    _differences(found["without_pictures"], "Capability"),
                )
                if "ablated" in found
                else ()
            ),
            el("h3", "Loss while it practised"),
            _loss(found.get("loss") or ()),
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptInput("figures of learning cannot be read", where=path, got=error) from error
    return section(ANCHOR, TITLE, el("div", *parts), _NOTE)


_NOTE = (
    "A Qwen3-VL of under a million parameters, trained on a processor while the demo ran. It first "
    "learned to describe simulated rooms (that base comes with the package and knows no question), "
    "then to answer questions about practice rooms, with a number each. Numbers score by mean "
    "relative accuracy. All scores are of exam rooms that neither "
    "stage has seen; 95 % intervals are over rooms. The blind prior never sees a picture: it "
    "learns from four fifths of the exam's own answers what can be guessed in the last fifth. "
    "Recipe and base were chosen on exams of the rooms of seeds 9 and 42, and are flattered there."
)


def _title(one: object, other: object) -> Markup:
    return el("h3", f"{clean(one, 40)} minus {clean(other, 40)}, points")


def _lead(found: Mapping[str, Any]) -> Markup:
    """Say in a sentence what came out, and which rooms were whose."""
    ahead = [row["name"] for row in found["differences"] if row["name"] != ALL and _above(row)]
    others = [row["name"] for row in found["differences"] if row["name"] != ALL and not _above(row)]
    trained, blind = clean(found["trained"], 40), clean(found["blind"], 40)
    told = (
        f"In {clean(_joined(ahead), 60)} the {trained} model is ahead of the {blind} by more than "
        f"chance would explain (95 % interval of the difference above zero)"
        if ahead
        else f"In no capability is the {trained} model ahead of the {blind} by more than chance "
        "would explain"
    )
    if ahead and others:
        told += f"; in {clean(_joined(others), 60)} it is not"
    rooms = mapping(found.get("rooms"))
    seeds = [
        f"{number(real(part.get('rooms')))} {clean(name, 20)} rooms (seed "
        f"{clean(part.get('seed'), 20)})"
        for name, part in ((name, mapping(part)) for name, part in rooms.items())
    ]
    return el("div", el("p", f"{told}."), el("p", ", ".join(seeds), class_="note"))


def _above(row: Mapping[str, Any]) -> bool:
    low = real(row.get("low"))
    return low is not None and low > 0


def _joined(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _named(name: str) -> str:
    full = CAPABILITY_NAMES.get(name)
    return clean(name, 20) if full is None else f"{name} {full.lower()}"


def _scores(models: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    head = el(
        "tr", el("th", "Model", scope="col"),
        *(el("th", clean(name, 20), scope="col", class_="num") for name in names),
    )  # fmt: skip
    counts = el(
        "tr", el("th", "questions", scope="row"),
        *(el("td", number(real(models[0]["capabilities"][n]["n"])), class_="num") for n in names),
    )  # fmt: skip
    rows = [
        el(
            "tr", el("th", clean(model["label"], 60), scope="row"),
            *(el("td", _score(mapping(model["capabilities"].get(n))), class_="num") for n in names),
        )
        for model in models
    ]  # fmt: skip
    table = el("table", el("thead", head), el("tbody", counts, *rows), class_="families")
    return el("div", table, class_="wide")


def _score(line: Mapping[str, Any]) -> str:
    score = real(line.get("score"))
    if score is None:
        return "–"
    return f"{points(score)} {interval(real(line.get('low')), real(line.get('high')))}"


def _tracks(models: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    """Draw the same scores as dots with intervals, a strip for each capability."""
    axis = share_axis([1.0], "score, %")
    parts: list[Markup] = []
    for name in names:
        spots = []
        for place, model in enumerate(models):
            line = mapping(model["capabilities"].get(name))
            score = real(line.get("score"))
            if score is not None:
                title = f"{clean(model['label'], 60)}: {_score(line)}"
                spots.append(Spot(score, real(line.get("low")), real(line.get("high")),
                                  f"run-{place}", title))  # fmt: skip
        parts += [el("p", _named(name), class_="axis-title"), interval_track(spots, axis)]
    legend = el(
        "ul",
        *(
            el("li", el("span", class_=f"swatch run-{place}"), el("span", clean(m["label"], 60)))
            for place, m in enumerate(models)
        ),
        class_="legend",
    )
    return el("figure", *parts, axis_strip(axis), legend)


def _differences(rows: Sequence[Mapping[str, Any]], title: str) -> Markup:
    heads = (title, "Questions", "Rooms", "Difference", "95 %", "p")
    head = el(
        "tr", *(el("th", h, scope="col", class_="num" if h != title else None) for h in heads)
    )
    body = []
    for row in rows:
        p = real(row.get("p"))
        cells = (
            number(real(row.get("n"))), number(real(row.get("clusters"))),
            _signed(real(row.get("difference"))),
            f"{_signed(real(row.get('low')))} to {_signed(real(row.get('high')))}",
            "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
        )  # fmt: skip
        name = el("th", clean(row["name"], 60), scope="row")
        body.append(el("tr", name, *(el("td", cell, class_="num") for cell in cells)))
    table = el("table", el("thead", head), el("tbody", *body), class_="families")
    return el("div", table, class_="wide")


def _signed(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{100 * share:+.1f}"


def _loss(curve: Sequence[Sequence[float]]) -> Markup | None:
    spots = [(float(step), float(loss)) for step, loss in curve]
    if len(spots) < 2:
        return None
    x: Axis = linear_axis([0.0, *(step for step, _ in spots)], "step")
    y: Axis = linear_axis([0.0, *(loss for _, loss in spots)], "loss per supervised token")
    line = segments(x, y, spots, "run-3")
    told = f"loss from {spots[0][1]:.3g} to {spots[-1][1]:.3g} in {spots[-1][0]:.0f} steps"
    return panel([line], x, y, told, "low")
