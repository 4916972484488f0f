"""One JSON array of millions of objects, read record by record without parsing the rest.

The array may be the file, or a value inside it (``find_array``). An object is read in the same way:
its members are its items, ``"key": {...}``.

A compiled scan follows brackets and strings. What it calls a record is parsed afterwards, so a
file that only looks like an array does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Made = TypeVar("Made")

_BLOCK = 2**20


@njit(cache=True, nogil=True)
def _scan(data, state, starts, stops):  # type: ignore[no-untyped-def]
    """Follow the bytes of a block; note where items of the outer array begin and end.

    ``state`` is (depth, inside a string, after a backslash, an item is open); returns how many
    items began and ended.
    """
    depth, inside, escaped, opened = state[0], state[1], state[2], state[3]
    begun = ended = 0
    for i in range(len(data)):
        c = data[i]
        if inside:
            if escaped:
                escaped = 0
            elif c == 92:
                escaped = 1
            elif c == 34:
                inside = 0
            continue
        if c == 32 or c == 10 or c == 13 or c == 9:
            continue
        if depth == 1 and not opened and c != 44 and c != 93 and c != 125:
            opened = 1
            starts[begun] = i
            begun += 1
        if c == 34:
            inside = 1
        elif c == 91 or c == 123:
            depth += 1
        elif c == 93 or c == 125:
            depth -= 1
            if depth == 0 and opened:
                opened = 0
                stops[ended] = i
                ended += 1
            if depth <= 0:  # what follows belongs to something else
                break
        elif c == 44 and depth == 1 and opened:
            opened = 0
            stops[ended] = i
            ended += 1
    state[0], state[1], state[2], state[3] = depth, inside, escaped, opened
    return begun, ended


def _blocks(
    path: Path, start: int, base: int
) -> Iterator[tuple[int, bytes, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (offset of a block, its bytes, where in it items begin, where they end)."""
    # A piece begins with a record, so the outer bracket is behind it.
    state = np.array([0 if start == base else 1, 0, 0, 0], dtype=np.int64)
    starts, stops = np.empty(_BLOCK, dtype=np.int64), np.empty(_BLOCK, dtype=np.int64)
    with path.open("rb") as stream:
        stream.seek(start)
        at = start
        while block := stream.read(_BLOCK):
            begun, ended = _scan(np.frombuffer(block, dtype=np.uint8), state, starts, stops)
            yield at, block, starts[:begun], stops[:ended]
            at += len(block)
            if state[0] <= 0:
                return


def find_array(path: Path, key: str) -> int | None:
    """Return where the array begins that a JSON object has under a key; None if it has none."""
    named = re.compile(rb'"%b"\s*:\s*(\[)?' % re.escape(key.encode()))
    with path.open("rb") as stream:
        for at, _block, starts, _stops in _blocks(path, 0, 0):
            for place in (starts + at).tolist():
                stream.seek(place)
                found = named.match(stream.read(len(key) + 1024))
                if found is not None:
                    return int(place + found.start(1)) if found[1] else None
    return None


def cut_array(path: Path, size: int, stop: int, base: int = 0) -> list[int]:
    """Return offsets at which pieces begin, of at least ``size`` bytes, and the end.

    Args:
        path: The file.
        size: Of a piece.
        stop: End of the range.
        base: Where the array begins.
    """
    cuts = [base]
    for at, _block, starts, _stops in _blocks(path, base, base):
        for place in (starts + at).tolist():
            if place < stop and place - cuts[-1] >= size:
                cuts.append(place)
        if at >= stop:
            break
    return [*cuts, stop] if stop > cuts[-1] else cuts


def records_of_array(
    path: Path,
    start: int,
    stop: int,
    longest: int,
    made: Callable[[int, int, bytes | None], Made],
    base: int = 0,
) -> Iterator[Made]:
    """Yield the items that begin in a range.

    Args:
        path: The file.
        start: ``base``, or where an item begins.
        stop: End of the range.
        longest: Bytes of an item above which it is not kept.
        made: Called with offset, running number and bytes (None: too long).
        base: Where the array begins.
    """
    number, begun, held = 0, -1, bytearray()
    for at, block, starts, stops in _blocks(path, start, base):
        waiting, place = iter(starts.tolist()), 0
        for end in stops.tolist():
            if begun < 0:  # it began in this block
                place = next(waiting)
                begun = at + place
            if begun >= stop:
                return
            _extend(held, block[place:end], longest)
            yield made(begun, number, bytes(held).rstrip() if len(held) <= longest else None)
            number, begun, place = number + 1, -1, end
            held.clear()
        if begun < 0:
            place = next(waiting, -1)
            begun = at + place if place >= 0 else -1
        if begun >= 0:
            _extend(held, block[place:], longest)
            place = 0
    if 0 <= begun < stop:  # the file ends inside it
        yield made(begun, number, bytes(held).rstrip() if len(held) <= longest else None)


def _extend(held: bytearray, data: bytes, longest: int) -> None:
    """Add to a record, not much further than to where it is too long."""
    if len(held) <= longest:
        held += data[: longest + 1 - len(held)]
