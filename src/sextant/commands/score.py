"""``sextant score``: what an existing prediction file is worth, under one or all profiles."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console

from sextant._version import __version__
from sextant.commands import score_tables as show
from sextant.errors import RecipeError
from sextant.evaluation.benchmark import Benchmark
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.bootstrap import Resampler
from sextant.evaluation.failures import MAX_FAILED
from sextant.evaluation.hub import resolve_data
from sextant.evaluation.predictions import PredictionFile, open_predictions
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.rescore import Disagreement, Rescored, rescore
from sextant.evaluation.summary import Summary, summarise
from sextant.execution.atomic import atomic_path, write_text
from sextant.execution.progress import Progress

FORMAT = "sextant.score/1"

ALL = "all"

FILE_WIDTH = 150
"""Columns of what goes into a file or a pipe."""


@dataclass(frozen=True, slots=True)
class ScoreJob:
    """What ``sextant score`` shall do; see its ``--help``.

    Attributes:
        benchmark: Name.
        data: Folder or file, or ``hf://owner/name``.
        predictions: Files or folders.
        profile: Names of profiles, comma-separated, or ``all``.
        out: JSON file to write.
        disagreements: Rows to print on which profiles disagree.
        disagreements_out: JSON lines file for all of them.
        limit: Only so many questions, the first ones.
        seed: Of the bootstrap.
        max_failed: Share of failed or missing rows above which there is no headline.
    """

    benchmark: str
    data: str
    predictions: Sequence[Path]
    profile: str = "strict"
    out: Path | None = None
    disagreements: int = 10
    disagreements_out: Path | None = None
    limit: int | None = None
    seed: int = 0
    max_failed: float = MAX_FAILED


@dataclass(slots=True)
class _Picked:
    """Keeps some disagreements of every task.

    Those with the widest spread come first, then those that were read in the most ways; one reply
    is shown once.
    """

    count: int
    by_task: dict[str, list[Disagreement]] = field(default_factory=dict)

    def take(self, row: Disagreement) -> None:
        kept = self.by_task.setdefault(row.item.task, [])
        kept.append(row)
        if len(kept) > 2 * self.count:
            self._cut(kept)

    def _cut(self, kept: list[Disagreement]) -> None:
        kept.sort(key=lambda row: (-row.spread, -row.readings))  # stable: earlier rows first
        del kept[self.count :]

    def best(self) -> list[Disagreement]:
        """Return rows of all tasks in turn."""
        found: list[Disagreement] = []
        for kept in self.by_task.values():
            self._cut(kept)
        for turn in range(self.count):
            for task in sorted(self.by_task):
                if turn < len(self.by_task[task]):
                    found.append(self.by_task[task][turn])
        once: dict[str, Disagreement] = {}
        for row in found:
            once.setdefault(row.reply[:1000], row)
        return list(once.values())[: self.count]


def run(job: ScoreJob, *, dry_run: bool = False, quiet: bool = False) -> bool:
    """Carry out ``sextant score``.

    Returns:
        False if a headline is withheld.
    """
    return score(open_benchmark(job.benchmark), job, dry_run=dry_run, quiet=quiet)


def score(
    benchmark: Benchmark, job: ScoreJob, *, dry_run: bool = False, quiet: bool = False
) -> bool:
    """Score predictions of a benchmark, print what they are worth, and write it.

    Returns:
        False if a headline is withheld.
    """
    profiles = profiles_of(benchmark, job.profile)
    if not 0.0 <= job.max_failed <= 1.0:
        raise RecipeError("a share out of range", expected="0..1", got=job.max_failed,
                          where="--max-failed")  # fmt: skip
    files = open_predictions(job.predictions)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_WIDTH)
    if dry_run:
        for file in files:
            console.print(f"would read {file.path} ({file.written_by}, {file.format})",
                          markup=False)  # fmt: skip
        console.print(f"would score it as {benchmark.name} under {', '.join(profiles)}")
        return True
    root = resolve_data(benchmark.name, job.data)
    notes, picked = Notes(), _Picked(job.disagreements)
    with ExitStack() as stack:
        sink = _sink(job, stack)

        def on_disagreement(row: Disagreement) -> None:
            picked.take(row)
            if sink is not None:
                sink.write(json.dumps(disagreement_json(row), allow_nan=False) + "\n")

        progress = stack.enter_context(Progress("score", job.limit, unit="questions", quiet=quiet))
        found = rescore(
            benchmark, root, [file.read(notes) for file in files], profiles, notes, limit=job.limit,
            on_disagreement=on_disagreement, on_items=progress.advance,
        )  # fmt: skip
    resampler = Resampler(found.tables[profiles[0]].clusters, job.seed)  # the same rows in all
    summaries = {
        profile: summarise(
            found.tables[profile], benchmark.headlines(profile), job.seed,
            max_failed=job.max_failed, resampler=resampler,
        )
        for profile in profiles
    }  # fmt: skip
    _print(console, benchmark, job, found, summaries, notes, picked)
    if job.out is not None:
        made = as_json(benchmark, job, files, found, summaries, notes)
        write_text(job.out, json.dumps(made, indent=1, allow_nan=False) + "\n")
    return all(summary.headline is not None for summary in summaries.values())


def profiles_of(benchmark: Benchmark, profile: str) -> tuple[str, ...]:
    """Return the profiles that are meant.

    Raises:
        RecipeError: If the benchmark has no such profile.
    """
    if profile == ALL:
        return benchmark.rules
    named = dict.fromkeys(name.strip() for name in profile.split(","))
    if not set(named) <= set(benchmark.rules):
        raise RecipeError(
            f"{benchmark.name} has no such profile", got=profile,
            expected=", ".join((*benchmark.rules, ALL)), where="--profile",
        )  # fmt: skip
    return tuple(named)


def _sink(job: ScoreJob, stack: ExitStack) -> TextIO | None:
    if job.disagreements_out is None:
        return None
    path = stack.enter_context(atomic_path(job.disagreements_out))
    return stack.enter_context(open(path, "w", encoding="utf-8"))


def _print(
    console: Console, benchmark: Benchmark, job: ScoreJob, found: Rescored,
    summaries: Mapping[str, Summary], notes: Notes, picked: _Picked,
) -> None:  # fmt: skip
    scenes = max(summary.clusters for summary in summaries.values())
    console.print(
        show.overview(summaries, f"{benchmark.title}: {found.items:,} questions, {scenes:,} scenes")
    )
    headlines = show.headline_names(summaries)
    if headlines:
        console.print(headlines, markup=False)
    for summary in {s.headline_withheld: s for s in summaries.values()}.values():
        if summary.headline_withheld:
            console.print(f"no headline: {summary.headline_withheld}", markup=False)
    if len(summaries) > 1:
        for name, said in (("headline", "the profiles' own scores"), ("micro", "micro")):
            if apart := show.spread(summaries, name):
                console.print(
                    f"spread of {said}: {apart['spread'] * 100:.1f} points "
                    f"({apart['lowest']} {show.percent(apart['scores'][apart['lowest']])}, "
                    f"{apart['highest']} {show.percent(apart['scores'][apart['highest']])})",
                    markup=False,
                )
        console.print()
        console.print(show.tasks_by_profile(summaries))
        if found.disagreements and job.disagreements:
            console.print()
            console.print(show.disagreements(picked.best(), found.disagreements, found.items))
    else:
        console.print()
        console.print(show.tasks(next(iter(summaries.values()))))
    for line in notes.lines():
        console.print("note: " + show.one_line(line, 400), markup=False)


def disagreement_json(row: Disagreement) -> dict[str, object]:
    """Return a row on which profiles disagree, for a file."""
    return {
        "id": row.item.id,
        "task": row.item.task,
        "question": row.item.question,
        "options": row.item.options,
        "answer": row.item.answer,
        "reply": row.reply,
        "profiles": {
            profile: {"points": s.points, "weight": s.weight, "status": s.status,
                      "value": _finite(s.value), "span": s.span}
            for profile, s in row.scored.items()
        },
    }  # fmt: skip


def _finite(value: str | float | None) -> str | float | None:
    """Return a value that JSON can hold: some harnesses read 1e999 as infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def as_json(
    benchmark: Benchmark, job: ScoreJob, files: Sequence[PredictionFile], found: Rescored,
    summaries: Mapping[str, Summary], notes: Notes,
) -> dict[str, object]:  # fmt: skip
    """Return the content of ``--json``; its schema is in docs/score.md."""
    return {
        "format": FORMAT,
        "sextant": __version__,
        "benchmark": benchmark.name,
        "data": {
            "path": job.data,
            "items": found.items,
            "items_sha256": found.items_sha256,
            "limit": job.limit,
        },
        "predictions": [
            {"path": str(file.path), "format": file.format, "written_by": file.written_by,
             "sha256": file.sha256()}
            for file in files
        ],
        "matched": found.matched,
        "matched_by": "position" if found.by_position else "id",
        "notes": notes.as_json(),
        "profiles": {profile: asdict(summary) for profile, summary in summaries.items()},
        "spread": {name: show.spread(summaries, name) for name in ("headline", "micro", "macro")},
        "disagreements": {
            "rows": found.disagreements,
            "share": found.disagreements / found.items,
        },
    }  # fmt: skip
