"""Training runs as their folders tell them; no value of a file makes a page fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sextant.errors import CorruptInput, MissingInput
from sextant.report.evaluation.lines import Json, real, section
from sextant.report.markup import clean

METRICS, RUN = "metrics.jsonl", "run.json"

Point = tuple[float, float]

MOST_POINTS = 200
"""Of a curve; more are averaged over stretches of steps, and the page says so."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run.

    Attributes:
        label: The folder's name.
        class_: Class of its drawings.
        rows: Of ``metrics.jsonl``, by step.
        note: Of ``run.json``.
    """

    label: str
    class_: str
    rows: tuple[Json, ...]
    note: Json

    def curve(self, value: Callable[[Json], float | None]) -> list[Point]:
        """Return (step, value) of the rows that have one; long runs are averaged."""
        found = [
            (step, got)
            for row in self.rows
            if (step := real(row.get("step"))) is not None and (got := value(row)) is not None
        ]
        if len(found) <= MOST_POINTS:
            return found
        parts = np.array_split(np.array(found), MOST_POINTS)
        return [(float(part[-1, 0]), float(part[:, 1].mean())) for part in parts]

    @property
    def last(self) -> Json:
        """The last row; empty where there is none."""
        return self.rows[-1] if self.rows else {}


def is_training_run(folder: Path) -> bool:
    """Return whether a folder is one that ``sextant train`` wrote."""
    return (folder / METRICS).is_file() and (folder / RUN).is_file()


def read_training_runs(folders: Sequence[Path]) -> list[TrainingRun]:
    """Read runs, in the order given.

    Raises:
        MissingInput: If a folder holds no run, or a run without a step.
        CorruptInput: If a file cannot be read.
    """
    return [_read(folder, place) for place, folder in enumerate(folders)]


def _read(folder: Path, place: int) -> TrainingRun:
    if not is_training_run(folder):
        raise MissingInput(
            "no training run here", where=folder, expected=f"{RUN} and {METRICS}",
            hint="sextant train writes them",
        )  # fmt: skip
    try:
        note = section(json.loads((folder / RUN).read_text(encoding="utf-8")))
        lines = (folder / METRICS).read_text(encoding="utf-8").splitlines()
        # The last line may be half written: the run may be going on.
        rows = [section(json.loads(line)) for line in lines[:-1]]
        rows += _whole(lines[-1:])
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptInput("a training run cannot be read", where=folder, got=error) from error
    if not rows:
        raise MissingInput("the run has not made a step", where=folder / METRICS)
    return TrainingRun(clean(folder.resolve().name, 60), f"run-{place % 8}", tuple(rows), note)


def _whole(lines: Sequence[str]) -> list[Json]:
    try:
        return [section(json.loads(line)) for line in lines]
    except ValueError:
        return []
