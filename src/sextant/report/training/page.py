"""One self-contained HTML page about one or several training runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.report.document import document, section
from sextant.report.evaluation.axes import share_axis
from sextant.report.evaluation.lines import Json, ends, real
from sextant.report.evaluation.lines import section as mapping
from sextant.report.evaluation.provenance import flatten
from sextant.report.markup import Markup, clean, el, join, number
from sextant.report.training.plots import answers, curves, parts, rates
from sextant.report.training.runs import TrainingRun, read_training_runs

MAX_RUNS = 8

Value = Callable[[Json], float | None]


def write_training_page(folders: Sequence[Path], out: Path) -> int:
    """Write the page; the same files give the same bytes.

    Args:
        folders: Folders that ``sextant train`` wrote, at most ``MAX_RUNS``; a run may be going on.
        out: The HTML file.

    Returns:
        The page's size in bytes.

    Raises:
        InputError: If a folder holds no readable run.
        OutputError: If the page cannot be written.
        RecipeError: If there are too many.
    """
    if not 1 <= len(folders) <= MAX_RUNS:
        raise RecipeError("a page shows runs", expected=f"1 to {MAX_RUNS}", got=len(folders))
    runs = read_training_runs(folders)
    made = {
        "learning": ("Learning", _all(_learning(runs)), _LEARNING),
        "parts": ("Loss by part", _all(_by_part(runs)), None),
        "speed": ("Speed", _all(_speed(runs)), _SPEED),
        "runs": ("How they were made", _settings(runs), None),
    }
    sections = [section(a, t, body, n) for a, (t, body, n) in made.items() if body is not None]
    names = [(a, t) for a, (t, body, _) in made.items() if body is not None]
    title = runs[0].label if len(runs) == 1 else f"{len(runs)} training runs"
    style = resources.files("sextant.report.evaluation").joinpath("evaluation.css")
    page = document(
        f"{title}: training", join([_masthead(title, runs, names), *sections]),
        more_style=style.read_text(encoding="utf-8"),
    )  # fmt: skip
    write_text(out, page)
    return len(page.encode())


_LEARNING = (
    "The loss is per supervised token, over the samples of each step; held-out samples are not "
    "learned from. Right answers are greedy ones of the model as it stood, scored by the strict "
    "rules, with 95 % intervals over scenes."
)
_SPEED = (
    "Padding is what processes wait for the longest row of a round; waiting is for data. Both cost "
    "time that the model does not use."
)


def _learning(runs: Sequence[TrainingRun]) -> list[Markup | None]:
    return [
        curves("Loss", "loss per supervised token", runs, _of("loss")),
        curves("Loss of held-out samples", "loss per supervised token", runs,
               _of("held_out", "loss"), dots=True),
        answers(runs),
        curves("Norm of the gradient, before clipping", "norm", runs, _of("gradient_norm"), rates),
        curves("Learning rate", "highest rate", runs, _of("lr")),
    ]  # fmt: skip


def _by_part(runs: Sequence[TrainingRun]) -> list[Markup | None]:
    found = []
    for run in runs:
        whose = f", {run.label}" if len(runs) > 1 else ""
        found += [
            parts(f"Loss by {field}{whose}", run, field) for field in ("capability", "source")
        ]
    return found


def _speed(runs: Sequence[TrainingRun]) -> list[Markup | None]:
    return [
        curves("Tokens", "tokens/s", runs, _of("tokens_per_s"), rates),
        curves("Samples", "samples/s", runs, _of("samples_per_s"), rates),
        curves("Utilisation (MFU)", "% of the peak", runs, _of("mfu"), share_axis),
        curves("Waiting for data", "% of the time", runs, _of("wait_share"), share_axis),
        curves("Padding", "% of the places", runs, _of("padding_share"), share_axis),
        curves("Peak of a GPU's memory", "GiB", runs, _of("peak_memory_gib")),
    ]


def _of(*path: str) -> Value:
    def value(row: Json) -> float | None:
        found: object = row
        for name in path:
            found = mapping(found).get(name)
        return real(found)

    return value


def _all(figures: Sequence[Markup | None]) -> Markup | None:
    there = [figure for figure in figures if figure is not None]
    return el("div", *there) if there else None


def _masthead(title: str, runs: Sequence[TrainingRun], names: Sequence[tuple[str, str]]) -> Markup:
    head = ("Run", "Steps", "Samples", "Loss", "Held-out", "Answers right", "Tokens/s", "MFU",
            "Broken samples")  # fmt: skip
    rows = []
    for run in runs:
        cells = [el("td", cell, class_="num") for cell in _cells(run)]
        rows.append(el("tr", el("th", run.label, scope="row"), *cells))
    table = el(
        "table",
        el("thead", el("tr", *(el("th", h, scope="col", class_="num" if h != "Run" else None)
                               for h in head))),
        el("tbody", *rows), class_="families",
    )  # fmt: skip
    links = [el("a", text, href=f"#{anchor}") for anchor, text in names]
    return el(
        "header", el("p", "Training", class_="eyebrow"), el("h1", title),
        el("nav", *links, aria_label="Sections"), el("div", table, class_="wide"),
    )  # fmt: skip


def _cells(run: TrainingRun) -> list[str]:
    planned = real(run.note.get("steps"))
    done = number(real(run.last.get("step")))
    right = next((a for row in reversed(run.rows) if (a := mapping(row.get("answers")))), {})
    score, (low, high) = real(right.get("score")), ends(right.get("interval"))
    told = "–" if score is None else f"{100 * score:.1f} %"
    if score is not None and low is not None and high is not None:
        told += f" ({100 * low:.1f} to {100 * high:.1f})"
    mfu = _typical(run, _of("mfu"))
    return [
        done if planned is None else f"{done} of {number(planned)}",
        number(real(run.last.get("samples_seen"))),
        _number(_ending(run, _of("loss"))),
        _number(_ending(run, _of("held_out", "loss"), 1)),
        told,
        number(_typical(run, _of("tokens_per_s")), 3),
        "–" if mfu is None else f"{100 * mfu:.0f} %",
        number(sum(real(row.get("broken")) or 0 for row in run.rows)),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _ending(run: TrainingRun, value: Value, last: int = 10) -> float | None:
    """Return the mean of the last values."""
    found = [v for row in run.rows if (v := value(row)) is not None][-last:]
    return statistics.fmean(found) if found else None


def _typical(run: TrainingRun, value: Value) -> float | None:
    found = [v for row in run.rows if (v := value(row)) is not None]
    return statistics.median(found) if found else None


def _settings(runs: Sequence[TrainingRun]) -> Markup:
    columns = [dict(flatten(run.note)) for run in runs]
    names = sorted({name for column in columns for name in column})
    body = []
    for name in names:
        values = [column.get(name, "–") for column in columns]
        differs = len(set(values)) > 1
        cells = [el("td", value) for value in values]
        row = el("th", clean(name, 100), scope="row")
        body.append(el("tr", row, *cells, class_="differs" if differs else None))
    heads = [el("th", "entry", scope="col"), *(el("th", r.label, scope="col") for r in runs)]
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="runs-table")
    return el("div", table, class_="wide tall")
