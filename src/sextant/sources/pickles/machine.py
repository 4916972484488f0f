"""The stack machine that pickles are programs for, without imports and calls."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from sextant.sources.pickles.names import (
    MEANINGS,
    NAMES,
    Array,
    Dtype,
    Name,
    RefusedError,
    array_of,
    settled,
)

_MARK = object()


class Machine:
    """Runs one pickle; ``at`` is the byte that comes next."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return what the pickle holds."""
        data, end = self.data, len(self.data)
        while self.at < end:
            code = data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                if len(self.stack) != 1:
                    raise ValueError("values are left over")
                return settled(self.stack[0])
            handler = _HANDLERS.get(code)
            if handler is None:
                raise RefusedError(f"instruction {bytes([code])!r}")
            handler(self)
        raise ValueError("pickle was truncated")

    def take(self, count: int) -> bytes:
        """Read so many bytes."""
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("pickle was truncated")
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self, form: str, width: int) -> int:
        """Read an integer of this form, as of ``struct``."""
        (value,) = struct.unpack(form, self.take(width))
        return int(value)

    def line(self) -> str:
        """Read up to the end of the line."""
        end = self.data.index(b"\n", self.at, self.at + 512)
        text = self.data[self.at : end].decode("ascii")
        self.at = end + 1
        return text

    def push(self, value: Any) -> None:
        """Lay a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the topmost value."""
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return settled(value)

    def pop_mark(self) -> list[Any]:
        """Take all values down to the mark, in the order they were laid."""
        items: list[Any] = []
        while (value := self.stack.pop()) is not _MARK:
            items.append(settled(value))
        return items[::-1]

    def top(self, kind: type) -> Any:
        """Return the topmost value, which must be of exactly this type."""
        value = self.stack[-1]
        if type(value) is not kind:
            raise TypeError(f"{type(value).__name__} where a {kind.__name__} should be")
        return value

    def name(self, module: str, name: str) -> None:
        """Lay down what a name means; names without a meaning here are refused."""
        meaning = NAMES.get(f"{module} {name}")
        if meaning is None:
            raise RefusedError(f"the name {module}.{name}"[:200])
        self.push(Name(meaning))

    def reduce(self) -> None:
        """Do what a call of a name means."""
        arguments, name = self.pop(), self.pop()
        if type(name) is not Name or type(arguments) is not tuple:
            raise RefusedError("a call")
        self.push(MEANINGS[name.meaning](*arguments))

    def build(self) -> None:
        """Give an array its contents, or a dtype its byte order."""
        state = self.pop()
        target = self.stack[-1]
        if type(target) is Dtype and type(state) is tuple:
            target.order = str(state[1])
        elif type(target) is Array and type(state) is tuple:
            _, shape, dtype, fortran, raw = state
            target.value = array_of(raw, dtype, shape, "F" if fortran else "C")
        else:
            raise RefusedError(f"state of a {type(target).__name__}")


def _long(m: Machine, width: int) -> None:
    if width > 1024:
        raise ValueError("an integer of more than a thousand bytes")
    m.push(int.from_bytes(m.take(width), "little", signed=True))


def _append(m: Machine) -> None:
    value = m.pop()
    m.top(list).append(value)


def _appends(m: Machine) -> None:
    items = m.pop_mark()
    m.top(list).extend(items)


def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    m.top(dict)[key] = value


def _set_items(m: Machine) -> None:
    items = m.pop_mark()
    m.top(dict).update(zip(items[::2], items[1::2], strict=True))


def _tuple(m: Machine, count: int) -> None:
    items = [m.pop() for _ in range(count)]
    m.push(tuple(items[::-1]))


def _pairs(m: Machine) -> None:
    items = m.pop_mark()
    m.push(dict(zip(items[::2], items[1::2], strict=True)))


def _stack_name(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    m.name(str(module), str(name))


def _global_name(m: Machine) -> None:
    module = m.line()
    m.name(module, m.line())


def _put(m: Machine, index: int) -> None:
    m.memo[index] = m.stack[-1]


def _add_items(m: Machine) -> None:
    items = m.pop_mark()
    m.top(set).update(items)


def _float(m: Machine) -> None:
    m.push(struct.unpack(">d", m.take(8))[0])


def _text(width: int, form: str) -> Callable[[Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)).decode("utf-8"))


def _raw(width: int, form: str) -> Callable[[Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)))


def _old_text(width: int, form: str) -> Callable[[Machine], None]:
    return lambda m: m.push(m.take(m.number(form, width)).decode("latin1"))


_BY_CODE: dict[int | str, Callable[[Machine], Any]] = {
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
