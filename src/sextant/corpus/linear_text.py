"""Two linear predictors that see texts only, as compiled loops over hashed n-grams.

``fit_choices`` is a conditional logit (McFadden 1973): each option has features, the weights are
shared, a softmax over the options says which is right. An option's features are its text, its
words, its place, the other options, and itself crossed with the template and with every word and
pair of words of the question. Features are hashed into a table of 2^18 weights (Weinberger et al.,
"Feature Hashing for Large Scale Multitask Learning", ICML 2009) and trained by AdaGrad.

``fit_numbers`` is a ridge regression of the (logarithm of the) number on the same n-grams, solved
by conjugate gradients.

Features are made anew whenever a row is looked at, so that memory holds texts alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

TABLE = 1 << 18
NUMBER_TABLE = 1 << 15
"""Weights of the regression: its cost is in vectors of this length."""

EPOCHS = 4
RATE = 0.3
RIDGE = 3.0
STEPS = 16
MAX_FEATURES = 512
"""Of one option; what goes beyond is not looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Rows of one family as hashes of words.

    Attributes:
        words, word_starts: The question's words, row after row; (N + 1,) where each row's begin.
        template: (N,) hashes.
        option_starts: (N + 1,) where each row's options begin.
        options: Hash of each option's text.
        option_words, option_word_starts: The words of each option.
        correct: (N,) place of the right option; -1 where the answer is free.
    """

    words: NDArray[np.uint64]
    word_starts: NDArray[np.int64]
    template: NDArray[np.uint64]
    option_starts: NDArray[np.int64]
    options: NDArray[np.uint64]
    option_words: NDArray[np.uint64]
    option_word_starts: NDArray[np.int64]
    correct: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.template)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return the fields in order, for compiled code."""
        return (
            self.words, self.word_starts, self.template, self.option_starts, self.options,
            self.option_words, self.option_word_starts, self.correct,
        )  # fmt: skip


def fit_choices(
    texts: Texts, order: NDArray[np.int64], weight: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the weights after ``EPOCHS`` passes over rows in a given order.

    Args:
        texts: The family.
        order: Rows to learn from, shuffled.
        weight: (N,) how much each row counts.
    """
    table = np.zeros(TABLE, dtype=np.float32)
    squares = np.full(TABLE, 1e-2, dtype=np.float32)
    _learn(*texts.arrays(), order, weight, table, squares, EPOCHS, RATE)
    return table


def choose(
    texts: Texts, rows: NDArray[np.int64], table: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (R,) the probability of the right option, and whether it is preferred (or tied)."""
    found: tuple[NDArray[np.float64], NDArray[np.float64]] = _judge(*texts.arrays(), rows, table)
    return found


def fit_numbers(
    texts: Texts, rows: NDArray[np.int64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ridge weights over hashed n-grams, without the mean of the target.

    Args:
        texts: The family.
        rows: To learn from.
        target: (N,) numbers less their mean.
        weight: (N,) how much each row counts.
    """
    b = _transposed(*texts.arrays(), rows, target[rows] * weight[rows])
    x = np.zeros(NUMBER_TABLE)
    r, p = b.copy(), b.copy()
    rr = float(r @ r)
    for _ in range(STEPS):
        if rr < 1e-10:
            break
        forward = predict_numbers(texts, rows, p) * weight[rows]
        ap = _transposed(*texts.arrays(), rows, forward) + RIDGE * p
        step = rr / float(p @ ap)
        x += step * p
        r -= step * ap
        new = float(r @ r)
        p = r + (new / rr) * p
        rr = new
    return x


def predict_numbers(
    texts: Texts, rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (R,) predictions, without the mean of the target."""
    found: NDArray[np.float64] = _forward(*texts.arrays(), rows, weights)
    return found


@njit(cache=True)  # type: ignore[untyped-decorator]
def _mix(x: Any) -> Any:  # pragma: no cover - compiled
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _slot(a: Any, b: Any) -> Any:  # pragma: no cover - compiled
    return np.int64(_mix(a ^ _mix(b)) & np.uint64((1 << 18) - 1))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _question(
    words: Any, word_starts: Any, template: Any, row: int, with_: Any, out: Any, n: int
) -> Any:  # pragma: no cover - compiled
    """Append the question's features, crossed with ``with_``; return how many there are."""
    out[n] = _slot(template[row], with_ ^ np.uint64(1))
    n += 1
    before = np.uint64(0)
    for at in range(word_starts[row], word_starts[row + 1]):
        if n + 2 > len(out):
            break
        out[n] = _slot(words[at], with_ ^ np.uint64(2))
        out[n + 1] = _slot(_mix(before ^ np.uint64(5)) ^ words[at], with_ ^ np.uint64(3))
        before = words[at]
        n += 2
    return n


@njit(cache=True)  # type: ignore[untyped-decorator]
def _option(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, row: int, at: int, out: Any,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    first, last = option_starts[row], option_starts[row + 1]
    me = options[at]
    out[0] = _slot(me, np.uint64(4))
    out[1] = _slot(np.uint64((at - first) * 64 + last - first), np.uint64(5))
    n = 2
    for k in range(
        option_word_starts[at], min(option_word_starts[at + 1], option_word_starts[at] + 40)
    ):
        out[n] = _slot(option_words[k], np.uint64(6))
        n += 1
    if last - first <= 12:
        for other in range(first, last):
            if other != at:
                out[n] = _slot(me, options[other] ^ np.uint64(7))
                n += 1
    return _question(words, word_starts, template, row, me, out, n)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _scores(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, row: int, table: Any, slots: Any, counts: Any,
    p: Any,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    """Fill the features and the probabilities of a row's options; return how many options."""
    m = min(option_starts[row + 1] - option_starts[row], len(p))
    top = -1e30
    for j in range(m):
        counts[j] = _option(
            words, word_starts, template, option_starts, options, option_words,
            option_word_starts, row, option_starts[row] + j, slots[j],
        )  # fmt: skip
        s = 0.0
        for k in range(counts[j]):
            s += table[slots[j, k]]
        p[j] = s / np.sqrt(counts[j])
        top = max(top, p[j])
    total = 0.0
    for j in range(m):
        p[j] = np.exp(p[j] - top)
        total += p[j]
    for j in range(m):
        p[j] /= total
    return m


@njit(cache=True)  # type: ignore[untyped-decorator]
def _learn(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, correct: Any, order: Any, weight: Any,
    table: Any, squares: Any, epochs: int, rate: float,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    slots = np.empty((64, 512), dtype=np.int64)
    counts = np.empty(64, dtype=np.int64)
    p = np.empty(64)
    for _ in range(epochs):
        for row in order:
            m = _scores(
                words, word_starts, template, option_starts, options, option_words,
                option_word_starts, row, table, slots, counts, p,
            )  # fmt: skip
            for j in range(m):
                error = weight[row] * (p[j] - (1.0 if j == correct[row] else 0.0))
                gradient = error / np.sqrt(counts[j])
                for k in range(counts[j]):
                    slot = slots[j, k]
                    squares[slot] += np.float32(gradient * gradient)
                    table[slot] -= np.float32(rate * gradient / np.sqrt(squares[slot]))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _judge(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, correct: Any, rows: Any, table: Any,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    slots = np.empty((64, 512), dtype=np.int64)
    counts = np.empty(64, dtype=np.int64)
    p = np.empty(64)
    sure, hit = np.zeros(len(rows)), np.zeros(len(rows))
    for i in range(len(rows)):
        row = rows[i]
        m = _scores(
            words, word_starts, template, option_starts, options, option_words,
            option_word_starts, row, table, slots, counts, p,
        )  # fmt: skip
        if correct[row] < 0 or correct[row] >= m:
            continue
        mine = p[correct[row]]
        sure[i] = mine
        better, equal = 0, 0
        for j in range(m):
            if p[j] > mine + 1e-12:
                better += 1
            elif p[j] >= mine - 1e-12:
                equal += 1
        hit[i] = 0.0 if better else 1.0 / equal
    return sure, hit


@njit(cache=True)  # type: ignore[untyped-decorator]
def _forward(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, correct: Any, rows: Any, weights: Any,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    slots = np.empty(512, dtype=np.int64)
    found = np.empty(len(rows))
    for i in range(len(rows)):
        n = _question(words, word_starts, template, rows[i], np.uint64(9), slots, 0)
        s = 0.0
        for k in range(n):
            s += weights[slots[k] & ((1 << 15) - 1)]
        found[i] = s / np.sqrt(n)
    return found


@njit(cache=True)  # type: ignore[untyped-decorator]
def _transposed(
    words: Any, word_starts: Any, template: Any, option_starts: Any, options: Any,
    option_words: Any, option_word_starts: Any, correct: Any, rows: Any, values: Any,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    slots = np.empty(512, dtype=np.int64)
    found = np.zeros(1 << 15)
    for i in range(len(rows)):
        n = _question(words, word_starts, template, rows[i], np.uint64(9), slots, 0)
        for k in range(n):
            found[slots[k] & ((1 << 15) - 1)] += values[i] / np.sqrt(n)
    return found
