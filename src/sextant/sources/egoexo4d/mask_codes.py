"""Masks as relation annotations write them: COCO's run lengths, packed by lz-string.

Two codes, one inside the other, written anew from their descriptions:

- lz-string, with its alphabet for addresses: every character holds six bits, the highest first;
  codes in them are written lowest bit first and grow by a bit whenever the dictionary doubles.
  Codes 0 and 1 announce a character of 8 or 16 bits, 2 is the end.
- COCO's compressed run lengths (cocoapi, maskApi.c): six bits a character from "0" on, five of them
  digits, the sixth "goes on"; from the third run on, the difference to the run before the last.
  Runs go down the columns and start with what is not in the mask.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
_PLACE = {sign: place for place, sign in enumerate(_ALPHABET)}
_EIGHT_BITS, _SIXTEEN_BITS, _END = 0, 1, 2

MAX_TEXT = 4_000_000
"""Characters of run lengths; a mask whose every pixel is a run of its own would need more."""


def decode_mask(code: str, width: int, height: int, where: object) -> NDArray[np.bool_]:
    """Return the (height, width) mask that a code stands for.

    Raises:
        CorruptInput: If it is no such code, or its runs do not fill the picture.
    """
    runs = run_lengths(unpack(code, where), where)
    if sum(runs) != width * height:
        raise CorruptInput(
            "the mask's runs do not fill its picture", where=where,
            expected=f"{width}x{height} pixels", got=sum(runs),
        )  # fmt: skip
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def unpack(code: str, where: object) -> str:
    """Return the text that lz-string packed into characters fit for addresses.

    Raises:
        CorruptInput: If it is no such code, or the text is longer than ``MAX_TEXT``.
    """
    try:
        return _unpack(_Bits(code))
    except (KeyError, IndexError) as error:
        raise CorruptInput("mask is no lz-string code", where=where, got=code[:40]) from error
    except OverflowError as error:
        raise CorruptInput(
            "mask is too large once unpacked", where=where, expected=f"<= {MAX_TEXT} characters"
        ) from error


class _Bits:
    """The bits of a code, read a few at a time; past the end it raises ``IndexError``."""

    def __init__(self, code: str) -> None:
        places = np.array([_PLACE[sign] for sign in code], dtype=np.uint8)
        self._bits = np.unpackbits(places[:, None], axis=1)[:, 2:].ravel().tolist()
        self._at = 0

    def read(self, count: int) -> int:
        self._at += count
        if self._at > len(self._bits):
            raise IndexError
        first = self._at - count
        return sum(self._bits[first + k] << k for k in range(count))


def _unpack(bits: _Bits) -> str:
    known: list[str | None] = [None, None, None]  # three codes are no words
    said: list[str] = []
    length, before, width = 0, "", 2
    while (code := bits.read(width)) != _END:
        if code in (_EIGHT_BITS, _SIXTEEN_BITS):
            known.append(chr(bits.read(8 if code == _EIGHT_BITS else 16)))
            code = len(known) - 1
        # The word that is just being made may be used at once.
        word = known[code] if code < len(known) else _next_word(code, known, before)
        assert word is not None
        if before:
            known.append(before + word[0])
        said.append(word)
        length += len(word)
        if length > MAX_TEXT:
            raise OverflowError
        before = word
        width = max(3, len(known).bit_length())
    return "".join(said)


def _next_word(code: int, known: list[str | None], before: str) -> str:
    if code != len(known) or not before:
        raise IndexError
    return before + before[0]


def run_lengths(text: str, where: object) -> list[int]:
    """Return the runs that COCO's compressed text lists, alternately outside and inside.

    Raises:
        CorruptInput: If it holds other characters, ends within a number, or a run is negative.
    """
    runs: list[int] = []
    for number in _numbers(text, where):
        runs.append(number + (runs[-2] if len(runs) > 2 else 0))
        if runs[-1] < 0:
            raise CorruptInput("the mask has a negative run", where=where, got=runs[-1])
    return runs


def _numbers(text: str, where: object) -> Iterator[int]:
    number = shift = 0
    for sign in text:
        digits = ord(sign) - 48
        if not 0 <= digits < 64 or shift > 40:
            raise CorruptInput("the mask's runs cannot be read", where=where, got=ascii(sign))
        number |= (digits & 0x1F) << shift
        shift += 5
        if digits & 0x20:
            continue
        yield number - (1 << shift) if digits & 0x10 else number
        number = shift = 0
    if shift:
        raise CorruptInput("the mask's runs end within a number", where=where)
