"""Samples that are too long: fewer frames, smaller pictures, or none at all. Never cut.

A cut text ends in the middle of a picture's tokens or loses its answer, so nothing is cut. Frames
are left out only of a *video*: a run of pictures before the first question, at least
``frames_from`` of them; those that stay are evenly spaced, the first and the last among them.
Pictures that a text speaks of one by one stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sextant.models.family import Message
from sextant.training.examples import Example
from sextant.training.recipe import FitRules

SCALES = tuple(2.0 ** (-level / 4) for level in range(17))
"""Scales that pictures are shown at; each has about 0.7 times the pixels of the one before."""

_RUN = re.compile(r"\s*(?:<image>\s*)+")
_MARK = re.compile(r"<image>\s*")

Lengths = tuple[int, int]
"""Tokens of a sample, and how many of them are supervised."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a sample is shown.

    Attributes:
        tokens, supervised: Its lengths then.
        frames: Frames that its video keeps; 0 = all.
        level: Index into ``SCALES``.
        fits: Whether it is short enough.
    """

    tokens: int
    supervised: int
    frames: int
    level: int
    fits: bool


def fit(example: Example, rules: FitRules, measure: Callable[[Example], Lengths]) -> Fit:
    """Find out how a sample is shown so that it is not too long.

    Args:
        example: All its pictures, at scale 1.
        rules: Of the recipe.
        measure: Returns the lengths of an example.
    """
    video = _video(example, rules)
    frames = rules.max_frames if video > rules.max_frames else video
    level = 0

    def measured() -> Lengths:
        kept = frames if frames < video else 0
        return measure(shown(example, kept, level, rules))

    tokens, supervised = measured()
    if rules.too_long in ("frames", "frames_then_shrink"):
        while tokens > rules.max_tokens and frames > rules.min_frames:
            # Lengths are nearly linear in frames; at least one goes, so this ends.
            guess = int(frames * rules.max_tokens / tokens)
            frames = max(rules.min_frames, min(frames - 1, guess))
            tokens, supervised = measured()
    if rules.too_long in ("shrink", "frames_then_shrink") and example.pictures:
        while (
            tokens > rules.max_tokens
            and level + 1 < len(SCALES)
            and SCALES[level + 1] >= rules.min_scale
        ):
            level += 1
            tokens, supervised = measured()
    kept = frames if frames < video else 0
    return Fit(tokens, supervised, kept, level, tokens <= rules.max_tokens)


def shown(example: Example, frames: int, level: int, rules: FitRules) -> Example:
    """Return an example as ``fit`` decided that it is shown.

    Args:
        example: As it is stored.
        frames: Of its video; 0 = all.
        level: Index into ``SCALES``.
        rules: Those that it was fitted by.
    """
    video = _video(example, rules)
    if frames and frames < video:
        kept = np.round(np.linspace(0, video - 1, frames)).astype(int).tolist()
        chosen = [*kept, *range(video, len(example.pictures))]
        example = replace(
            example,
            messages=_without_frames(example.messages, set(kept), video),
            pictures=tuple(example.pictures[i] for i in chosen),
            sizes=tuple(example.sizes[i] for i in chosen),
        )
    return replace(example, scale=SCALES[level]) if level else example


def _video(example: Example, rules: FitRules) -> int:
    """Return how many pictures stand before the first question, if they are so many as a video."""
    first = next(m for m in example.messages if m.role == "user")
    run = _RUN.match(first.text)
    count = len(_MARK.findall(run.group())) if run is not None else 0
    return count if count >= rules.frames_from else 0


def _without_frames(
    messages: tuple[Message, ...], kept: set[int], video: int
) -> tuple[Message, ...]:
    place = next(i for i, m in enumerate(messages) if m.role == "user")
    text = messages[place].text
    marks = list(_MARK.finditer(text))[:video]
    # What stands between the last frame and the question stays there.
    left = [marks[i].group() for i in sorted(kept)]
    left[-1] = marks[-1].group()
    shorter = text[: marks[0].start()] + "".join(left) + text[marks[-1].end() :]
    return (*messages[:place], replace(messages[place], text=shorter), *messages[place + 1 :])
