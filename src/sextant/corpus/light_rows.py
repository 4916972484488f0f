"""The few things selection and audit look at in a row, read without the rest of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput
from sextant.samples.layout import read_rows
from sextant.samples.sample import SCHEMA
from sextant.samples.text_prior import bare

__all__ = ["COLUMNS", "LightRow", "bare", "light_row", "number_in", "read_light"]

COLUMNS = (
    "id", "capability", "task", "source", "scene_id", "difficulty", "answer_type", "options",
    "answer", "answer_index", "template", "question", "unit", "evidence",
)  # fmt: skip

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class LightRow:
    """A row as selection sees it.

    Attributes:
        id, capability, task, source, scene_id, difficulty, answer_type, answer, template,
            question, unit: As stored.
        options: As stored; ("yes", "no") for a yes/no row; () where the answer is free.
        correct: Index of the right option; -1 where the answer is free.
        names: What the asked objects are called, in question order.
        heuristics: What each 2D heuristic would answer.
        by_definition: Heuristics that the family asks about, which must not be evened out.
    """

    id: str
    capability: str
    task: str
    source: str
    scene_id: str
    difficulty: str
    answer_type: str
    answer: str
    template: str
    question: str
    unit: str | None
    options: tuple[str, ...]
    correct: int
    names: tuple[str, ...] = ()
    heuristics: Mapping[str, str] = field(default_factory=dict)
    by_definition: tuple[str, ...] = ()

    @property
    def variant(self) -> str:
        """The template's variant, without prompt style and number."""
        middle = self.template.partition("/")[2].rpartition("/")[0]
        return re.split(r"[:+]", middle, maxsplit=1)[-1]

    @property
    def chance(self) -> float:
        """Share of right answers by drawing an option at random; 0 for a free answer."""
        return 1.0 / len(self.options) if self.options else 0.0


def light_row(row: Mapping[str, Any]) -> LightRow:
    """Return the light form of a stored row's columns ``COLUMNS``.

    Raises:
        CorruptInput: If the evidence is no JSON object, or the answer is none of the options.
    """
    try:
        evidence = json.loads(row["evidence"])
        names_of = evidence.get("names", {})
        names = tuple(str(names_of[i]) for i in evidence.get("proposed", ()) if i in names_of)
        options: tuple[str, ...] = tuple(row["options"] or ())
        correct = -1 if row["answer_index"] is None else int(row["answer_index"])
        if row["answer_type"] == "boolean":
            options = ("yes", "no")
            correct = options.index(row["answer"].lower())
        if options and not 0 <= correct < len(options):
            raise ValueError(f"answer {correct} of {len(options)} options")
        return LightRow(
            **{name: row[name] for name in COLUMNS if name not in _DERIVED},
            options=options,
            correct=correct,
            names=names,
            heuristics=evidence.get("heuristics", {}),
            by_definition=tuple(evidence.get("by_definition", ())),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise CorruptInput("a malformed row", where=row.get("id"), got=error) from error


_DERIVED = ("options", "answer_index", "evidence")


def read_light(path: Path) -> Iterator[LightRow]:
    """Stream a table of samples as light rows."""
    for row in read_rows(path, SCHEMA, columns=COLUMNS):
        yield light_row(row)


def number_in(text: str) -> float | None:
    """Return the number that an option is, None if it is no single number with a unit.

    >>> number_in("1.4 m"), number_in("35°"), number_in("2 chairs and 1 lamp")
    (1.4, 35.0, None)
    """
    found = _NUMBER.findall(text)
    if len(found) != 1 or len(text) - len(found[0]) > 8:
        return None
    return float(found[0])
