"""Seeded, streaming selection: which rows are kept so that nothing leans and quotas are met.

Rows come in an order that their ids and the seed decide, whatever shard they lie in. A row is kept
if every count it touches stays within its tolerance, or moves towards even; else it waits, and is
looked at again as long as others move the counts. What never fits is left out, with the count that
stood against it as the reason. Memory: some 300 bytes a row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sextant.corpus.ledgers import entries
from sextant.corpus.light_rows import LightRow
from sextant.corpus.quotas import DIMENSIONS, Quota, caps_of, even_answers, quota_keys
from sextant.samples.selection_rules import SelectionRules

MAX_PASSES = 50
MAX_ROUNDS = 4
TOLERANCES = ("letters", "answers", "options", "pairs", "names", "heuristics", "values")
REASONS = {
    "letters": "selection: this letter is right often enough",
    "answers": "selection: this answer is frequent enough",
    "options": "selection: this option would be right too often, or too rarely",
    "pairs": "selection: this option beats that one too often",
    "names": "selection: the answer would follow from who is asked about",
    "heuristics": "selection: a 2D heuristic would be right too often, or too rarely",
    "values": "selection: this value is frequent enough",
    "quota": "selection: quota is full",
    "total": "selection: the corpus is full",
}


@dataclass(slots=True)
class Selection:
    """The outcome.

    Attributes:
        rejected: Id of every row left out, to the reason.
        kept: Number of rows kept.
        candidates: Number of rows looked at.
        quotas: Wanted against got.
        reasons: How many rows each reason left out.
    """

    rejected: dict[str, str]
    kept: int
    candidates: int
    quotas: list[Quota] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as the manifest stores it, without the rows."""
        return {
            "candidates": self.candidates,
            "kept": self.kept,
            "reasons": dict(sorted(self.reasons.items())),
            "quotas": [quota.as_json() for quota in self.quotas],
        }


class Selector:
    """Collects rows, then decides.

    Args:
        rules: What the corpus should look like.
        seed: Decides the order in which rows are looked at.
    """

    def __init__(self, rules: SelectionRules, seed: int) -> None:
        self.rules = rules
        self.seed = seed
        self._key_index: dict[tuple[str, str], int] = {}
        self._kinds: list[str] = []
        self._per: list[int] = []
        self._starts = [0]
        self._keys: list[int] = []
        self._changes: list[float] = []
        self._ids: list[str] = []
        self._order: list[int] = []
        self._quota_keys: list[tuple[str, ...]] = []
        self._options: list[tuple[str, int]] = []

    def add(self, rows: Iterable[LightRow]) -> None:
        """Take in more rows."""
        for row in rows:
            for entry in entries(row):
                key = self._key(entry.kind, entry.key)
                if entry.per:
                    self._per[key] = self._key(entry.kind, entry.per)
                self._keys.append(key)
                self._changes.append(entry.change)
            self._starts.append(len(self._keys))
            self._ids.append(row.id)
            self._options.append((row.answer_type, len(row.options)))
            self._quota_keys.append(quota_keys(row))
            mixed = blake2b(f"{self.seed}\x1f{row.id}".encode(), digest_size=8).digest()
            self._order.append(int.from_bytes(mixed, "little"))

    def _key(self, kind: str, key: str) -> int:
        index = self._key_index.get((kind, key))
        if index is None:
            index = self._key_index[kind, key] = len(self._kinds)
            self._kinds.append(kind)
            self._per.append(index)
        return index

    def select(self) -> Selection:
        """Decide: first what evenness allows, then, if there are quotas, within their caps."""
        open_ = self._run({}, None)
        wanted = self.rules.total
        available = self._found(open_)
        kept = int(open_.kept.sum())
        caps = caps_of(self.rules, available, kept)
        final = open_
        if caps or (wanted is not None and wanted < kept):
            final = self._run(caps, wanted)
        for _ in range(MAX_ROUNDS):
            # Under caps other rows compete, and a value may find fewer than before: without a
            # total all others shrink with it, so that the shares hold.
            found = self._found(final)
            short = {key: found[key] for key, cap in caps.items() if 0 < found[key] < cap}
            if wanted is not None or not short:
                break
            available.update({key: n - available[key] for key, n in short.items()})
            caps = caps_of(self.rules, available, kept)
            final = self._run(caps, wanted)
        return self._outcome(final, caps)

    def _found(self, run: _Run) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for i in np.flatnonzero(run.kept):
            found.update(zip(DIMENSIONS, self._quota_keys[int(i)], strict=True))
        return found

    def _run(self, caps: dict[tuple[str, str], int], total: int | None) -> _Run:
        """Run all passes with the given caps on the number of rows."""
        n_keys = len(self._kinds)
        names = [*caps, *([("total", "")] if total is not None else [])]
        limits = [*caps.values(), *([total] if total is not None else [])]
        place = {name: n_keys + k for k, name in enumerate(names)}
        starts, keys, changes = [0], [], []
        for i in range(len(self._ids)):
            a, b = self._starts[i], self._starts[i + 1]
            keys += self._keys[a:b]
            changes += self._changes[a:b]
            owned = [place[q] for q in zip(DIMENSIONS, self._quota_keys[i], strict=True)
                     if q in place]  # fmt: skip
            owned += [place["total", ""]] if total is not None else []
            keys += owned
            changes += [1.0] * len(owned)
            starts.append(len(keys))
        rows_allowed = np.zeros(n_keys + len(names))
        root_allowed = np.zeros(n_keys + len(names))
        share_allowed = np.zeros(n_keys + len(names))
        for k, kind in enumerate(self._kinds):
            tolerance = getattr(self.rules, kind)
            rows_allowed[k], share_allowed[k] = tolerance.rows, tolerance.share
            root_allowed[k] = tolerance.root
        rows_allowed[n_keys:] = limits
        per = np.array([*self._per, *range(n_keys, n_keys + len(names))], dtype=np.int64)
        # Ties cannot happen but for equal ids, which ``finish`` refuses.
        order = np.argsort(np.array(self._order, dtype=np.uint64), kind="stable").astype(np.int64)
        kept, blocked = _passes(
            order,
            np.array(starts, dtype=np.int64),
            np.array(keys, dtype=np.int64),
            np.array(changes, dtype=np.float64),
            rows_allowed,
            root_allowed,
            share_allowed,
            per,
            MAX_PASSES,
        )
        kinds = [*self._kinds, *("total" if name[0] == "total" else "quota" for name in names)]
        return _Run(kept, blocked, kinds)

    def _outcome(self, run: _Run, caps: dict[tuple[str, str], int]) -> Selection:
        rejected: dict[str, str] = {}
        reasons: Counter[str] = Counter()
        got: Counter[tuple[str, str]] = Counter()
        seen: Counter[tuple[str, str]] = Counter()
        refused: dict[tuple[str, str], Counter[str]] = {}
        for i, row_id in enumerate(self._ids):
            values = list(zip(DIMENSIONS, self._quota_keys[i], strict=True))
            seen.update(values)
            if run.kept[i]:
                got.update(values)
                continue
            reason = REASONS[run.kinds[int(run.blocked[i])]]
            rejected[row_id] = reason
            reasons[reason] += 1
            for value in values:
                refused.setdefault(value, Counter())[reason] += 1
        kept = int(run.kept.sum())
        rows = (self._options[int(i)] for i in np.flatnonzero(run.kept))
        even = even_answers(row for row in rows if row[1])
        quotas = []
        for key in sorted({k for k in (*seen, *_wanted(self.rules)) if k[1]}):
            share = self.rules.shares.get(key[0], {}).get(key[1], 0.0)  # type: ignore[call-overload]
            wanted = caps.get(key)
            if wanted is None and key in even:
                wanted = round(even[key])
            quotas.append(
                Quota.of(key, wanted, share, got[key], seen[key], refused.get(key, Counter()))
            )
        return Selection(rejected, kept, len(self._ids), quotas, reasons)


@dataclass(slots=True)
class _Run:
    kept: NDArray[np.bool_]
    blocked: NDArray[np.int64]
    kinds: list[str]


def _wanted(rules: SelectionRules) -> set[tuple[str, str]]:
    return {(str(d), value) for d, shares in rules.shares.items() for value in shares}


@njit(cache=True)
def _passes(  # type: ignore[no-untyped-def]
    order, starts, keys, changes, rows_allowed, root_allowed, share_allowed, per, max_passes
):
    """Return which rows are kept, and for the others the key that stood against them."""
    lean = np.zeros(len(rows_allowed))
    count = np.zeros(len(rows_allowed))
    kept = np.zeros(len(starts) - 1, dtype=np.bool_)
    blocked = np.full(len(starts) - 1, -1, dtype=np.int64)
    for _ in range(max_passes):
        moved = False
        for i in order:
            if kept[i]:
                continue
            fits = True
            for e in range(starts[i], starts[i + 1]):
                k = keys[e]
                after = lean[k] + changes[e]
                n = count[per[k]]
                allowed = rows_allowed[k] + root_allowed[k] * math.sqrt(n) + share_allowed[k] * n
                if abs(after) > allowed + 1e-9 and abs(after) >= abs(lean[k]):
                    fits = False
                    blocked[i] = k
                    break
            if fits:
                kept[i] = True
                moved = True
                for e in range(starts[i], starts[i + 1]):
                    lean[keys[e]] += changes[e]
                    count[keys[e]] += 1
        if not moved:
            break
    return kept, blocked
