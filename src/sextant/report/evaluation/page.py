"""One self-contained HTML page about one or several runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.report.document import document, section
from sextant.report.evaluation.chosen import Shown, choose
from sextant.report.evaluation.comparison import comparison_section
from sextant.report.evaluation.divisions import group_sections, task_table
from sextant.report.evaluation.factors import factor_table
from sextant.report.evaluation.figures import count, interval, points
from sextant.report.evaluation.gallery import gallery_section
from sextant.report.evaluation.letters import letter_figures
from sextant.report.evaluation.numbers import number_figures
from sextant.report.evaluation.page_texts import TITLES
from sextant.report.evaluation.provenance import manifest_table
from sextant.report.evaluation.rules import rule_table
from sextant.report.evaluation.runs import Run, by_benchmark, read_runs
from sextant.report.evaluation.scores import score_section
from sextant.report.evaluation.stress_plots import stress_figures
from sextant.report.evaluation.tables import legend
from sextant.report.evaluation.verdict import verdict_tables
from sextant.report.markup import Markup, clean, el, join

MAX_RUNS = 64
MAX_CARDS = 150


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What a page shows.

    Attributes:
        out: The page.
        runs, benchmarks: How many.
        replies: Questions in the gallery.
        notes: What the page had to do without.
        size_bytes: Its size.
    """

    out: Path
    runs: int
    benchmarks: int
    replies: int
    notes: tuple[str, ...]
    size_bytes: int


def write_page(
    run_folders: Sequence[Path], out: Path, *, replies_per_task: int = 2, seed: int = 0
) -> PageSummary:
    """Write the page; the same runs and seed give the same bytes.

    Args:
        run_folders: Folders that `sextant evaluate` wrote. Runs of one benchmark are compared.
        out: The HTML file.
        replies_per_task: Questions shown per task and kind of mistake; 0 = no gallery.
        seed: Of the gallery's draw.

    Raises:
        InputError: If a folder holds no readable summary.
        OutputError: If the page cannot be written.
        RecipeError: If there is no run, or there are more than a page can hold.
    """
    if not 1 <= len(run_folders) <= MAX_RUNS:
        raise RecipeError(
            "a page needs runs", expected=f"1 to {MAX_RUNS} run folders", got=len(run_folders)
        )
    runs = read_runs(run_folders)
    groups = by_benchmark(runs)
    shown = _gallery(groups, replies_per_task, seed)
    parts = _sections(groups, runs, shown, seed)
    notes = _notes(runs)
    title = _title(runs, groups)
    body = join([_masthead(title, runs, groups, parts, notes), *parts.values()])
    folder = resources.files("sextant.report.evaluation")
    style = folder.joinpath("evaluation.css").read_text(encoding="utf-8")
    script = folder.joinpath("evaluation.js").read_text(encoding="utf-8")
    page = document(f"{title}: evaluation", body, more_style=style, script=script)
    write_text(out, page)
    return PageSummary(out, len(runs), len(groups), len(shown), notes, len(page.encode()))


def _gallery(groups: Mapping[str, Sequence[Run]], per_task: int, seed: int) -> list[Shown]:
    each = max(MAX_CARDS // max(len(groups), 1), 4)
    return [
        entry
        for benchmark, runs in groups.items()
        for entry in choose(benchmark, runs, per_task, each, seed)
    ]


def _sections(
    groups: Mapping[str, Sequence[Run]], runs: Sequence[Run], shown: Sequence[Shown], seed: int
) -> dict[str, Markup]:
    """Return the sections that have something to show, by their anchors."""

    contents: dict[str, Markup | None] = {
        "scores": score_section(groups),
        "rules": _each(groups, rule_table),
        "tasks": _each(groups, task_table),
        "groups": _each(groups, group_sections),
        "verdict": _each(groups, verdict_tables),
        "stress": _each(groups, stress_figures),
        "letters": _each(groups, letter_figures),
        "numbers": _each(groups, number_figures),
        "composition": _each(groups, factor_table),
        "comparison": _each(groups, comparison_section),
        "runs": manifest_table(runs),
    }
    made = {
        anchor: section(anchor, TITLES[anchor].full, content, TITLES[anchor].note)
        for anchor, content in contents.items()
        if content is not None
    }
    replies = gallery_section(shown, seed)
    if replies is None:
        return made
    last = made.pop("runs")
    return {**made, "replies": replies, "runs": last}


def _each(
    groups: Mapping[str, Sequence[Run]], make: Callable[[Sequence[Run]], Markup | None]
) -> Markup | None:
    """Make a part for every benchmark that has something to show, under its name."""
    there = [(name, part) for name, group in groups.items() if (part := make(group)) is not None]
    if not there:
        return None
    headed = len(groups) > 1
    return el(
        "div",
        *(
            el("div", el("h3", clean(name, 80)) if headed else None, part, class_="benchmark")
            for name, part in there
        ),
    )


def _title(runs: Sequence[Run], groups: Mapping[str, Sequence[Run]]) -> str:
    if len(runs) == 1:
        return clean(f"{runs[0].label} on {runs[0].benchmark}", 160)
    if len(groups) == 1:
        return clean(f"{len(runs)} runs on {next(iter(groups))}", 160)
    labels = {run.label for run in runs}
    if len(labels) == 1:
        return clean(f"{next(iter(labels))} on {len(groups)} benchmarks", 160)
    return f"{len(labels)} models on {len(groups)} benchmarks"


def _masthead(
    title: str,
    runs: Sequence[Run],
    groups: Mapping[str, Sequence[Run]],
    parts: Mapping[str, Markup],
    notes: Sequence[str],
) -> Markup:
    links = [el("a", TITLES[anchor].short, href=f"#{anchor}") for anchor in parts]
    findings = el("ul", *(el("li", note) for note in notes), class_="findings") if notes else None
    return el(
        "header",
        el("p", "Evaluation report", class_="kicker"),
        el("h1", title),
        el("p", _abstract(runs, groups), class_="abstract"),
        el("nav", *links, aria_label="Sections"),
        findings,
        legend(runs) if len(groups) == 1 and len(runs) > 1 else None,
        class_="masthead",
    )


def _abstract(runs: Sequence[Run], groups: Mapping[str, Sequence[Run]]) -> str:
    asked = sum(run.shown.rates.n or 0 for run in runs)
    if len(runs) == 1:
        run = runs[0]
        line = run.headline
        if line is None or line.score is None or run.shown.withheld is not None:
            return f"{count(asked)} questions were asked. There is no headline."
        bounds = interval(line.low, line.high)
        told = f" with a 95 % interval of {bounds}" if bounds else ""
        return f"{points(line.score)} % over {count(line.counted)} questions{told}."
    names = ", ".join(clean(name, 60) for name in list(groups)[:6])
    more = "" if len(groups) <= 6 else f" and {len(groups) - 6} more"
    return f"{count(asked)} answers of {len(runs)} runs on {names}{more}."


def _notes(runs: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    for run in runs:
        name = clean(f"{run.label}, {run.benchmark}", 160)
        if run.shown.withheld is not None:
            notes.append(f"{name}: no headline, since {run.shown.withheld}")
        if run.files is not None:
            notes += [f"{name}: {clean(note, 200)}" for note in run.files.notes]
    return tuple(notes)
