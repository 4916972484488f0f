"""What ``sextant audit`` shall do, and what it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sextant.commands import audit_against
from sextant.corpus.debias import LEVEL_MAX
from sextant.corpus.leaks import DROPPED, HOWS, RADIUS
from sextant.errors import RecipeError
from sextant.execution.engines import Workers


@dataclass(frozen=True, slots=True)
class AuditJob:
    """What ``sextant audit`` shall do; see its ``--help``.

    Attributes:
        corpus: Folder.
        blind: The quick predictors and the 2D heuristics.
        prior: The linear text-only predictor.
        prune_to: Points above chance that the prior is brought to; None = it is measured only.
        weights: Give rows weights instead of leaving them out.
        duplicates: Questions that are asked twice.
        copies: Pictures that are there twice.
        against: Benchmarks, ``NAME=PATH``.
        names_only: Compare names and texts, read no picture.
        frames: Frames of each benchmark video that are compared as pictures.
        radius: Differing bits of 256 up to which pictures look the same.
        compare: Another corpus.
        drop: List of ids (``.txt``, ``.parquet``) or folder of a new corpus.
        drop_by: Kinds of hits that are left out.
        rows: Folder for the tables of rows.
        out: JSON file for the figures.
        limit, seed, workers: Of rows for the predictors; of everything random; processes, or
            workers of Ray.
        strict: Whether findings make the command fail.
        dry_run, quiet: As everywhere.
    """

    corpus: Path
    blind: bool = False
    prior: bool = False
    prune_to: float | None = None
    weights: bool = False
    duplicates: bool = False
    copies: bool = False
    against: tuple[str, ...] = ()
    names_only: bool = False
    frames: int = 0
    radius: int = RADIUS
    compare: Path | None = None
    drop: Path | None = None
    drop_by: tuple[str, ...] = DROPPED
    rows: Path | None = None
    out: Path | None = None
    limit: int | None = None
    seed: int = 0
    workers: Workers = 1
    strict: bool = False
    dry_run: bool = False
    quiet: bool = True


def check(job: AuditJob) -> None:
    """Refuse a job that looks for nothing or contradicts itself.

    Raises:
        RecipeError: Saying which option to change.
    """
    prior = job.prior or job.prune_to is not None
    asked = (job.blind, prior, job.duplicates, job.copies, job.against, job.compare)
    if not any(asked):
        raise RecipeError(
            "audit needs to know what to look for",
            hint="add --blind, --prior, --duplicates, --copies, --against NAME=PATH or "
            "--compare CORPUS",
        )
    wrong = [how for how in job.drop_by if how not in HOWS]
    if wrong:
        raise RecipeError("no such kind of hit", expected=", ".join(HOWS), got=", ".join(wrong))
    if job.prune_to is not None and not 0 <= job.prune_to <= LEVEL_MAX:
        raise RecipeError(
            "not a level", expected=f"0..{LEVEL_MAX} points above chance", got=job.prune_to
        )
    if job.prune_to is not None and job.limit is not None:
        raise RecipeError("all rows are needed to prune", hint="leave --limit out")
    if job.weights and job.rows is None:
        raise RecipeError("weights go into a table", hint="add --rows FOLDER")
    for text in job.against:
        audit_against.parse_against(text)
