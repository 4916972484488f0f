"""``sextant evaluate``: ask a model a benchmark's questions, and say what the replies are worth."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from sextant.commands import score_tables as show
from sextant.commands import stress_tables
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.hub import resolve_data
from sextant.evaluation.manifest import cost, manifest_of
from sextant.evaluation.plan import RunPlan
from sextant.evaluation.questions import read_questions
from sextant.evaluation.results import Results, results_of, write_results
from sextant.evaluation.run import Run
from sextant.evaluation.run_folder import MANIFEST, REPLIES, begin, write_json
from sextant.execution.atomic import write_text
from sextant.execution.progress import Progress
from sextant.models.cache import ReplyCache
from sextant.models.messages import Model, ModelOptions
from sextant.models.registry import open_model
from sextant.report.evaluation import to_latex, to_markdown, write_page
from sextant.report.evaluation.runs import read_runs

FILE_WIDTH = 150
"""Columns of what goes into a file or a pipe."""

PAGE, MARKDOWN, LATEX = "report.html", "tables.md", "tables.tex"


@dataclass(frozen=True, slots=True)
class EvaluateJob:
    """What ``sextant evaluate`` shall do; see its ``--help``.

    Attributes:
        plan: What is asked, and how it is scored.
        data: Folder or file, or ``hf://owner/name``.
        model: ``backend:name``.
        out: Folder of the run.
        options: For the model.
        cache: File of replies shared between runs; None = one in the run's folder.
        frame_cache: Folder of decoded frames; None = one in the run's folder.
        page: Whether to write the HTML page.
    """

    plan: RunPlan
    data: str
    model: str
    out: Path
    options: ModelOptions = field(default_factory=ModelOptions)
    cache: Path | None = None
    frame_cache: Path | None = None
    page: bool = True


def run(job: EvaluateJob, *, dry_run: bool = False, quiet: bool = False) -> bool:
    """Carry out ``sextant evaluate``.

    Returns:
        False if the headline is withheld.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_WIDTH)
    made = _prepare(job)
    if dry_run:
        console.print(f"would ask {job.model} {_told(made)}; the first prompt:", markup=False)
        first = next(iter(made.questions.items.values()))
        console.print(made.asking.render(first).text, markup=False)
        return True
    results, manifest = _ask(job, made, None if quiet else console)
    _print(console, results, manifest, job)
    return results.summary.headline is not None


def ask(job: EvaluateJob, *, quiet: bool = False) -> tuple[Results, Mapping[str, Any]]:
    """Carry out a run without telling its tables; return its results and its manifest."""
    return _ask(job, _prepare(job), None if quiet else Console(highlight=False))


def _prepare(job: EvaluateJob) -> Run:
    benchmark = open_benchmark(job.plan.benchmark)
    job.plan.check(benchmark)
    questions = read_questions(benchmark, resolve_data(benchmark.name, job.data), job.plan)
    return Run(job.plan, benchmark, questions, job.frame_cache or job.out / "frames")


def _told(made: Run) -> str:
    requests = sum(1 for _ in made.variants())
    items = len(made.questions.items)
    return f"{items:,} questions of {made.benchmark.title}, {requests:,} requests"


def _ask(job: EvaluateJob, made: Run, console: Console | None) -> tuple[Results, Mapping[str, Any]]:
    """Ask, score, and write all files; progress goes to the console, if there is one."""
    started, begun = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    models = _open_models(made, job)
    try:
        model = models[None]
        begin(
            job.out,
            {
                "plan": asdict(job.plan),
                "model": dict(model.identity()),
                "items_sha256": made.questions.sha256,
            },
        )
        if console is not None:
            console.print(f"{model.name}: {_told(made)}", markup=False)
        cache = ReplyCache(job.cache or job.out / REPLIES)
        try:
            requests = sum(1 for _ in made.variants())
            with Progress("ask", requests, unit="requests", quiet=console is None) as progress:
                asked = made.ask(models, cache, progress)
        finally:
            cache.close()
        scores = made.score(asked)
        results = results_of(made, asked, scores)
        write_results(job.out, made, asked, scores, results)
        manifest = manifest_of(
            made, model, asked, data=job.data, started=started, seconds=time.monotonic() - begun
        )
        if job.options.price_per_million is not None:
            manifest["cost"] = cost(manifest["replies"], job.options.price_per_million)
        write_json(job.out / MANIFEST, manifest)
    finally:
        for opened in models.values():
            opened.close()
    _write_tables(job)
    return results, manifest


def _open_models(made: Run, job: EvaluateJob) -> dict[str | None, Model]:
    """Open the model under test, and those that answer single stress tests."""
    models: dict[str | None, Model] = {None: open_model(job.model, job.options)}
    for test in made.tests:
        if test.answered_by is not None and test.answered_by not in models:
            models[test.answered_by] = open_model(test.answered_by, ModelOptions())
    return models


def _write_tables(job: EvaluateJob) -> None:
    runs = read_runs([job.out])
    write_text(job.out / MARKDOWN, to_markdown(runs))
    write_text(job.out / LATEX, to_latex(runs))
    if job.page:
        write_page([job.out], job.out / PAGE, seed=job.plan.seed)


def _print(
    console: Console, results: Results, manifest: Mapping[str, Any], job: EvaluateJob
) -> None:
    mine = results.profile
    ordered = {mine: results.profiles[mine], **results.profiles}
    console.print(show.overview(ordered, f"{manifest['model']} on {results.benchmark}"))
    if results.summary.headline_withheld:
        console.print(f"no headline: {results.summary.headline_withheld}", markup=False)
    console.print(show.tasks(results.summary))
    for table in stress_tables.tables(results.stress, results.verdict):
        console.print(table)
    replies = manifest["replies"]
    console.print(
        f"{replies['requests']:,} requests, {replies['from_cache']:,} known before, "
        f"{replies['failed']:,} failed, {replies['cut_off']:,} cut off at the token limit, "
        f"{replies['prompt_tokens']:,} + {replies['completion_tokens']:,} tokens"
        + (f", cost {manifest['cost']:.2f}" if "cost" in manifest else ""),
        markup=False,
    )
    for error, count in replies["errors"].items():
        console.print(f"failed {count:,} times: {show.one_line(error, 200)}", markup=False)
    broken = manifest["data"]["broken"]
    if broken:
        console.print(f"{broken:,} records of the data are broken and were left out", markup=False)
    console.print(f"wrote {job.out}" + (f", {job.out / PAGE}" if job.page else ""), markup=False)
