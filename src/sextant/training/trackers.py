"""Where the figures of a run go: a JSONL file always, and services that people watch runs in."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sextant.errors import CorruptInput, MissingDependency, RecipeError
from sextant.execution.atomic import make_folder, output_error, write_bytes

TRACKERS = ("wandb", "tensorboard", "trackio")


class Tracker(Protocol):
    """Takes the figures of a step."""

    def log(self, row: Mapping[str, Any]) -> None:
        """Take a row; it holds ``step``, and numbers, some of them in mappings."""
        ...

    def close(self) -> None:
        """Hand on what is still held."""
        ...


class JsonLines:
    """``metrics.jsonl``: one row a step, written as it comes.

    Args:
        path: The file; rows of steps after ``last_step`` are taken out, for they are run again.
        last_step: Of the checkpoint that the run goes on from; 0 for a new run.
    """

    def __init__(self, path: Path, last_step: int) -> None:
        make_folder(path.parent)
        self.path = path
        write_bytes(path, b"".join(_kept(path, last_step)))

    def log(self, row: Mapping[str, Any]) -> None:
        """Append a row."""
        line = json.dumps(row, allow_nan=False) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise output_error(self.path, error) from error

    def close(self) -> None:
        """Nothing is held back."""


def _kept(path: Path, last_step: int) -> list[bytes]:
    if not path.exists():
        return []
    kept = []
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        try:
            step = int(json.loads(line)["step"])
        except (ValueError, KeyError, TypeError):
            if not line.endswith(b"\n"):  # A process was killed while it wrote its last line.
                continue
            raise CorruptInput("no row of metrics", where=f"{path}: line {number}") from None
        if step <= last_step:
            kept.append(line)
    return kept


class TensorBoard:
    """Scalars as event files, by torch's own writer."""

    def __init__(self, folder: Path, last_step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise MissingDependency.extra("tensorboard", "track", "tracking") from None
        self._writer = SummaryWriter(str(folder), purge_step=last_step + 1 if last_step else None)

    def log(self, row: Mapping[str, Any]) -> None:
        """Write the row's numbers."""
        for name, value in flat(row).items():
            self._writer.add_scalar(name, value, row["step"])

    def close(self) -> None:
        """Write what is still held."""
        self._writer.close()


class Service:
    """wandb, or trackio with the same functions; a run goes on under the name it began with."""

    def __init__(self, package: str, run: Path, config: Mapping[str, Any]) -> None:
        try:
            self._api: Any = importlib.import_module(package)
        except ImportError:
            raise MissingDependency.extra(package, "track", "tracking") from None
        self._api.init(
            project=os.environ.get("SEXTANT_PROJECT", "sextant"),
            name=run.resolve().name,
            config=dict(config),
            resume="allow",
        )

    def log(self, row: Mapping[str, Any]) -> None:
        """Hand on the row's numbers."""
        self._api.log(flat(row), step=row["step"])

    def close(self) -> None:
        """End the run there."""
        self._api.finish()


def open_trackers(
    names: Sequence[str], run: Path, config: Mapping[str, Any], last_step: int
) -> list[Tracker]:
    """Return the JSONL file of a run, and the services named.

    Raises:
        RecipeError: For an unknown name.
        MissingDependency: If a service's package is not installed.
    """
    opened: list[Tracker] = []
    for name in names:
        if name not in TRACKERS:
            raise RecipeError(f"unknown tracker {name!r}", expected=", ".join(TRACKERS))
        if name == "tensorboard":
            opened.append(TensorBoard(run / "tensorboard", last_step))
        else:
            opened.append(Service(name, run, config))
    return [JsonLines(run / "metrics.jsonl", last_step), *opened]


def flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return the numbers of a row under names like ``capability/MM``."""
    found: dict[str, float] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found.update(flat(value, f"{prefix}{key}/"))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[f"{prefix}{key}"] = float(value)
    return found
