"""Broken records are left out and counted, up to a share beyond which the reading is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sextant.errors import ConventionError, InputError

T = TypeVar("T")
R = TypeVar("R")

MAX_BROKEN_SHARE = 0.2
"""With more broken records than this, the convention is wrong rather than a record."""


@dataclass(slots=True)
class Quarantine:
    """The records of one kind that could not be used.

    Attributes:
        kind: What they are, in the plural: ``"frames"``, ``"objects"``.
        max_share: Share of broken records that is borne.
        seen: How many records were tried.
        errors: What was wrong with the broken ones.
    """

    kind: str
    max_share: float = MAX_BROKEN_SHARE
    seen: int = 0
    errors: list[InputError] = field(default_factory=list)

    def sift(self, records: Iterable[T], read: Callable[[T], R]) -> Iterator[tuple[T, R]]:
        """Yield each record with what ``read`` makes of it; broken ones are set aside."""
        for record in records:
            self.seen += 1
            try:
                made = read(record)
            except InputError as error:
                # What it says is kept, not where it came through: tracebacks hold frames, and
                # these hold arrays, open files and this very object.
                error.__traceback__ = error.__cause__ = error.__context__ = None
                self.errors.append(error)
                continue
            yield record, made

    def check(self) -> None:
        """Refuse the scene if too many records were broken.

        Raises:
            ConventionError: With the first of them.
        """
        if len(self.errors) <= self.max_share * self.seen:
            return
        first = self.errors[0]
        raise ConventionError(
            f"{len(self.errors)} of {self.seen} {self.kind} are unusable; the first: {first.what}",
            where=first.where,
            expected=first.expected or f"at most {self.max_share:.0%} broken {self.kind}",
            got=first.got,
            hint=first.hint,
        )

    @property
    def notes(self) -> dict[str, str]:
        """What a scene's ``notes`` say about them."""
        if not self.errors:
            return {}
        first = self.errors[0]
        return {
            f"{self.kind}_dropped": str(len(self.errors)),
            f"{self.kind}_dropped_first": f"{first.where}: {first.what}",
        }
