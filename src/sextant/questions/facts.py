"""A question is a fact first: what is asked (``Ask``), and what the geometry says (``Fact``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = Any
"""A value that ``json.dumps`` takes: numbers, strings, booleans, lists and dictionaries of them."""


class Drop(NamedTuple):
    """A rejected candidate; reasons are counted per task and stored with the corpus."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, before the answer is known. ``verify`` rebuilds it from the evidence.

    Attributes:
        objects: Object ids in question order: anchor first; for options, in the proposed order.
        frames: Frame ids shown, in prompt order; empty for questions without images.
        detail: Whatever else identifies the question (marked pixels, variant, category), JSON.
    """

    objects: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """The exact truth of an ``Ask``, in quantities, not in words.

    Attributes:
        ask: What was asked.
        quantity: Name of what was measured, with unit suffix where it is a number.
        value: The numeric truth before rounding; None where the truth is categorical.
        unit: ``m``, ``cm``, ``m2``, ``deg``, ``count``; None where there is none.
        label: The categorical truth ("left", an object id, ...); None where it is a number.
        margin: How far the fact lies inside its tightest threshold, as a fraction of it (0 = at
            the border); feeds the difficulty.
        thresholds: The margins of the recipe that this fact passed.
        reference_frame: Frame of the quantity: ``world``, ``floor``, ``camera:<frame id>``,
            ``object:<id>``.
        geometry: What it was measured on: ``mesh``, ``points``, ``box``, ``depth``, ``pose``,
            ``masks``, ``polygon`` or ``stated`` (by the source).
        detail: Intermediate quantities that phrasing and rationale need, JSON.
        steps: Number of reasoning steps, for the difficulty.
        balance: What the engine keeps even in a balanced family; None = the label. A family whose
            variants have different labels names the variant here too.
    """

    ask: Ask
    quantity: str
    value: float | None = None
    unit: str | None = None
    label: str | None = None
    margin: float = 1.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    reference_frame: str = "world"
    geometry: str = "box"
    detail: Mapping[str, Json] = field(default_factory=dict)
    steps: int = 1
    balance: str | None = None
