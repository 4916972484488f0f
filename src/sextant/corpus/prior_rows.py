"""The rows of a corpus as the text-only predictor sees them, family by family.

What an answer is chosen from: the options of a choice; yes and no; of a free answer that takes few
values (counts, colours) these values. Other numbers are predicted as numbers; other texts and JSON
are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.light_rows import LightRow
from sextant.corpus.linear_text import Texts
from sextant.corpus.question_prints import string_keys, word_keys
from sextant.execution.seeds import seed_of
from sextant.samples.text_prior import bare

MAX_VALUES = 30
"""A free answer with more different values than this is no choice between them."""

COVERED = 0.98
"""Share of rows that the values must cover; the others are left out."""

_CHUNK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class FamilyRows:
    """One family, one form of answer.

    Attributes:
        task: The family.
        kind: ``choice``, ``boolean``, ``values`` or ``number``.
        ids: (N,) row ids as numbers.
        answers: (N,) what was answered, as text.
        templates: (N,) names of templates.
        scene: (N,) hash of the scene; folds are drawn by it.
        chance: (N,) probability of drawing the right answer; 0 for numbers.
        value: (N,) the number; NaN where the answer is chosen.
        texts: Hashes of words.
    """

    task: str
    kind: str
    ids: NDArray[np.uint64]
    answers: tuple[str, ...]
    templates: tuple[str, ...]
    scene: NDArray[np.uint64]
    chance: NDArray[np.float64]
    value: NDArray[np.float64]
    texts: Texts

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class _Gathered:
    """Rows of a family so far: lists of short texts, and hashes of long ones."""

    ids: list[int] = field(default_factory=list)
    scenes: list[int] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    options: list[tuple[str, ...]] = field(default_factory=list)
    correct: list[int] = field(default_factory=list)
    words: list[NDArray[np.uint64]] = field(default_factory=list)
    counts: list[NDArray[np.int64]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def settle(self) -> None:
        if self.waiting:
            words, starts = word_keys(pa.array(self.waiting, pa.string()))
            self.words.append(words)
            self.counts.append(np.diff(starts))
            self.waiting = []


def family_rows(rows: Iterable[LightRow]) -> Iterator[FamilyRows]:
    """Yield the families whose answers can be predicted, sorted by name and form of answer."""
    gathered: dict[tuple[str, str], _Gathered] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.answer_type == "json":
            continue
        found = gathered.setdefault((row.task, row.answer_type), _Gathered())
        found.ids.append(int(row.id, 16))
        found.scenes.append(seed_of("scene", row.source, row.scene_id))
        options = tuple(names.setdefault(o, o) for o in map(bare, row.options))
        if len(set(options)) < len(options):  # only the marks tell the options apart
            options = tuple(names.setdefault(o, o) for o in row.options)
        answer = options[row.correct] if options else row.answer.strip().lower()
        found.answers.append(names.setdefault(answer, answer))
        found.templates.append(names.setdefault(row.template, row.template))
        found.options.append(options)
        found.correct.append(row.correct)
        found.waiting.append(row.question)
        if len(found.waiting) >= _CHUNK:
            found.settle()
    for (task, kind), found in sorted(gathered.items()):
        found.settle()
        made = _family(task, kind, found)
        if made is not None:
            yield made


def _family(task: str, kind: str, found: _Gathered) -> FamilyRows | None:
    n = len(found.ids)
    keep = np.ones(n, dtype=bool)
    options, correct = found.options, found.correct
    value = np.full(n, np.nan)
    if kind not in ("choice", "boolean"):
        counts = Counter(found.answers)
        common = sorted(a for a, c in counts.items() if c >= max(2, n / 200))
        if 2 <= len(common) <= MAX_VALUES and sum(counts[a] for a in common) >= COVERED * n:
            place = {a: k for k, a in enumerate(common)}
            kind, options = "values", [tuple(common)] * n
            correct = [place.get(a, -1) for a in found.answers]
            keep = np.array(correct) >= 0
        elif kind == "number":
            value = np.array([float(a) for a in found.answers])
            options, keep = [()] * n, np.isfinite(value)
        else:
            return None
    rows = np.nonzero(keep)[0]
    if not len(rows):
        return None
    kept = [options[k] for k in rows]
    numbers = np.array([len(o) for o in kept])
    return FamilyRows(
        task, kind,
        np.array(found.ids, dtype=np.uint64)[rows],
        tuple(found.answers[k] for k in rows),
        tuple(found.templates[k] for k in rows),
        np.array(found.scenes, dtype=np.uint64)[rows],
        np.where(numbers > 0, 1.0 / np.maximum(numbers, 1), 0.0),
        value[rows],
        _texts(found, rows, kept, np.array(correct, dtype=np.int64)[rows]),
    )  # fmt: skip


def _texts(
    found: _Gathered,
    rows: NDArray[np.int64],
    options: list[tuple[str, ...]],
    correct: NDArray[np.int64],
) -> Texts:
    counts = np.concatenate(found.counts)
    starts = np.concatenate([[0], np.cumsum(counts)])
    words = np.concatenate(found.words)
    if len(rows) < len(counts):
        words = np.concatenate([words[starts[k] : starts[k + 1]] for k in rows])
        starts = np.concatenate([[0], np.cumsum(counts[rows])])
    flat = pa.array([o for row in options for o in row], pa.string())
    option_words, option_word_starts = word_keys(flat)
    return Texts(
        words, starts.astype(np.int64),
        string_keys(pa.array([found.templates[k] for k in rows], pa.string())),
        np.concatenate([[0], np.cumsum([len(o) for o in options])]).astype(np.int64),
        string_keys(flat), option_words, option_word_starts, correct,
    )  # fmt: skip
