"""The wire format of protocol buffers, as far as a reader needs it: numbers, texts, messages.

Only what a schema names is looked at; unknown fields are stepped over, as the format intends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput

VARINT, I64, LEN, I32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, and its value as an integer or as bytes."""

    number: int
    wire: int
    value: int | bytes


def fields(data: bytes, where: object) -> Iterator[Field]:
    """Yield the fields of a message in their order.

    Raises:
        CorruptInput: If the message is truncated, or uses what proto3 does not have (groups).
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at, where)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise _corrupt("a field of number 0", where, at)
        if wire == VARINT:
            value, at = _varint(data, at, where)
            yield Field(number, wire, value)
            continue
        if wire == LEN:
            length, at = _varint(data, at, where)
        elif wire in (I32, I64):
            length = 4 if wire == I32 else 8
        else:
            raise _corrupt(f"wire type {wire}", where, at)
        if at + length > len(data):
            raise _corrupt("a field that ends beyond the message", where, at)
        yield Field(number, wire, data[at : at + length])
        at += length


def messages(data: bytes, number: int, where: object) -> Iterator[bytes]:
    """Yield the bytes of every sub-message (or text) in a field."""
    for field in fields(data, where):
        if field.number == number and isinstance(field.value, bytes) and field.wire == LEN:
            yield field.value


def integer(data: bytes, number: int, where: object) -> int | None:
    """Return the last value of an integer field; None if it is not there."""
    found = None
    for field in fields(data, where):
        if field.number == number and isinstance(field.value, int):
            found = field.value
    return found


def double(data: bytes, number: int, where: object) -> float | None:
    """Return the last value of a double field; None if it is not there."""
    found = None
    for field in fields(data, where):
        if field.number == number and field.wire == I64 and isinstance(field.value, bytes):
            (found,) = struct.unpack("<d", field.value)
    return found


def text(data: bytes, number: int, where: object) -> str | None:
    """Return the last value of a text field; None if it is not there.

    Raises:
        CorruptInput: If it is not UTF-8.
    """
    found = None
    for piece in messages(data, number, where):
        found = piece
    try:
        return None if found is None else found.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptInput("text is not UTF-8", where=where, got=error) from error


def floats(data: bytes, number: int, where: object) -> NDArray[np.float64]:
    """Return (n,) numbers of a repeated float field, packed or not.

    Raises:
        CorruptInput: If a packed run is no whole number of floats.
    """
    pieces = []
    for field in fields(data, where):
        if field.number == number and field.wire in (LEN, I32) and isinstance(field.value, bytes):
            if len(field.value) % 4:
                raise CorruptInput("packed floats are cut", where=where, got=len(field.value))
            with np.errstate(invalid="ignore"):  # NaNs of the kind that signals
                pieces.append(np.frombuffer(field.value, dtype="<f4").astype(np.float64))
    return np.concatenate(pieces) if pieces else np.zeros(0)


def _varint(data: bytes, at: int, where: object) -> tuple[int, int]:
    value = 0
    for k in range(10):
        if at + k >= len(data):
            raise _corrupt("an integer that ends beyond the message", where, at)
        byte = data[at + k]
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            return value, at + k + 1
    raise _corrupt("an integer of more than ten bytes", where, at)


def _corrupt(what: str, where: object, at: int) -> CorruptInput:
    return CorruptInput("not a protocol buffer message", where=where, got=f"{what} at byte {at}")
