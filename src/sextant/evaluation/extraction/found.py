"""What was found in a reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["answered", "refused", "ambiguous", "empty"]

STATUSES: tuple[Status, ...] = ("answered", "refused", "ambiguous", "empty")
"""``empty`` also stands for a reply that holds nothing that could be an answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer in a reply, or why there is none.

    Attributes:
        status: ``answered`` only where ``value`` is not None.
        value: A letter, a number, or a text, by what was looked for.
        span: (start, end) of the characters in the reply that decided; None if none did.
    """

    status: Status
    value: str | float | None = None
    span: tuple[int, int] | None = None
