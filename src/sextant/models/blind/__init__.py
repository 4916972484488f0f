"""Baselines that look at texts and at the answers of other folds, never at a picture.

What a benchmark gives away to them is no spatial skill; a model is worth what it adds.
"""

from __future__ import annotations

from sextant.models.blind.model import BASELINES, Baseline
from sextant.models.messages import BlindModel, ModelOptions
from sextant.models.registry import unknown


def open_model(name: str, options: ModelOptions) -> BlindModel:
    """Return the baseline ``chance``, ``most_frequent`` or ``prior``.

    Raises:
        RecipeError: If there is no such baseline.
    """
    if name not in BASELINES:
        raise unknown("baseline", name, tuple(sorted(BASELINES)))
    return Baseline(name)
