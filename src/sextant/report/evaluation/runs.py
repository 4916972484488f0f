"""Runs as the report sees them: labels, colours, and lines read from their summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sextant.report.evaluation.lines import Json, Line, section
from sextant.report.evaluation.run_files import RunFiles
from sextant.report.evaluation.summaries import Shown, read_summary
from sextant.report.markup import clean

COLOURS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run: a model asked all questions of a benchmark.

    Attributes:
        label: Short name, unique among the runs of its benchmark.
        colour: Which of the page's colours; the same for a model in all of its benchmarks.
        model, benchmark: Names.
        prompts, rules: Names of the profiles; "" where the manifest does not say.
        shown: What its summary says.
        manifest: What its manifest says.
        files: The folder; None for a summary without one.
    """

    label: str
    colour: int
    model: str
    benchmark: str
    prompts: str
    rules: str
    shown: Shown
    manifest: Json
    files: RunFiles | None = None

    @property
    def headline(self) -> Line | None:
        """The score of the benchmark; None if it is withheld."""
        return self.shown.headlines[0] if self.shown.headlines else None

    @property
    def class_(self) -> str:
        """Class that colours what is drawn of it."""
        return f"run-{self.colour}"


def read_runs(folders: Sequence[Path]) -> tuple[Run, ...]:
    """Read run folders, in the order given.

    Raises:
        InputError: If a folder holds no readable summary.
    """
    opened = [RunFiles.open(folder) for folder in folders]
    return label_runs([_run(files.summary, files.manifest, files) for files in opened])


def run_of(summary: Json, manifest: Json) -> Run:
    """Return a run from the JSON of its summary and its manifest, without a folder.

    Raises:
        CorruptInput: If the summary is none.
    """
    return label_runs([_run(summary, manifest, None)])[0]


def by_benchmark(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs of each benchmark, both in the order of first appearance."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.benchmark, []).append(run)
    return groups


def label_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Give runs of one benchmark labels that differ, and every label a colour."""
    told = [run.model for run in runs]
    details = (lambda r: f"prompts {r.prompts}", lambda r: f"rules {r.rules}", _folder)
    for detail in details:
        twice = Counter((run.benchmark, name) for run, name in zip(runs, told, strict=True))
        told = [
            f"{name} ({detail(run)})" if twice[run.benchmark, name] > 1 else name
            for run, name in zip(runs, told, strict=True)
        ]
        told = _without_common(runs, told, detail)
    counts: Counter[tuple[str, str]] = Counter()
    labels = []
    for run, name in zip(runs, told, strict=True):
        counts[run.benchmark, name] += 1
        k = counts[run.benchmark, name]
        labels.append(name if k == 1 else f"{name} ({k})")
    colours = {label: i % COLOURS for i, label in enumerate(dict.fromkeys(labels))}
    return tuple(
        replace(run, label=label, colour=colours[label])
        for run, label in zip(runs, labels, strict=True)
    )


def _without_common(runs: Sequence[Run], told: Sequence[str], detail: Any) -> list[str]:
    """Take a detail away again that tells nobody apart: the same for all runs of that name."""
    values: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        values.setdefault((run.benchmark, run.model), set()).add(detail(run))
    return [
        name.removesuffix(f" ({detail(run)})")
        if len(values[run.benchmark, run.model]) == 1
        else name
        for run, name in zip(runs, told, strict=True)
    ]


def _folder(run: Run) -> str:
    return "" if run.files is None else clean(run.files.root.resolve().name, 60)


def _run(summary: Json, manifest: Json, files: RunFiles | None) -> Run:
    def name(key: str, *other: str) -> str:
        for holder in (manifest, section(manifest.get("run")), summary):
            for k in (key, *other):
                value = holder.get(k)
                if isinstance(value, dict):
                    value = value.get("name")
                if isinstance(value, str) and value:
                    return clean(value, 120)
        return ""

    fallback = "" if files is None else clean(files.root.resolve().name, 120)
    return Run(
        label="",
        colour=0,
        model=name("model") or fallback or "unnamed model",
        benchmark=name("benchmark") or "unnamed benchmark",
        prompts=name("prompts", "prompt_profile", "prompt"),
        rules=name("rules", "rule_profile", "profile"),
        shown=read_summary(summary),
        manifest=manifest,
        files=files,
    )
