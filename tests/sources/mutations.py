"""Damage bytes: cut, overwritten, swollen, or with a few numbers made odd."""

from __future__ import annotations

import struct

import numpy as np

ODD_TEXTS = (
    b"nan", b"-inf", b"1e999", b"0", b"-1", b"99999999999999999999", b"null", b'"x"', b"2147483648",
    b"-2147483649", b"18446744073709551616", b"1e-320", b"9" * 400, b"9" * 5000, b"0x1f", b"1_0",
    b"\xff", b"\x00", b"", b"\xd9\xa3", b"-0.0", b"65536", b"1.5", b"../x", b"1000000000",
)  # fmt: skip
"""What stands where a number or a name was meant."""

_INTEGERS = (0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**20, 2**31 - 1, 2**31, 2**32 - 1)
_LONG_INTEGERS = (2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
_FLOATS = (np.nan, np.inf, -np.inf, -0.0, 1e-38, 3e38, -1.0, 1e6)
_DOUBLES = (np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7e308, -1.0, 1e6)


def pick(rng: np.random.Generator, many: tuple) -> object:
    """One of a few, as it is: ``rng.choice`` would make an array of them."""
    return many[int(rng.integers(len(many)))]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one of six kinds of damage."""
    kind = int(rng.integers(6))
    if kind == 0:
        return data[: int(rng.integers(len(data) + 1))]
    if kind == 1 and data:
        a, b = sorted(int(i) for i in rng.integers(len(data), size=2))
        return data[:a] + data[b:]
    if kind == 2:
        at = int(rng.integers(len(data) + 1))
        return data[:at] + rng.bytes(int(rng.integers(1, 300))) + data[at:]
    if kind == 3 and len(data) >= 8:
        return with_a_number(data, rng)
    if kind == 4 and any(48 <= b < 58 for b in data[:2000]):
        digits = [i for i, b in enumerate(data[:20_000]) if 48 <= b < 58]
        at = digits[int(rng.integers(len(digits)))]
        return data[:at] + bytes(pick(rng, ODD_TEXTS)) + data[at + 1 :]
    return overwritten(data, rng)


def overwritten(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes replaced; half of the hits in the first 600, where headers decide most."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 12))):
        if out:
            far = len(out) if rng.random() < 0.5 else min(len(out), 600)
            out[int(rng.integers(far))] = int(pick(rng, (0, 255, 127, int(rng.integers(256)))))
    return bytes(out)


def with_a_number(data: bytes, rng: np.random.Generator) -> bytes:
    """A binary number at the edge of its type, of either byte order, mostly in the header."""
    kind = int(rng.integers(4))
    form, value = (
        ("I", pick(rng, _INTEGERS)),
        ("Q", pick(rng, _INTEGERS + _LONG_INTEGERS)),
        ("f", pick(rng, _FLOATS)),
        ("d", pick(rng, _DOUBLES)),
    )[kind]
    packed = struct.pack(("<" if rng.random() < 0.8 else ">") + form, value)
    far = len(data) if rng.random() < 0.5 else min(len(data), 200)
    at = int(rng.integers(max(1, far - len(packed) + 1)))
    if rng.random() < 0.5:
        at -= at % 4
    return data[:at] + packed + data[at + len(packed) :]
