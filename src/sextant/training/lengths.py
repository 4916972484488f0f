"""How long each sample is, known before a picture is decoded, and stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sextant.errors import CorruptInput, InputError
from sextant.models.family import Renderer
from sextant.training.examples import Example
from sextant.training.families import OpensRenderer, opened
from sextant.training.fit import Fit, fit
from sextant.training.recipe import DataEntry, FitRules
from sextant.training.set_index import IndexedSet, index_set
from sextant.training.tables import Columns, Progress, Table, build_table, open_table

FITS, NOT_USABLE, TOO_LONG, REFUSED, NOTHING_LEARNED = range(5)
"""States of a place; ``NOT_USABLE`` are those that the set's index does not call usable."""

REASONS = {
    TOO_LONG: "too long",
    REFUSED: "refused by the model family",
    NOTHING_LEARNED: "nothing is supervised",
}

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LengthsSource:
    """What lengths depend on; crosses process boundaries.

    Attributes:
        entry: Of the recipe.
        cache: Folder of indices.
        rules: What is done with long samples.
        renderer: Of the family.
    """

    entry: DataEntry
    cache: Path
    rules: FitRules
    renderer: OpensRenderer


@dataclass(frozen=True, slots=True)
class _LengthsPiece:
    """Measures some places; ``index`` is the digest of the set's index."""

    source: LengthsSource
    index: str

    def __call__(self, start: int, stop: int) -> Columns:
        """Return the columns of some places."""
        source = self.source
        index = _opened_index(source.entry, source.cache, self.index)
        renderer = opened(source.renderer)
        usable = index.usable()[start:stop]
        fits: list[Fit] = []
        states: list[int] = []
        refused: list[dict[str, Any]] = []
        for place in range(start, stop):
            found, state, message = Fit(0, 0, 0, 0, False), NOT_USABLE, ""
            if usable[place - start]:
                found, state, message = self._fitted(index, place, renderer)
            if message:
                refused.append(
                    {"row": int(index.table["row"][place]), "state": REASONS[state],
                     "message": message}
                )  # fmt: skip
            fits.append(found)
            states.append(state)
        text = "".join(json.dumps(line) + "\n" for line in refused).encode()
        return {
            "state": np.array(states, dtype=np.uint8),
            "tokens": np.array([f.tokens for f in fits], dtype=np.int32),
            "supervised": np.array([f.supervised for f in fits], dtype=np.int32),
            "frames": np.array([f.frames for f in fits], dtype=np.uint16),
            "level": np.array([f.level for f in fits], dtype=np.uint8),
            "refused": np.frombuffer(text, dtype=np.uint8),
        }

    def _fitted(self, index: IndexedSet, place: int, renderer: Renderer) -> tuple[Fit, int, str]:
        try:
            example = index.example(place)
            found = fit(example, self.source.rules, lambda shown: measured(shown, renderer))
        except InputError as error:
            return Fit(0, 0, 0, 0, False), REFUSED, str(error)
        if not found.fits:
            return found, TOO_LONG, f"{found.tokens} tokens, not <= {self.source.rules.max_tokens}"
        if not found.supervised:
            return found, NOTHING_LEARNED, "no token of it is supervised"
        return found, FITS, ""


def measured(example: Example, renderer: Renderer) -> tuple[int, int]:
    """Return the tokens of an example, and how many of them are supervised."""
    rendered = renderer.render(example.messages, example.shown)
    return len(rendered), int(rendered.targets.sum())


def measure_set(
    source: LengthsSource,
    index: IndexedSet,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    build: bool = True,
) -> Table:
    """Return the lengths of all places of a set, computed where they are not stored yet.

    Args:
        source: What they depend on.
        index: Of the set.
        workers: Processes.
        progress: Told after every piece.
        build: False only opens what another process made.

    Returns:
        Columns ``state``, ``tokens``, ``supervised``, ``frames``, ``level``; ``refused`` are JSON
        lines.

    Raises:
        MissingInput: With ``build`` false, if they are not there.
        RecipeError: If the family does not know a rule.
    """
    key = json.dumps(
        [
            _FORMAT, index.table.folder.name, index.table.digest,
            source.rules.model_dump(mode="json"), source.renderer.fingerprint(),
        ],
        sort_keys=True,
    )  # fmt: skip
    name = blake2b(key.encode(), digest_size=10).hexdigest()
    folder = source.cache / f"lengths-{name}"
    if not build:
        return open_table(folder)
    return build_table(
        folder, len(index), _LengthsPiece(source, index.table.digest), workers=workers,
        progress=progress, what=f"{index.examples.name}: lengths",
    )  # fmt: skip


def refused(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the samples that are not learned from because of their length: row, state, message."""
    for line in np.asarray(table["refused"]).tobytes().decode("utf-8").splitlines():
        yield json.loads(line)


def counts(table: Table) -> dict[str, int]:
    """Return how many usable samples fit, how many were made to, and how many are refused."""
    states = Counter(np.asarray(table["state"]).tolist())
    fits = table["state"] == FITS
    found = {
        "fit": states[FITS],
        "fewer frames": int((fits & (table["frames"] > 0)).sum()),
        "smaller pictures": int((fits & (table["level"] > 0)).sum()),
    }
    return found | {REASONS[s]: states[s] for s in sorted(REASONS) if states[s]}


@lru_cache(maxsize=64)
def _opened_index(entry: DataEntry, cache: Path, digest: str) -> IndexedSet:
    index = index_set(entry, cache, build=False)
    if index.table.digest != digest:
        raise CorruptInput("the index was made anew by another process", where=index.table.folder)
    return index
