"""Pickle files read as data: containers, numbers, texts, bytes and plain numpy arrays.

A pickle is a program for a small stack machine; Python's own loader lets it import and call
anything. This is another machine for the same programs that has neither imports nor calls: of the
names that numpy's arrays need, it knows what they mean and builds the array itself from the bytes;
any other name, and any instruction that would make an object, ends the reading with an error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sextant.errors import ConventionError, CorruptInput, MissingInput

MAX_BYTES = 2 * 1024**3
"""The largest info file of EmbodiedScan has some hundred megabytes."""

_NAMES = {
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

_KINDS = frozenset("biufc")
_MARK = object()


@dataclass(slots=True)
class _Name:
    meaning: str


@dataclass(slots=True)
class _Dtype:
    code: str
    order: str = "="

    def resolve(self) -> np.dtype[Any]:
        made = np.dtype(self.code)
        if made.kind not in _KINDS or made.subdtype is not None or made.names is not None:
            raise ValueError(f"dtype {self.code!r} is not of plain numbers")
        return made.newbyteorder("<" if self.order == "<" else ">" if self.order == ">" else "=")


@dataclass(slots=True)
class _Array:
    """An array between its making and its state; ``value`` once it has one."""

    value: Any = None


def read_plain_pickle(path: Path, max_bytes: int = MAX_BYTES) -> Any:
    """Return what a pickle file of plain data holds; nothing in it is executed.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is truncated, damaged or too large.
        ConventionError: If it would import, call or build anything but plain data.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise CorruptInput(
                "pickle is too large", where=path, expected=f"<= {max_bytes} bytes", got=size
            )
        data = path.read_bytes()
    except OSError as error:
        raise CorruptInput("pickle cannot be read", where=path, got=error) from error
    return parse_plain_pickle(data, path)


def parse_plain_pickle(data: bytes, where: object) -> Any:
    """Return what the bytes of a pickle of plain data hold; see ``read_plain_pickle``."""
    machine = _Machine(data)
    try:
        return machine.run()
    except _RefusedError as error:
        raise ConventionError(
            "pickle holds more than plain data, and foreign pickles are never loaded",
            where=f"{where}: byte {machine.at}",
            expected="dict, list, tuple, str, bytes, numbers, numpy arrays of numbers",
            got=str(error),
            hint="convert it to JSON on a machine that trusts it",
        ) from error
    except (
        IndexError, KeyError, ValueError, TypeError, struct.error, OverflowError, MemoryError,
        AttributeError, UnicodeError,
    ) as error:  # fmt: skip
        raise CorruptInput(
            "pickle cannot be decoded", where=f"{where}: byte {machine.at}", got=repr(error)[:200]
        ) from error


class _RefusedError(Exception):
    """The pickle wants what this machine does not do."""


class _Machine:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        data, end = self.data, len(self.data)
        while self.at < end:
            code = data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                if len(self.stack) != 1:
                    raise ValueError("values are left over")
                return _settled(self.stack[0])
            handler = _HANDLERS.get(code)
            if handler is None:
                raise _RefusedError(f"instruction {bytes([code])!r}")
            handler(self)
        raise ValueError("pickle was truncated")

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("pickle was truncated")
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self, form: str, width: int) -> int:
        (value,) = struct.unpack(form, self.take(width))
        return int(value)

    def line(self) -> str:
        end = self.data.index(b"\n", self.at, self.at + 512)
        text = self.data[self.at : end].decode("ascii")
        self.at = end + 1
        return text

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return _settled(value)

    def pop_mark(self) -> list[Any]:
        items: list[Any] = []
        while (value := self.stack.pop()) is not _MARK:
            items.append(_settled(value))
        return items[::-1]

    def top(self, kind: type) -> Any:
        value = self.stack[-1]
        if type(value) is not kind:
            raise TypeError(f"{type(value).__name__} where a {kind.__name__} should be")
        return value

    def name(self, module: str, name: str) -> None:
        meaning = _NAMES.get(f"{module} {name}")
        if meaning is None:
            raise _RefusedError(f"the name {module}.{name}"[:200])
        self.push(_Name(meaning))

    def reduce(self) -> None:
        arguments, name = self.pop(), self.pop()
        if type(name) is not _Name or type(arguments) is not tuple:
            raise _RefusedError("a call")
        self.push(_MEANINGS[name.meaning](*arguments))

    def build(self) -> None:
        state = self.pop()
        target = self.stack[-1]
        if type(target) is _Dtype and type(state) is tuple:
            target.order = str(state[1])
        elif type(target) is _Array and type(state) is tuple:
            _, shape, dtype, fortran, raw = state
            target.value = _array(raw, dtype, shape, "F" if fortran else "C")
        else:
            raise _RefusedError(f"state of a {type(target).__name__}")


def _settled(value: Any) -> Any:
    return value.value if type(value) is _Array and value.value is not None else value


def _array(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray[Any, Any]:
    if type(dtype) is not _Dtype or type(raw) not in (bytes, bytearray):
        raise _RefusedError("an array of objects")
    flat = np.frombuffer(bytes(raw), dtype=dtype.resolve())
    return flat.reshape(tuple(int(n) for n in shape), order="F" if order == "F" else "C")


def _reconstruct(kind: Any, *_: Any) -> _Array:
    if type(kind) is not _Name or kind.meaning != "ndarray":
        raise _RefusedError("an array of another class")
    return _Array()


def _scalar(dtype: Any, raw: Any) -> Any:
    return _array(raw, dtype, (1,), "C")[0].item()


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise _RefusedError("an encoding")
    return text.encode("latin1")


def _ordered(*items: Any) -> dict[Any, Any]:
    return dict(*items) if items else {}


def _dtype(code: Any, *_: Any) -> _Dtype:
    if type(code) is not str or len(code) > 8:
        raise _RefusedError("a dtype of fields")
    return _Dtype(code)


def _bytes(*arguments: Any) -> bytes:
    if arguments:
        raise _RefusedError("bytes of something")
    return b""


def _set(items: Any) -> set[Any]:
    if type(items) is not list:
        raise _RefusedError("a set of something")
    return set(items)


def _no_call(*_: Any) -> Any:
    raise _RefusedError("a call of a class")


_MEANINGS: dict[str, Callable[..., Any]] = {
    "reconstruct": _reconstruct, "scalar": _scalar, "encode": _encode, "ordered": _ordered,
    "dtype": _dtype, "frombuffer": _array, "ndarray": _no_call, "bytes": _bytes, "set": _set,
}  # fmt: skip


def _long(m: _Machine, width: int) -> None:
    if width > 1024:
        raise ValueError("an integer of more than a thousand bytes")
    m.push(int.from_bytes(m.take(width), "little", signed=True))


def _append(m: _Machine) -> None:
    value = m.pop()
    m.top(list).append(value)


def _appends(m: _Machine) -> None:
    items = m.pop_mark()
    m.top(list).extend(items)


def _set_item(m: _Machine) -> None:
    value, key = m.pop(), m.pop()
    m.top(dict)[key] = value


def _set_items(m: _Machine) -> None:
    items = m.pop_mark()
    m.top(dict).update(zip(items[::2], items[1::2], strict=True))


def _tuple(m: _Machine, count: int) -> None:
    items = [m.pop() for _ in range(count)]
    m.push(tuple(items[::-1]))


def _pairs(m: _Machine) -> None:
    items = m.pop_mark()
    m.push(dict(zip(items[::2], items[1::2], strict=True)))


def _stack_name(m: _Machine) -> None:
    name, module = m.pop(), m.pop()
    m.name(str(module), str(name))


def _global_name(m: _Machine) -> None:
    module = m.line()
    m.name(module, m.line())


def _put(m: _Machine, index: int) -> None:
    m.memo[index] = m.stack[-1]


def _add_items(m: _Machine) -> None:
    items = m.pop_mark()
    m.top(set).update(items)


def _float(m: _Machine) -> None:
    m.push(struct.unpack(">d", m.take(8))[0])


def _text(width: int, form: str) -> Callable[[_Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)).decode("utf-8"))


def _raw(width: int, form: str) -> Callable[[_Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)))


def _old_text(width: int, form: str) -> Callable[[_Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)).decode("latin1"))


_BY_CODE: dict[int | str, Callable[[_Machine], Any]] = {
    0x80: lambda m: m.take(1),  # PROTO
    0x95: lambda m: m.take(8),  # FRAME
    "(": lambda m: m.push(_MARK),
    "}": lambda m: m.push({}),
    "]": lambda m: m.push([]),
    ")": lambda m: m.push(()),
    0x8F: lambda m: m.push(set()),
    "a": _append,
    "e": _appends,
    "s": _set_item,
    "u": _set_items,
    "t": lambda m: m.push(tuple(m.pop_mark())),
    "l": lambda m: m.push(m.pop_mark()),
    "d": _pairs,
    0x85: lambda m: _tuple(m, 1),
    0x86: lambda m: _tuple(m, 2),
    0x87: lambda m: _tuple(m, 3),
    0x90: _add_items,
    0x91: lambda m: m.push(frozenset(m.pop_mark())),
    "N": lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    "J": lambda m: m.push(m.number("<i", 4)),
    "K": lambda m: m.push(m.number("<B", 1)),
    "M": lambda m: m.push(m.number("<H", 2)),
    0x8A: lambda m: _long(m, m.number("<B", 1)),
    0x8B: lambda m: _long(m, m.number("<i", 4)),
    "G": _float,
    "X": _text(4, "<I"),
    0x8C: _text(1, "<B"),
    0x8D: _text(8, "<Q"),
    "B": _raw(4, "<I"),
    "C": _raw(1, "<B"),
    0x8E: _raw(8, "<Q"),
    0x96: _raw(8, "<Q"),
    "T": _old_text(4, "<i"),
    "U": _old_text(1, "<B"),
    "q": lambda m: _put(m, m.number("<B", 1)),
    "r": lambda m: _put(m, m.number("<I", 4)),
    0x94: lambda m: _put(m, len(m.memo)),
    "h": lambda m: m.push(m.memo[m.number("<B", 1)]),
    "j": lambda m: m.push(m.memo[m.number("<I", 4)]),
    "0": lambda m: m.stack.pop(),
    "1": lambda m: m.pop_mark(),
    "2": lambda m: m.push(m.stack[-1]),
    "c": _global_name,
    0x93: _stack_name,
    "R": lambda m: m.reduce(),
    "b": lambda m: m.build(),
}

_HANDLERS = {ord(k) if isinstance(k, str) else k: handler for k, handler in _BY_CODE.items()}
