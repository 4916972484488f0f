"""The mixing recipe: one YAML file, validated into frozen models, unknown keys refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Dimension = Literal[
    "group", "input", "capability", "task", "source", "difficulty", "answer_type", "rationale"
]

DIMENSIONS: tuple[Dimension, ...] = (
    "group", "input", "capability", "task", "source", "difficulty", "answer_type", "rationale",
)  # fmt: skip

REST = "*"
"""As a value of shares or counts: all values that are not named."""


class Part(BaseModel):
    """Frozen, and it refuses keys it does not know, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MixInput(Part):
    """A corpus, and which of its rows may be taken."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    group: str = Field("", description="what shares over `group` call it; else its name")
    corpus: str | None = Field(None, description="folder; else given by --input name=folder")
    weight: float = Field(1.0, gt=0, le=1e6, description="its rows count so many times for shares")
    capabilities: tuple[str, ...] = Field((), description="only these; empty = all")
    tasks: tuple[str, ...] = Field((), description="only these families; empty = all")
    optional: bool = Field(False, description="left out where no folder is given")


class Holdout(Part):
    """Scenes that training must not see."""

    share: float = Field(0.0, ge=0, lt=1, description="of scenes, by a hash of their names")
    rows: int = Field(20_000, ge=0, description="most rows of val; drawn by their ids")
    exclude_scenes: tuple[str, ...] = Field(
        (), description="files of scene names, one a line: left out altogether"
    )


class MixRecipe(Part):
    """Everything that decides which rows of its inputs a corpus has."""

    inputs: tuple[MixInput, ...] = Field(min_length=1)
    without: tuple[str, ...] = Field((), description="inputs left out, to see what they give")
    total: int | None = Field(None, ge=1, description="training rows wanted")
    shares: Mapping[Dimension, Mapping[str, float]] = Field(
        default_factory=dict, description="of the rows, by value; `*` = all others; unnamed = none"
    )
    counts: Mapping[Dimension, Mapping[str, int]] = Field(
        default_factory=dict, description="rows, by value; unnamed values are not limited"
    )
    caps: Mapping[Dimension | Literal["scene"], int] = Field(
        default_factory=dict, description="most rows of any value; of any scene"
    )
    exclude_ids: tuple[str, ...] = Field(
        (), description="lists of ids (.txt, .parquet), as audit --drop writes them: left out"
    )
    balance: tuple[Dimension, ...] = Field(
        ("input", "capability", "task"), description="what temperature evens out"
    )
    temperature: float = Field(
        1.0, ge=1, le=1000, description="weights are counts to the power 1/temperature"
    )
    holdout: Holdout = Holdout()
    seed: int = Field(0, ge=0, lt=2**63)

    @field_validator("shares")
    @classmethod
    def _shares_are_shares(cls, value: Any) -> Any:
        for dimension, shares in value.items():
            if not shares or any(s < 0 for s in shares.values()) or sum(shares.values()) <= 0:
                raise ValueError(f"shares of {dimension} are numbers >= 0, one of them above 0")
        return value

    @field_validator("counts")
    @classmethod
    def _counts_are_counts(cls, value: Any) -> Any:
        if any(n < 0 for counts in value.values() for n in counts.values()):
            raise ValueError("counts are >= 0")
        return value

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> MixRecipe:
        names = [given.name for given in self.inputs]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two inputs are called {', '.join(sorted(twice))}")
        unknown = sorted(set(self.without) - set(names))
        if unknown:
            raise ValueError(f"no input is called {', '.join(unknown)}")
        both = sorted(set(self.shares) & set(self.counts))
        if both:
            raise ValueError(f"{', '.join(both)}: shares or counts, not both")
        if any(cap < 1 for cap in self.caps.values()):
            raise ValueError("caps are >= 1")
        return self

    def digest(self) -> str:
        """Return 16 hex digits that identify the resolved recipe."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()
