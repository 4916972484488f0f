"""What a corpus should look like: wanted shares, and how far it may lean anywhere.

The recipe holds these rules, and ``sextant.corpus.selection`` follows them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Dimension = Literal["capability", "task", "source", "difficulty", "answer_type", "letter", "answer"]


class Tolerance(BaseModel):
    """How far a count may lie from its even share: rows + root * sqrt(n) + share * n of n rows.

    Chance alone leaves a count some 0.5 * sqrt(n) off; forcing it closer would make a held-out part
    of the corpus lean the other way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: float = Field(ge=0, description="always allowed: a few rows prove nothing")
    root: float = Field(0.0, ge=0, description="allowed as chance would, per square root of n")
    share: float = Field(0.0, ge=0, le=1, description="allowed of many")


class SelectionRules(BaseModel):
    """Which of the generated questions are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(True, description="false keeps every generated question")
    total: int | None = Field(None, ge=1, description="most questions kept; None = all that fit")
    oversample: float = Field(
        2.0, ge=1, le=20, description="candidates made per question that --limit asks for"
    )
    shares: Mapping[Dimension, Mapping[str, float]] = Field(
        default_factory=dict,
        description="wanted shares, e.g. difficulty: {easy: 0.3, medium: 0.4, hard: 0.3}; those of "
        "letters among choices, those of answers among yes/no",
    )
    letters: Tolerance = Field(
        Tolerance(rows=1.0, root=0.5, share=0.01), description="each option letter of a family"
    )
    answers: Tolerance = Field(
        Tolerance(rows=1.5, root=0.3, share=0.02),
        description="yes/no and labels of a family's variant",
    )
    options: Tolerance = Field(
        Tolerance(rows=0.75, root=0.15, share=0.02),
        description="an option text: how often it is right",
    )
    pairs: Tolerance = Field(
        Tolerance(rows=1.0, root=0.15, share=0.05), description="which of two options is right"
    )
    names: Tolerance = Field(
        Tolerance(rows=1.0, root=0.2, share=0.03),
        description="an answer, given who the question is about",
    )
    heuristics: Tolerance = Field(
        Tolerance(rows=2.0, share=0.08), description="how often a 2D heuristic is right"
    )
    values: Tolerance = Field(
        Tolerance(rows=6.0, share=0.5), description="one written number or text of a family"
    )

    @field_validator("shares")
    @classmethod
    def _shares_are_shares(
        cls, value: Mapping[Dimension, Mapping[str, float]]
    ) -> Mapping[Dimension, Mapping[str, float]]:
        for dimension, shares in value.items():
            if any(s < 0 or not math.isfinite(s) for s in shares.values()):
                raise ValueError(f"{dimension}: shares are finite numbers >= 0")
            if shares and sum(shares.values()) <= 0:
                raise ValueError(f"{dimension}: at least one share must be above 0")
        return value
