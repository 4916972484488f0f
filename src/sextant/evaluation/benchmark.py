"""What a benchmark is: items, prompts, and rules that turn replies into points.

A benchmark is one file in ``evaluation/benchmarks`` with a ``BENCHMARK`` in it. Its prompts and its
rules are named *profiles*: ``official`` (the authors' own evaluation code), ``vlmevalkit``,
``lmms-eval`` (what these harnesses do with this benchmark, defects included) and ``strict`` (ours).
The profile of the prompt and that of the scoring are chosen independently.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.extraction.found import Status
from sextant.evaluation.items import Item, OnBroken

PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is put before a model.

    Attributes:
        text: With one ``<image>`` per picture, or one ``<video>``, where they go.
        system: System turn; None = the model's default.
        max_new_tokens: As the profile wants it.
    """

    text: str
    system: str | None = None
    max_new_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Scored:
    """What a reply is worth under one profile.

    Attributes:
        points: Numerator of the item's score; 0..1 for plain accuracy.
        weight: Denominator; 1 except for chance-adjusted rules.
        status: What extraction found.
        value: The letter, number or text that was found.
        span: Where in the reply.
    """

    points: float
    status: Status
    value: str | float | None = None
    span: tuple[int, int] | None = None
    weight: float = 1.0


Combine = Callable[[Mapping[str, NDArray[np.float64]]], NDArray[np.float64]]
"""Task -> array of that task's score (one entry per bootstrap draw) to the headline's array.

A task without a row in a draw is NaN; which tasks there are does not change between draws.
"""


@dataclass(frozen=True, slots=True)
class Headline:
    """How the scores of tasks become one number.

    Attributes:
        name: How tables call it, e.g. ``macro over 8 tasks``.
        combine: See ``Combine``; None = micro, all points over all weights.
        collapse: Name of the group whose rows count as one that is right only if all of them are
            (pre-expanded circular sets); None = rows count by themselves. A group named here is a
            key with about as many values as there are questions: tables do not list it.
        only: Groups and the value that rows must have to be counted at all, e.g.
            ``{"rotation": "0"}``; empty = all rows.
    """

    name: str
    combine: Combine | None = None
    collapse: str | None = None
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameRule:
    """Which frames of a video a protocol shows.

    Attributes:
        count: So many frames.
        method: ``uniform_tail`` (linspace, last frame appended if missing), ``uniform``,
            ``chunk_center``, or ``fps``.
        fps: For ``fps``; at most ``count`` frames.
    """

    count: int = 32
    method: str = "uniform_tail"
    fps: float | None = None


class Benchmark(ABC):
    """A set of questions and the rules of those who score it."""

    name: ClassVar[str]
    title: ClassVar[str]
    license: ClassVar[str]
    prompts: ClassVar[tuple[str, ...]] = PROFILES
    rules: ClassVar[tuple[str, ...]] = PROFILES

    @abstractmethod
    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the files as distributed, in their order; media stay unread.

        Raises:
            InputError: If the folder is not this benchmark, with what was expected.
        """

    @abstractmethod
    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the prompt that a profile makes of an item."""

    @abstractmethod
    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Return what a reply is worth by the rules of a profile."""

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return the profile's ways to one number; the first is the score of the benchmark."""
        return (Headline("micro"),)

    def frames(self, profile: str) -> FrameRule:
        """Return which frames of a video a profile shows unless the run says otherwise."""
        return FrameRule()
