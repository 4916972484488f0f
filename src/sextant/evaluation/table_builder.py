"""Scored replies, one by one, into the columns of a table."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sextant.errors import InputError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ROW_STATUSES, Codes, ScoreTable
from sextant.samples.sample import LETTERS

_STATUS_CODES = {status: code for code, status in enumerate(ROW_STATUSES)}
_FAILED = Scored(0.0, "empty", weight=0.0)
"""Stands for a row without a reply."""


class _Coder:
    """Numbers names as they come."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.codes = array("i")

    def add(self, name: str) -> None:
        self.codes.append(self.known.setdefault(name, len(self.known)))

    def done(self) -> Codes:
        return Codes(tuple(self.known), np.frombuffer(self.codes, dtype=np.int32))


class _Asked:
    """Columns of what was asked, which are the same under all profiles."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._ids: dict[str, None] = {}
        self._tasks, self._clusters = _Coder(), _Coder()
        self._groups = {name: _Coder() for name in groups}
        self._truth = array("d")
        self._options = array("B")
        self._correct = array("h")

    def add(self, item: Item, row_id: str | None, groups: Mapping[str, str] | None) -> None:
        name = row_id or item.id
        if name in self._ids:
            raise InputError("two rows have the same id", got=name)
        self._ids[name] = None
        self._tasks.add(item.task)
        self._clusters.add(item.cluster or item.id)
        known = item.groups if groups is None else {**item.groups, **groups}
        for key, coder in self._groups.items():
            coder.add(known.get(key, ""))
        self._truth.append(_number(item.value))
        options = item.options
        self._options.append(min(255, len(options)) if options else 0)
        self._correct.append(letter_index(item.answer) if options else -1)

    def done(self) -> dict[str, Any]:
        return {
            "ids": tuple(self._ids),
            "tasks": self._tasks.done(),
            "clusters": self._clusters.done(),
            "groups": {name: coder.done() for name, coder in self._groups.items()},
            "truth": np.frombuffer(self._truth, dtype=np.float64),
            "options": np.frombuffer(self._options, dtype=np.uint8),
            "correct": np.frombuffer(self._correct, dtype=np.int16),
        }


class _Given:
    """Columns of what replies are worth under one profile."""

    def __init__(self) -> None:
        self._points, self._weights, self._predicted = array("d"), array("d"), array("d")
        self._status = array("B")
        self._chosen = array("h")

    def add(self, item: Item, scored: Scored | None) -> None:
        if scored is None:
            scored = _FAILED
        self._points.append(scored.points)
        self._weights.append(scored.weight)
        value = scored.value
        self._predicted.append(value if type(value) is float else _number(value))
        self._status.append(0 if scored is _FAILED else _STATUS_CODES[scored.status])
        self._chosen.append(letter_index(value) if item.options else -1)

    def done(self) -> dict[str, Any]:
        return {
            "points": np.frombuffer(self._points, dtype=np.float64),
            "weights": np.frombuffer(self._weights, dtype=np.float64),
            "predicted": np.frombuffer(self._predicted, dtype=np.float64),
            "status": np.frombuffer(self._status, dtype=np.uint8),
            "chosen": np.frombuffer(self._chosen, dtype=np.int16),
        }


class ScoreTableBuilder:
    """Collects rows one by one.

    Args:
        groups: Names of the groups that rows have; a row without one has "".
    """

    def __init__(self, groups: Sequence[str] = ()) -> None:
        self._asked, self._given = _Asked(groups), _Given()

    def add(
        self,
        item: Item,
        scored: Scored | None,
        *,
        row_id: str | None = None,
        groups: Mapping[str, str] | None = None,
    ) -> None:
        """Add a row; ``scored`` None = the request failed.

        Args:
            item: What was asked; of a variant, with the options in the order shown.
            scored: What the reply is worth.
            row_id: Of the request; the item's own id if not given.
            groups: On top of the item's own.

        Raises:
            InputError: If a row of that id was added before.
        """
        self._asked.add(item, row_id, groups)
        self._given.add(item, scored)

    def done(self) -> ScoreTable:
        """Return the table; nothing can be added any more."""
        return ScoreTable(**self._asked.done(), **self._given.done())


class ProfileTablesBuilder:
    """Collects rows that are scored under several profiles; what was asked is kept once.

    Args:
        profiles: Their names.
        groups: As of ``ScoreTableBuilder``.
    """

    def __init__(self, profiles: Sequence[str], groups: Sequence[str] = ()) -> None:
        self._asked = _Asked(groups)
        self._given = {profile: _Given() for profile in profiles}

    def add(
        self, item: Item, scored: Mapping[str, Scored] | None, *, row_id: str | None = None
    ) -> None:
        """Add a row; ``scored`` has all profiles, None = the request failed.

        Raises:
            InputError: If a row of that id was added before.
        """
        self._asked.add(item, row_id, None)
        for profile, given in self._given.items():
            given.add(item, None if scored is None else scored[profile])

    def done(self) -> dict[str, ScoreTable]:
        """Return the table of every profile; nothing can be added any more."""
        asked = self._asked.done()
        return {p: ScoreTable(**asked, **given.done()) for p, given in self._given.items()}


def _number(value: object) -> float:
    """Return a number as a float, an infinity where it is too large for one; NaN for the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def letter_index(value: object) -> int:
    """Return the index of an option letter, -1 for anything else."""
    return LETTERS.find(value) if isinstance(value, str) and len(value) == 1 else -1


def group_names(items: Iterable[Item]) -> tuple[str, ...]:
    """Return all names of groups that items have, sorted."""
    return tuple(sorted({name for item in items for name in item.groups}))
