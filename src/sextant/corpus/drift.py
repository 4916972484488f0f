"""How two corpora differ: shares of what is counted, distributions of what is measured.

Counted things are compared by total variation, half the sum of differences of shares, with a
chi-squared test of homogeneity; measured things by the Wasserstein distance in units of the first
corpus's spread, with a two-sample Kolmogorov-Smirnov test. Both tests take rows as independent,
which rows of one scene are not: with many rows small p-values are the rule, so look at distances.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from sextant.samples.store import CorpusStore

COUNTED = (
    "capability", "task", "source", "split", "answer_type", "unit", "difficulty", "letter",
    "images", "license",
)  # fmt: skip
MEASURED = ("question characters", "answer characters", "options")

SAMPLE = 200_000
"""Values of each measured thing that are compared, drawn from the first to the last row."""

MAX_VALUES = 100_000
"""Different values that are counted; what comes later counts as "other"."""

_COLUMNS = (
    "capability", "task", "source", "split", "answer_type", "unit", "difficulty", "license",
    "answer", "answer_index", "images", "question", "options", "value",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison.

    Attributes:
        of: What is compared, e.g. ``answer_type`` or ``value in m of mm.object_size``.
        what: ``shares`` or ``distribution``.
        measure: ``TV`` or ``W1``.
        distance: 0 = the same.
        p: Of the test; None where there is nothing to test.
        detail: The largest difference of shares, or both medians.
    """

    of: str
    what: str
    measure: str
    distance: float
    p: float | None
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return the figures for a file."""
        return asdict(self)


@dataclass(slots=True)
class Profile:
    """Counts and samples of one corpus."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)


def profile_of(store: CorpusStore, *, seed: int = 0) -> Profile:
    """Go through a corpus once; memory is bounded by ``SAMPLE`` and ``MAX_VALUES``."""
    made = Profile({name: Counter() for name in COUNTED})
    kept: dict[str, list[NDArray[np.float64]]] = {}
    step = max(1, -(-store.count // SAMPLE))
    start = seed % step
    for batch in store.batches(_COLUMNS):
        for name in COUNTED:
            column = {
                "letter": lambda b: pc.if_else(pc.is_valid(b["answer_index"]), b["answer"], None),
                "images": lambda b: pc.list_value_length(b["images"]).cast("string"),
            }.get(name, lambda b, n=name: b[n])(batch)
            pairs = pc.value_counts(column.drop_null())
            for value, count in zip(
                pairs.field("values").to_pylist(), pairs.field("counts").to_pylist(), strict=True
            ):
                counter = made.counts[name]
                known = value in counter or len(counter) < MAX_VALUES
                counter[value if known else "other"] += count
        some = batch.slice(start)
        rows = np.arange(0, len(some), step)
        start = (start - len(batch)) % step
        for name, values in _measured(some.take(rows)):
            kept.setdefault(name, []).append(values)
    made.values = {name: np.sort(np.concatenate(parts)) for name, parts in sorted(kept.items())}
    return made


def drift_between(first: CorpusStore, second: CorpusStore, *, seed: int = 0) -> list[Line]:
    """Return every comparison, shares first, the largest distances first within each."""
    a, b = profile_of(first, seed=seed), profile_of(second, seed=seed)
    shares = [_shares(name, a.counts[name], b.counts[name]) for name in COUNTED]
    spread = [
        _distribution(name, a.values[name], b.values[name])
        for name in a.values.keys() & b.values.keys()
        if len(a.values[name]) and len(b.values[name])
    ]
    found = [*(s for s in shares if s is not None), *spread]
    return sorted(found, key=lambda line: (line.what != "shares", -line.distance, line.of))


def _measured(batch: Any) -> Any:
    yield "question characters", _floats(pc.utf8_length(batch["question"]))
    yield "answer characters", _floats(pc.utf8_length(batch["answer"]))
    yield "options", _floats(pc.list_value_length(batch["options"]).drop_null())
    tasks, units = batch["task"].to_pylist(), batch["unit"].to_pylist()
    values: dict[str, list[float]] = {}
    for task, unit, value in zip(tasks, units, batch["value"].to_pylist(), strict=True):
        if value is not None and math.isfinite(value):
            values.setdefault(f"value in {unit or 'no unit'} of {task}", []).append(value)
    for name, found in values.items():
        yield name, np.array(found)


def _floats(array: Any) -> NDArray[np.float64]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)


def _shares(name: str, a: Mapping[str, int], b: Mapping[str, int]) -> Line | None:
    n, m = sum(a.values()), sum(b.values())
    if not n or not m:
        return None
    gaps = {v: b.get(v, 0) / m - a.get(v, 0) / n for v in a.keys() | b.keys()}
    worst = max(sorted(gaps), key=lambda v: abs(gaps[v]))
    detail = f"{worst[:60]}: {a.get(worst, 0) / n * 100:.1f} % -> {b.get(worst, 0) / m * 100:.1f} %"
    p = _chi_squared(np.array([[a.get(v, 0), b.get(v, 0)] for v in sorted(gaps)], dtype=np.float64))
    return Line(name, "shares", "TV", sum(map(abs, gaps.values())) / 2, p, detail)


def _distribution(name: str, a: NDArray[np.float64], b: NDArray[np.float64]) -> Line:
    ends = np.linspace(0.005, 0.995, 100)
    qa, qb = np.quantile(a, ends), np.quantile(b, ends)
    spread = float(np.std(a)) or float(np.std(b)) or 1.0
    both = np.concatenate([a, b])
    gap = np.abs(
        np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)
    ).max()
    size = math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    p = _kolmogorov((size + 0.12 + 0.11 / size) * float(gap))
    detail = f"median {np.median(a):.4g} -> {np.median(b):.4g}, n {len(a)} and {len(b)}"
    return Line(name, "distribution", "W1", float(np.abs(qa - qb).mean()) / spread, p, detail)


def _chi_squared(table: NDArray[np.float64]) -> float | None:
    """Return the p-value of equal shares; values expected less than 5 times are put together."""
    total = table.sum()
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / total
    rare = expected.min(axis=1) < 5
    if rare.any():
        table = np.concatenate([table[~rare], table[rare].sum(0, keepdims=True)])
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / total
    degrees = len(table) - 1
    if degrees < 1:
        return None
    statistic = float(((table - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    # Wilson and Hilferty (1931): the cube root is nearly normal.
    z = ((statistic / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))
    return 0.5 * math.erfc(z / math.sqrt(2))


def _kolmogorov(x: float) -> float:
    """Return the probability of a larger distance (Press et al., Numerical Recipes, 14.3)."""
    if x < 0.2:
        return 1.0
    total = math.fsum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * total))
