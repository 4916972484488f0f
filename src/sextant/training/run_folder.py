"""The folder of a run, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, OutputError, RecipeError
from sextant.execution.atomic import make_folder, write_text
from sextant.training.distributed import World
from sextant.training.identity import check_same_run, versions

RUN = "run.json"

CACHE = "cache"
"""Indices of data may be in the run's folder before it begins."""


def claim(out: Path, identity: dict[str, Any], world: World) -> None:
    """Begin the folder of a run, or see that it is this run's. All ranks call it together.

    Raises:
        RecipeError: If it is another run's.
        OutputError: If something else is in it, or it cannot be written.
        CorruptInput: If its note cannot be read.
    """
    problem: Exception | None = None
    if world.first:
        try:
            _claim_alone(out, identity)
        except (RecipeError, OutputError, CorruptInput) as error:
            problem = error
    others = world.agree(None if problem is None else str(problem))
    if problem is not None:
        raise problem
    if others is not None:
        raise RecipeError("the first rank cannot begin the run", got=others.splitlines()[0])


def _claim_alone(out: Path, identity: dict[str, Any]) -> None:
    path = out / RUN
    if path.is_file():
        try:
            noted = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(noted, dict):
                raise ValueError("no mapping")
        except (OSError, ValueError) as error:
            raise CorruptInput("a run's note cannot be read", where=path, got=error) from None
        check_same_run(noted, identity, path)
        return
    if out.exists() and (not out.is_dir() or any(p.name != CACHE for p in out.iterdir())):
        raise OutputError(
            "the output folder holds something else", where=out,
            expected="a new folder, or a run's", hint="choose another --out",
        )  # fmt: skip
    make_folder(out)
    note = {**identity, "versions": versions()}
    write_text(path, json.dumps(note, indent=1, sort_keys=True) + "\n")
