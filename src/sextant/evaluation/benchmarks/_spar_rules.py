"""What replies to SPAR-Bench are worth: letters, numbers and signed moves, by each code's rules.

Sources: ``lmms_eval/tasks/sparbench/utils.py`` of SPAR@16798858 and of lmms-eval@75571cfe, which
agree, and ``vlmeval/dataset/sparbench.py`` of VLMEvalKit@e8e78f05.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from sextant.errors import ConventionError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.benchmarks._scoring import scored
from sextant.evaluation.extraction.peers import spar_bench as peers
from sextant.evaluation.extraction.peers._verdict import EMPTY
from sextant.evaluation.metrics import mean_relative_accuracy

AXES = (
    ("move_right", "move_left"), ("move_up", "move_down"), ("move_forward", "move_backward"),
    ("rotate_right", "rotate_left"), ("rotate_up", "rotate_down"),
)  # fmt: skip
"""The two signs of every axis; a value is the first minus the second."""

MAX_CHARS = 100_000
"""So much of a reply's end is searched for moves."""

_AXIS_OF = {name: (axis, sign) for axis in AXES for name, sign in zip(axis, (1, -1), strict=True)}

_MOVE = re.compile(
    r"\b(?P<name>(?:move|rotate)[_ ](?:right|left|up|down|forward|backward))[\"'*`]{0,3}\s{0,4}"
    r"[:=]\s{0,4}(?P<value>[-+\u2212]?(?:\d{1,12}(?:\.\d{1,12})?|\.\d{1,12}))",
    re.IGNORECASE,
)
_THINK_END = re.compile(r"</think(?:ing)?>|\u25c1/think\u25b7", re.IGNORECASE)
_THINK = re.compile(r"<think(?:ing)?>|\u25c1think\u25b7", re.IGNORECASE)


def truth(answer: str, where: str) -> float:
    """Return the stored number.

    Raises:
        ConventionError: If it is none, or not finite.
    """
    try:
        value = float(answer)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConventionError(
            "the answer is no number", where=where, expected="a finite number", got=answer[:60]
        )
    return value


def check_moves(answer: str, where: str) -> None:
    """Refuse a stored view change that names no move.

    Raises:
        ConventionError: If it does not read ``move_right:0.3,rotate_up:10``.
    """
    try:
        moves = _split_plainly(answer)
    except ValueError:
        moves = {}
    if not moves or not set(moves) <= set(_AXIS_OF) or not all(map(math.isfinite, moves.values())):
        raise ConventionError(
            "the answer is no view change", where=where,
            expected="move_right:0.3,rotate_up:10,...", got=answer[:120],
        )  # fmt: skip


def exact_match(reply: str, answer: str) -> Scored:
    """Score a choice as the authors do; an empty reply is right, "(C)" is wrong for C."""
    if peers.exact_match(reply, answer):
        return Scored(1.0, "answered", answer)
    return Scored(0.0, "answered" if reply.strip() else "empty")


def plain_number(reply: str, target: float, *, last: bool) -> Scored:
    """Score a number as the authors do: the first one, or with many views the last, unsigned.

    Where there is none, ``process_na`` gives up with one view (0 points), and with many views goes
    on with -1, which ``mean_relative_accuracy`` compares with the truth like any number: worth
    nothing for any truth that is positive or 0. The -1 stands for nothing read and is not kept as
    a value, so that it cannot count as an underestimate in a calibration.
    """
    found = peers.last_unsigned(reply) if last else peers.first_unsigned(reply)
    value = found.value if isinstance(found.value, float) else None
    points = mean_relative_accuracy(value, target, "vlmevalkit")
    return scored(found if found.status != "empty" else EMPTY, points)


def view_change(reply: str, answer: str, profile: str) -> Scored:
    """Score signed moves.

    Args:
        reply: The reply.
        answer: The stored moves.
        profile: ``lmms-eval`` (the authors' rule as well): nothing but moves, all five axes, truth
            and prediction swapped; ``vlmevalkit``: all five axes, what cannot be read is zero, so
            axes that do not move are right by themselves; ``strict``: see ``_strict_moves``.
    """
    target = _values(_split_plainly(answer))
    if profile == "lmms-eval":
        try:
            values = _values(_split_plainly(reply))
        except ValueError:
            return Scored(0.0, "empty")
        pairs = [(target.get(axis, 0.0), values.get(axis, 0.0)) for axis in AXES]
        return Scored(_mean(pairs), "answered", reply[:200])
    if profile == "vlmevalkit":
        found = _split_tolerantly(reply)
        values = _values(found)
        pairs = [(values.get(axis, 0.0), target.get(axis, 0.0)) for axis in AXES]
        return Scored(_mean(pairs), "answered" if found else "empty")
    return _strict_moves(reply, target)


def _strict_moves(reply: str, target: Mapping[tuple[str, str], float]) -> Scored:
    """Score the axes that truth or reply names, each by relative accuracy, signs included.

    An axis that only the reply names is right if it is zero there. A reply that names an axis twice
    with different values, after its thoughts, is ambiguous.
    """
    text, offset = _answer_part(reply)
    moves: dict[str, float] = {}
    start = end = -1
    for match in _MOVE.finditer(text):
        name = match["name"].lower().replace(" ", "_")
        value = float(match["value"].replace("\u2212", "-"))
        if name not in _AXIS_OF:
            continue
        if moves.setdefault(name, value) != value:
            return Scored(0.0, "ambiguous")
        start = offset + match.start() if start < 0 else start
        end = offset + match.end()
    if not moves:
        return Scored(0.0, "empty")
    values = _values(moves)
    named = [axis for axis in AXES if axis in values or axis in target]
    points = [mean_relative_accuracy(values.get(a, 0.0), target.get(a, 0.0)) for a in named]
    return Scored(sum(points) / len(points), "answered", reply[start:end][:200], (start, end))


def _answer_part(reply: str) -> tuple[str, int]:
    """Return what follows the last closing tag of thoughts; nothing if they never end."""
    start = max(0, len(reply) - MAX_CHARS)
    tail = reply[start:]
    closed = [m.end() for m in _THINK_END.finditer(tail)]
    if closed:
        return tail[closed[-1] :], start + closed[-1]
    return ("", start) if _THINK.search(tail) else (tail, start)


def _values(moves: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the signed value of every axis that is named."""
    values: dict[tuple[str, str], float] = {}
    for name, amount in moves.items():
        if name in _AXIS_OF:
            axis, sign = _AXIS_OF[name]
            values[axis] = values.get(axis, 0.0) + sign * amount
    return values


def _mean(pairs: list[tuple[float, float]]) -> float:
    # A "nan" or "inf" that a reply states is relative to nothing: worth 0, as in NumPy upstream.
    points = (
        mean_relative_accuracy(p, g, "vlmevalkit") if math.isfinite(g) else 0.0 for p, g in pairs
    )
    return sum(points) / len(pairs)


def _split_plainly(text: str) -> dict[str, float]:
    """Read ``name:value,name:value`` and raise ``ValueError`` for anything else.

    A blank behind a comma becomes part of the name, which is then unknown and not counted.
    """
    moves = {}
    for item in text.split(","):
        name, value = item.split(":")
        moves[name] = float(value)
    return moves


def _split_tolerantly(text: str) -> dict[str, float]:
    moves = {}
    for item in text.split(","):
        name, colon, value = item.partition(":")
        try:
            if colon:
                moves[name.strip()] = float(value)
        except ValueError:
            continue
    return moves
