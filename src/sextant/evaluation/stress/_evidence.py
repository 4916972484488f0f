"""The evidence that rows of a Sextant corpus carry, as stress tests see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sextant.evaluation.items import Item


def evidence_of(item: Item) -> Mapping[str, Any] | None:
    """Return the evidence of an item, None if it has none (any other benchmark).

    ``raw["evidence"]`` is the object itself, its JSON text, or a function that returns either.
    """
    found = item.raw.get("evidence")
    if callable(found):
        found = found()
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return None
    return found if isinstance(found, Mapping) else None
