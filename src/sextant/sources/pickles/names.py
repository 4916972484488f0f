"""What the few names mean that pickles of plain data hold: numpy's arrays, and some containers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

NAMES = {
    f"{module} {name}": meaning
    for meaning, modules, name in (
        ("reconstruct", ("numpy.core.multiarray", "numpy._core.multiarray"), "_reconstruct"),
        ("scalar", ("numpy.core.multiarray", "numpy._core.multiarray"), "scalar"),
        ("frombuffer", ("numpy.core.numeric", "numpy._core.numeric"), "_frombuffer"),
        ("ndarray", ("numpy",), "ndarray"),
        ("dtype", ("numpy",), "dtype"),
        ("encode", ("_codecs",), "encode"),
        ("ordered", ("collections",), "OrderedDict"),
        ("bytes", ("builtins", "__builtin__"), "bytes"),
        ("set", ("builtins", "__builtin__"), "set"),
    )
    for module in modules
}
"""Meanings by module and name; of nothing else is anything known."""

_KINDS = frozenset("biufc")


class RefusedError(Exception):
    """The pickle wants what this machine does not do."""


@dataclass(slots=True)
class Name:
    """A name on the stack, before it is called."""

    meaning: str


@dataclass(slots=True)
class Dtype:
    """A dtype; its state may change the byte order."""

    code: str
    order: str = "="

    def resolve(self) -> np.dtype[Any]:
        """Return numpy's own, if it is of plain numbers."""
        made = np.dtype(self.code)
        if made.kind not in _KINDS or made.subdtype is not None or made.names is not None:
            raise ValueError(f"dtype {self.code!r} is not of plain numbers")
        return made.newbyteorder("<" if self.order == "<" else ">" if self.order == ">" else "=")


@dataclass(slots=True)
class Array:
    """An array between its making and its state; ``value`` once it has one."""

    value: Any = None


def settled(value: Any) -> Any:
    """Return an array's contents once it has them, and any other value as it is."""
    return value.value if type(value) is Array and value.value is not None else value


def array_of(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray[Any, Any]:
    """Build an array of plain numbers from its bytes."""
    if type(dtype) is not Dtype or type(raw) not in (bytes, bytearray):
        raise RefusedError("an array of objects")
    flat = np.frombuffer(bytes(raw), dtype=dtype.resolve())
    return flat.reshape(tuple(int(n) for n in shape), order="F" if order == "F" else "C")


def _reconstruct(kind: Any, *_: Any) -> Array:
    if type(kind) is not Name or kind.meaning != "ndarray":
        raise RefusedError("an array of another class")
    return Array()


def _scalar(dtype: Any, raw: Any) -> Any:
    return array_of(raw, dtype, (1,), "C")[0].item()


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise RefusedError("an encoding")
    return text.encode("latin1")


def _ordered(*items: Any) -> dict[Any, Any]:
    return dict(*items) if items else {}


def _dtype(code: Any, *_: Any) -> Dtype:
    if type(code) is not str or len(code) > 8:
        raise RefusedError("a dtype of fields")
    return Dtype(code)


def _bytes(*arguments: Any) -> bytes:
    if arguments:
        raise RefusedError("bytes of something")
    return b""


def _set(items: Any) -> set[Any]:
    if type(items) is not list:
        raise RefusedError("a set of something")
    return set(items)


def _no_call(*_: Any) -> Any:
    raise RefusedError("a call of a class")


MEANINGS: dict[str, Callable[..., Any]] = {
    "reconstruct": _reconstruct, "scalar": _scalar, "encode": _encode, "ordered": _ordered,
    "dtype": _dtype, "frombuffer": array_of, "ndarray": _no_call, "bytes": _bytes, "set": _set,
}  # fmt: skip
"""What a call of a name gives, by its meaning."""
