"""How the scores of tasks become one number.

Micro counts rows, macro counts tasks, and nested counts groups of tasks; which of them a benchmark
means is part of its rules, and one and the same table of scores reads differently under each.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation.benchmark import Combine

OVERALL = "overall"

VSI_DIRECTION = "object_rel_direction"
VSI_DIRECTIONS = tuple(f"{VSI_DIRECTION}_{level}" for level in ("easy", "medium", "hard"))

VSI_TASKS = (
    "object_counting",
    "object_abs_distance",
    "object_size_estimation",
    "room_size_estimation",
    "object_rel_distance",
    VSI_DIRECTION,
    "route_planning",
    "obj_appearance_order",
)
"""The eight tasks of VSI-Bench, in the order of its published tables."""


def macro(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the plain mean over tasks; a task that is NaN in a draw is left out of that draw.

    Args:
        scores: Task -> (draws,) its score.

    Returns:
        (draws,); NaN where no task has a score.
    """
    return mean_of_present(list(scores.values()))


def over(tasks: Sequence[str]) -> Combine:
    """Return the macro rule over some tasks only, e.g. those of SPAR-Bench's level ``Low``."""
    wanted = frozenset(tasks)

    def combine(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        present = [array for task, array in scores.items() if task in wanted]
        if present:
            return mean_of_present(present)
        return np.full(_draws(scores), np.nan)

    return combine


def nested(groups: Mapping[str, Sequence[str]]) -> Combine:
    """Return the rule: mean within each group of tasks, then mean over groups.

    Args:
        groups: Group -> its tasks. A task that no group names stands for itself. A group is the
            mean of those of its tasks that are there; one without any is left out.

    Raises:
        InputError: If two groups name the same task.
    """
    group_of: dict[str, str] = {}
    for group, tasks in groups.items():
        for task in tasks:
            if group_of.setdefault(task, group) != group:
                raise InputError("a task is in two groups", where=task, got=(group_of[task], group))

    def combine(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        # Tuples, since a task that stands for itself may have the name of a group.
        members: dict[tuple[bool, str], list[NDArray[np.float64]]] = {}
        for task, array in scores.items():
            group = group_of.get(task)
            members.setdefault((group is None, task if group is None else group), []).append(array)
        return mean_of_present([mean_of_present(arrays) for arrays in members.values()])

    return combine


vsi_combine: Combine = nested({VSI_DIRECTION: (VSI_DIRECTION, *VSI_DIRECTIONS)})
"""The official rule of VSI-Bench: relative direction is the mean of easy, medium and hard, and the
score is the mean over the then eight tasks (``vsibench_aggregate_results`` in
``lmms_eval/tasks/vsibench/utils.py`` of thinking-in-space). Where some are missing, as in a subset,
it is the mean of those that are there. The official code raises where easy is there without the
others, and takes medium and hard for tasks of their own where easy is not there; VLMEvalKit keeps
the three apart unless all of them are there."""


def vsi_bench(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the tasks' means of VSI-Bench and their ``overall``, by the official macro rule.

    Args:
        rows: Each with ``question_type`` (one of the ten, or the plain ``object_rel_direction``)
            and ``score``, a fraction: accuracy or mean relative accuracy. A score of None or NaN is
            that of a failed request and does not count.

    Returns:
        The tasks that have a score, in the order of ``VSI_TASKS``, then ``overall`` (NaN if there
        is none at all). A warning names the tasks and directions that ``overall`` does without.

    Raises:
        InputError: For a row without these fields or of an unknown type.
    """
    sums: dict[str, list[float]] = {}
    for k, row in enumerate(rows):
        try:
            kind, score = row["question_type"], row["score"]
        except KeyError as error:
            raise InputError(
                "a row lacks a field", where=f"row {k}", expected="question_type and score",
                got=sorted(map(str, row)),
            ) from error  # fmt: skip
        if kind not in VSI_TASKS and kind not in VSI_DIRECTIONS:
            raise InputError(
                "unknown question type of VSI-Bench", where=f"row {k}", got=kind,
                expected=", ".join((*VSI_TASKS, *VSI_DIRECTIONS)),
            )  # fmt: skip
        if score is not None and not math.isnan(score):
            sums.setdefault(kind, []).append(float(score))
    means = {kind: np.array([math.fsum(scores) / len(scores)]) for kind, scores in sums.items()}
    directions = [means[kind] for kind in (VSI_DIRECTION, *VSI_DIRECTIONS) if kind in means]
    tasks = {task: float(means[task][0]) for task in VSI_TASKS if task in means}
    if directions:
        tasks[VSI_DIRECTION] = float(mean_of_present(directions)[0])
    ordered = {task: tasks[task] for task in VSI_TASKS if task in tasks}
    missing = vsi_missing(means)
    if missing:
        warnings.warn(
            f"VSI-Bench: overall is the mean over {len(ordered)} of {len(VSI_TASKS)} tasks, "
            f"without a row are {', '.join(missing)}",
            stacklevel=2,
        )
    overall = math.fsum(ordered.values()) / len(ordered) if ordered else math.nan
    return {**ordered, OVERALL: overall}


def vsi_missing(present: Iterable[str]) -> tuple[str, ...]:
    """Return the tasks of VSI-Bench, and the levels of direction, that are not among some."""
    there = frozenset(present)
    whole = VSI_DIRECTION in there
    wanted = [task for task in VSI_TASKS if task != VSI_DIRECTION]
    wanted += [] if whole else list(VSI_DIRECTIONS)
    return tuple(task for task in wanted if task not in there)


def mean_of_present(arrays: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean over arrays, entry by entry, of what is not NaN; NaN where all are.

    Args:
        arrays: (draws,) each.

    Raises:
        InputError: If there is no array, so that nobody knows how many draws there are.
    """
    if not arrays:
        raise InputError("there is no task to take a mean over")
    stacked = np.stack(arrays)
    present = ~np.isnan(stacked)
    counts = present.sum(axis=0)
    sums = np.where(present, stacked, 0.0).sum(axis=0)
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _draws(scores: Mapping[str, NDArray[np.float64]]) -> int:
    return len(next(iter(scores.values()))) if scores else 0
