"""Dense captions of pictures: what the simulator knows of them, as conversations to learn from.

One letter as an answer teaches a fresh model nothing of where to look. Here every picture gives
some fifty tokens that depend on it: names with their places in a grid of ten by ten and their
distances; lists of things from left to right, from top to bottom, from near to far; the outermost
or nearest of some by its option letter; the same of letters drawn on the picture; piles with the
blocks of their rows. None of it is a question of ``tasks``: the words of those are left to the
second stage.

    describe -> bed 46 2.3; window 72 4.1; ...
    bed: metres -> 2.3
    rug, bed, mirror: near to far -> bed, rug, mirror
    leftmost Options: A. rug B. bed -> B
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from sextant.execution.atomic import write_text
from sextant.execution.seeds import generator_of
from sextant.samples.sample import LETTERS
from sextant.training.tiny.looks import Look, MarkedPlace, Thing

MOST_THINGS = 5
FEWEST, MOST = 2, 4
"""Things that are put in order, or of which one is picked."""

MIN_GAP = 0.04
MIN_GAP_RATIO = 1.08
"""Things nearer to each other than this (shares of a side; ratio of distances) are not compared."""

CALLED = ("{}", "point {}", "object marked {}")
"""How a letter on the picture is called, the same throughout a conversation."""

Turn = tuple[str, str]
Placed = tuple[str, Thing | MarkedPlace]
Measure = Callable[[Thing | MarkedPlace], float]
T = TypeVar("T")


def conversations(look: Look, rng: np.random.Generator) -> tuple[Turn, ...]:
    """Return what is asked and said of a picture, at random: another time it is something else.

    A list of everything (of a pile, its number of blocks) comes always, another turn every other
    time, before or after it.
    """
    if look.kind == "pile":
        said = _of_pile(look.pile, rng)
    elif look.kind == "marks":
        # By the alphabet: which letters there are is the first thing that a picture can teach.
        called = CALLED[int(rng.integers(len(CALLED)))]
        marks = sorted(look.marks, key=lambda mark: mark.letter)
        said = [_list("letters", [(mark.letter, mark) for mark in marks])]
        said += _compared([(called.format(m.letter), m) for m in marks], rng)
    elif look.things:
        things = [look.things[i] for i in rng.permutation(len(look.things))[:MOST_THINGS]]
        placed: list[Placed] = [(t.name, t) for t in sorted(things, key=lambda thing: thing.x)]
        said = [_list("describe", placed), *_compared(placed, rng)]
    else:
        return ()
    kept = [said[0], *_some(said[1:], int(rng.integers(2)), rng)]
    return tuple(_some(kept, len(kept), rng))


def _list(wanted: str, placed: list[Placed]) -> Turn:
    return wanted, "; ".join(said_of(name, place) for name, place in placed)


def _compared(placed: list[Placed], rng: np.random.Generator) -> list[Turn]:
    """Return a turn of each kind that the places allow."""
    name, place = placed[int(rng.integers(len(placed)))]
    turns = [(f"{name}: metres", said_of_distance(place)), (f"{name}: cell", said_of_cell(place))]
    for said, measure, by_ratio in _some(_ORDERS, 1, rng):
        turns += _ordered(placed, said, measure, by_ratio, rng)
    for said, sign, measure, by_ratio in _some(_ENDS, 2, rng):
        turns += _picked(placed, said, sign, measure, by_ratio, rng)
    return turns


def _of_pile(pile: tuple[tuple[int, ...], ...], rng: np.random.Generator) -> list[Turn]:
    """Return the number of blocks of a pile, its rows, and the number among its neighbours."""
    blocks = sum(map(sum, pile))
    first = max(1, blocks - int(rng.integers(MOST)))
    choice = _choice("blocks", [str(first + k) for k in range(MOST)], blocks - first)
    return [("blocks", str(blocks)), ("describe", said_of_pile(pile)), choice]


def said_of(name: str, place: Thing | MarkedPlace) -> str:
    """Return a name with its place and distance.

    >>> said_of("bed", MarkedPlace("P", 0.46, 0.62, 2.345))
    'bed 46 2.3'
    """
    return f"{name} {said_of_cell(place)} {said_of_distance(place)}"


def said_of_cell(place: Thing | MarkedPlace) -> str:
    """Return column and row of a place in a grid of ten by ten, from the top left corner."""
    column, row = (min(9, int(10 * share)) for share in (place.x, place.y))
    return f"{column}{row}"


def said_of_distance(place: Thing | MarkedPlace) -> str:
    """Return metres with one decimal."""
    return f"{place.distance_m:.1f}"


def said_of_pile(pile: tuple[tuple[int, ...], ...]) -> str:
    """Return the sum of each row from the back, and of all.

    >>> said_of_pile(((2, 1), (1, 0)))
    '3 1: 4'
    """
    return f"{' '.join(str(sum(row)) for row in pile)}: {sum(map(sum, pile))}"


_ORDERS: tuple[tuple[str, Measure, bool], ...] = (
    ("left to right", lambda p: p.x, False),
    ("top to bottom", lambda p: p.y, False),
    ("near to far", lambda p: p.distance_m, True),
)

_ENDS: tuple[tuple[str, int, Measure, bool], ...] = tuple(
    (said, sign, measure, by_ratio)
    for (_, measure, by_ratio), names in zip(
        _ORDERS,
        (("leftmost", "rightmost"), ("topmost", "bottommost"), ("nearest", "farthest")),
        strict=True,
    )
    for said, sign in zip(names, (1, -1), strict=True)
)


def _some(pool: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    return [pool[i] for i in rng.permutation(len(pool))[:count]]


def _ordered(
    placed: list[Placed], said: str, measure: Measure, by_ratio: bool, rng: np.random.Generator
) -> Iterator[Turn]:
    """Yield some things in an order, where it is clear."""
    kept = _spread(placed, measure, by_ratio, rng)
    if len(kept) > 1:
        answer = sorted(kept, key=lambda one: measure(one[1]))
        names = ", ".join(name for name, _ in kept)
        yield f"{names}: {said}", ", ".join(name for name, _ in answer)


def _picked(
    placed: list[Placed], said: str, sign: int, measure: Measure, by_ratio: bool,
    rng: np.random.Generator,
) -> Iterator[Turn]:  # fmt: skip
    """Yield the letter of the thing at one end of an order."""
    kept = _spread(placed, measure, by_ratio, rng)
    if len(kept) > 1:
        values = [sign * measure(place) for _, place in kept]
        yield _choice(said, [name for name, _ in kept], values.index(min(values)))


def _choice(asked: str, options: list[str], right: int) -> Turn:
    lines = [f"{LETTERS[k]}. {option}" for k, option in enumerate(options)]
    return "\n".join([asked, "Options:", *lines]), LETTERS[right]


def _spread(
    placed: list[Placed], measure: Measure, by_ratio: bool, rng: np.random.Generator
) -> list[Placed]:
    """Return some things in any order, none of which is near another by a measure."""
    count = int(rng.integers(FEWEST, MOST + 1))
    kept: list[Placed] = []
    for one in (placed[i] for i in rng.permutation(len(placed))):
        if len(kept) < count and all(
            _apart(measure(one[1]), measure(other[1]), by_ratio) for other in kept
        ):
            kept.append(one)
    return kept


def _apart(a: float, b: float, by_ratio: bool) -> bool:
    if by_ratio:
        return max(a, b) > MIN_GAP_RATIO * min(a, b)
    return abs(a - b) > MIN_GAP


def write_captions(
    looks: Iterable[Look], path: Path, *, times: Mapping[str, int] | None = None, seed: int = 0
) -> int:
    """Write conversations as JSONL; return the lines.

    Args:
        looks: The pictures; their paths are taken over.
        path: File to write.
        times: How many different ones each kind of picture (``Look.kind``) has; None = one.
        seed: Of what is chosen.

    Raises:
        OutputError: If it cannot be written.
    """
    lines = []
    for look in looks:
        for turn in range(1 if times is None else times[look.kind]):
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
