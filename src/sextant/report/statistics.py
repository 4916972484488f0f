"""What is counted while the rows of a corpus stream by; memory does not grow with the rows."""

from __future__ import annotations

import heapq
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sextant.samples.sample import CAPABILITIES, LETTERS, Sample

MAX_FAMILIES = 300
"""Families counted apart; further ones (hostile or broken task names) share one entry."""

OTHER_FAMILIES = "(further families)"

_MARK = re.compile(r" marked [A-Z]$")
"""How a name ends where the object is marked in the pictures; it is counted without that."""

FLAG_P = 0.001
"""An answer distribution is flagged where chance alone would do this in one of 1000 families."""


def priority(seed: int, sample_id: str) -> int:
    """Return a 64-bit number that depends on seed and id only: the k smallest are a fair draw."""
    return int.from_bytes(blake2b(f"{seed}\x1f{sample_id}".encode(errors="replace"), digest_size=8)
                          .digest())  # fmt: skip


def read_evidence(sample: Sample) -> dict[str, Any]:
    """Return the evidence, or an empty dictionary where it is not a JSON object."""
    try:
        loaded = json.loads(sample.evidence)
    except (ValueError, RecursionError, TypeError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


@dataclass(slots=True)
class Tally:
    """A counter that stops taking in new keys at a limit."""

    limit: int = 5000
    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0
    overflow: int = 0

    def add(self, key: str, times: int = 1) -> None:
        """Count a key."""
        self.total += times
        key = key if len(key) <= 200 else key[:199] + "…"
        if key in self.counts or len(self.counts) < self.limit:
            self.counts[key] += times
        else:
            self.overflow += times

    def top(self, n: int | None = None) -> list[tuple[str, int]]:
        """Return the most frequent keys; ties in alphabetical order."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ranked if n is None else ranked[:n]

    @property
    def max_share(self) -> float:
        """Share of the most frequent key; 0 where nothing was counted."""
        return max(self.counts.values()) / self.total if self.counts else 0.0


@dataclass(slots=True)
class NumberSketch:
    """Count, range and mean of many numbers, and a fair draw of at most ``size`` of them."""

    size: int = 2048
    count: int = 0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    heap: list[tuple[int, float]] = field(default_factory=list)

    def add(self, value: float, key: int) -> None:
        """Take in a finite number with its ``priority``."""
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        if len(self.heap) < self.size:
            heapq.heappush(self.heap, (-key, value))
        elif -key > self.heap[0][0]:
            heapq.heapreplace(self.heap, (-key, value))

    @property
    def drawn(self) -> list[float]:
        """The draw in ascending order."""
        return sorted(value for _, value in self.heap)

    def quantile(self, q: float) -> float:
        """Return a quantile of the draw, linear between its values."""
        values = self.drawn
        place = q * (len(values) - 1)
        low = math.floor(place)
        high = min(low + 1, len(values) - 1)
        return values[low] + (place - low) * (values[high] - values[low])


@dataclass(slots=True)
class FamilyStatistics:
    """Everything that is counted per question family."""

    capability: str
    task: str
    count: int = 0
    images: int = 0
    with_rationale: int = 0
    difficulty: Counter[str] = field(default_factory=Counter)
    sources: Tally = field(default_factory=lambda: Tally(200))
    answer_types: Counter[str] = field(default_factory=Counter)
    templates: Tally = field(default_factory=Tally)
    letters: Counter[int] = field(default_factory=Counter)
    option_counts: Counter[int] = field(default_factory=Counter)
    numbers: dict[str, NumberSketch] = field(default_factory=dict)
    unfit_numbers: int = 0
    booleans: Counter[str] = field(default_factory=Counter)
    texts: Tally = field(default_factory=lambda: Tally(2000))

    def add(self, sample: Sample, key: int) -> None:
        """Count one row."""
        self.count += 1
        self.images += len(sample.images)
        self.with_rationale += sample.rationale is not None
        self.difficulty[sample.difficulty[:20]] += 1
        self.sources.add(sample.source)
        self.answer_types[sample.answer_type[:20]] += 1
        self.templates.add(sample.template)
        if sample.answer_type == "choice":
            options = len(sample.options or ())
            if sample.answer_index is not None and 0 <= sample.answer_index < options <= 26:
                self.letters[sample.answer_index] += 1
                self.option_counts[options] += 1
        elif sample.answer_type == "number":
            self._add_number(sample, key)
        elif sample.answer_type == "boolean":
            self.booleans[sample.answer.strip().lower()[:20]] += 1
        else:
            self.texts.add(sample.answer)

    def _add_number(self, sample: Sample, key: int) -> None:
        if sample.value is None or not math.isfinite(sample.value):
            self.unfit_numbers += 1
            return
        unit = (sample.unit or "no unit")[:12]
        if unit not in self.numbers and len(self.numbers) >= 6:
            unit = "further units"
        self.numbers.setdefault(unit, NumberSketch()).add(sample.value, key)

    def expected_letters(self) -> list[float]:
        """Return how often each letter would be right if the right option stood anywhere."""
        most = max(self.option_counts, default=0)
        return [
            sum(n / options for options, n in sorted(self.option_counts.items()) if options > i)
            for i in range(most)
        ]

    def letter_p(self) -> float | None:
        """Return the chance of letters at least this uneven, None where rows are too few."""
        expected = self.expected_letters()
        if len(expected) < 2 or min(expected) < 5:
            return None
        return chi_square_p([self.letters[i] for i in range(len(expected))], expected)

    def boolean_p(self) -> float | None:
        """Return the chance of a yes share at least this uneven, None where rows are too few."""
        yes = sum(self.booleans[word] for word in YES)
        total = sum(self.booleans.values())
        return None if total < 10 else chi_square_p([yes, total - yes], [total / 2, total / 2])


YES = ("yes", "true")
"""How a positive answer is written, in lower case."""


@dataclass(slots=True)
class CorpusStatistics:
    """Everything that is counted over a corpus."""

    rows: int = 0
    families: dict[str, FamilyStatistics] = field(default_factory=dict)
    sources: Tally = field(default_factory=lambda: Tally(500))
    splits: Tally = field(default_factory=lambda: Tally(50))
    licenses: Tally = field(default_factory=lambda: Tally(100))
    categories: Tally = field(default_factory=lambda: Tally(20_000))
    scene_keys: set[int] = field(default_factory=set)
    image_keys: set[int] = field(default_factory=set)

    def add(self, sample: Sample, key: int) -> None:
        """Count one row."""
        self.rows += 1
        task = sample.task
        if task not in self.families:
            if len(self.families) >= MAX_FAMILIES:
                task = OTHER_FAMILIES
            if task not in self.families:
                self.families[task] = FamilyStatistics(known_capability(sample.capability), task)
        self.families[task].add(sample, key)
        self.sources.add(sample.source)
        self.splits.add(sample.split)
        self.licenses.add(sample.license)
        # 64-bit hashes within one process: only how many there are is used.
        self.scene_keys.add(hash((sample.source, sample.scene_id)))
        self.image_keys.update(map(hash, sample.images))
        names = read_evidence(sample).get("names")
        if isinstance(names, dict):
            for name in names.values():
                if isinstance(name, str):
                    self.categories.add(_MARK.sub("", name))

    def ordered(self) -> list[FamilyStatistics]:
        """Return the families by capability, then by name."""
        rank = {name: i for i, name in enumerate(CAPABILITIES)}
        return sorted(self.families.values(), key=lambda f: (rank[f.capability], f.task))


def known_capability(name: str) -> str:
    """Return the capability, ``GENERAL`` for one that the schema does not know."""
    return name if name in CAPABILITIES else "GENERAL"


def chi_square_p(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Return P(chi-square ≥ observed) by Wilson and Hilferty's cube-root approximation (1931).

    >>> round(chi_square_p([60, 40], [50, 50]), 2), chi_square_p([50, 50], [50, 50])
    (0.04, 1.0)
    """
    statistic = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    freedom = len(expected) - 1
    if statistic == 0 or freedom < 1:
        return 1.0
    spread = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return 0.5 * math.erfc(z / math.sqrt(2))


def letter(index: int) -> str:
    """Return the letter of an option."""
    return LETTERS[index] if 0 <= index < len(LETTERS) else f"#{index + 1}"
