"""Dense captions of pictures: what the simulator knows of them, as conversations to learn from.

One letter as an answer teaches a fresh model nothing of where to look. Here every picture gives
some fifty tokens that depend on it: names with their places in a grid of ten by ten and their
distances; lists of things from left to right, from top to bottom, from near to far; letters with
their places and depths; piles with the heights of their stacks.

    describe -> bed 46 2.3; window 72 4.1; ...
    rug, bed, mirror: near to far -> bed, rug, mirror
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from sextant.execution.atomic import write_text
from sextant.execution.seeds import generator_of
from sextant.training.tiny.looks import Look, MarkedPlace, Thing

MOST_THINGS = 7
ORDERED = (2, 4)
"""Fewest and most things of a list in order."""

MIN_GAP = 0.04
MIN_GAP_RATIO = 1.08
"""Things nearer to each other than this (shares of a side; ratio of distances) are not ordered."""

Turn = tuple[str, str]


def conversations(look: Look, rng: np.random.Generator) -> tuple[Turn, ...]:
    """Return what is asked and said of a picture, at random: another time it is something else."""
    if look.pile:
        return (("describe", said_of_pile(look.pile)),)
    turns = []
    if look.marks:
        places = [look.marks[i] for i in rng.permutation(len(look.marks))]
        turns.append(("letters", "; ".join(said_of(p.letter, p) for p in places)))
        turns += _ordered([(p.letter, p) for p in places], rng)
    things = [look.things[i] for i in rng.permutation(len(look.things))[:MOST_THINGS]]
    if things:
        turns.append(("describe", "; ".join(said_of(t.name, t) for t in things)))
        turns += _ordered([(t.name, t) for t in things], rng)
    return tuple(turns)


def said_of(name: str, place: Thing | MarkedPlace) -> str:
    """Return a name with its place and distance.

    >>> said_of("bed", MarkedPlace("P", 0.46, 0.62, 2.345))
    'bed 46 2.3'
    """
    column, row = (min(9, int(10 * share)) for share in (place.x, place.y))
    return f"{name} {column}{row} {place.distance_m:.1f}"


def said_of_pile(pile: tuple[tuple[int, ...], ...]) -> str:
    """Return the sum of each row from the back, and of all.

    >>> said_of_pile(((2, 1), (1, 0)))
    '3 1: 4'
    """
    return f"{' '.join(str(sum(row)) for row in pile)}: {sum(map(sum, pile))}"


Placed = tuple[str, Thing | MarkedPlace]

_ORDERS: tuple[tuple[str, Callable[[Thing | MarkedPlace], float], bool], ...] = (
    ("left to right", lambda p: p.x, False),
    ("top to bottom", lambda p: p.y, False),
    ("near to far", lambda p: p.distance_m, True),
)


def _ordered(placed: list[Placed], rng: np.random.Generator) -> Iterator[Turn]:
    """Yield lists of some things in each order, where the order is clear."""
    for said, measure, by_ratio in _ORDERS:
        count = min(int(rng.integers(ORDERED[0], ORDERED[1] + 1)), len(placed))
        chosen = [placed[i] for i in rng.permutation(len(placed))]
        kept: list[Placed] = []
        for one in chosen:
            if len(kept) < count and all(
                _apart(measure(one[1]), measure(other[1]), by_ratio) for other in kept
            ):
                kept.append(one)
        if len(kept) > 1:
            answer = sorted(kept, key=lambda one: measure(one[1]))
            yield (
                f"{', '.join(name for name, _ in kept)}: {said}",
                ", ".join(name for name, _ in answer),
            )


def _apart(a: float, b: float, by_ratio: bool) -> bool:
    if by_ratio:
        return max(a, b) > MIN_GAP_RATIO * min(a, b)
    return abs(a - b) > MIN_GAP


def write_captions(looks: Iterable[Look], path: Path, *, times: int = 1, seed: int = 0) -> int:
    """Write conversations as JSONL, ``times`` different ones of each picture; return the lines.

    Args:
        looks: The pictures; their paths are taken over.
        path: File to write.
        times: Rounds over all pictures.
        seed: Of what is chosen.

    Raises:
        OutputError: If it cannot be written.
    """
    lines = []
    kept = list(looks)
    for turn in range(times):
        for look in kept:
            said = conversations(look, generator_of("captions", seed, look.id, turn))
            if said:
                lines.append(json.dumps(_row(f"{look.id}#{turn}", look.image, said)))
    write_text(path, "".join(line + "\n" for line in lines))
    return len(lines)


def _row(name: str, image: str, said: tuple[Turn, ...]) -> dict[str, object]:
    turns = []
    for number, (asked, answer) in enumerate(said):
        value = f"<image>\n{asked}" if not number else asked
        turns += [{"from": "human", "value": value}, {"from": "gpt", "value": answer}]
    return {"id": name, "image": image, "conversations": turns}
