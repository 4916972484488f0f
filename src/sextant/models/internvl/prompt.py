"""Messages to turns, turns to ids and supervised spans: the template ``internvl2_5``.

A turn is ``<|im_start|>role``, a line break, its text, ``<|im_end|>``, a line break. A picture is
``<img>``, its vision tokens, ``</img>``, wherever the text shows it. An answer is learned from its
first token to its ``<|im_end|>``; the line break behind it is not (InternVL: ``dataset.py``
preprocess_internvl2_5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sextant.errors import ConventionError
from sextant.models.family import Message, Rendered, Role, Slot
from sextant.models.internvl.tokens import Tokens

MARK = "<image>"
"""Where a user's text shows a picture."""

_NAMED = re.compile(r"Image-[0-9]{1,6}: \Z")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn.

    Attributes:
        role: Who speaks.
        parts: Texts, and None for pictures, in order.
        supervised: Whether it and its end are learned.
    """

    role: Role
    parts: tuple[str | None, ...]
    supervised: bool = False


def turns_of(
    messages: Sequence[Message], *, system: str = "", number_pictures: bool = False
) -> tuple[Turn, ...]:
    """Cut a conversation into turns.

    Args:
        messages: In order.
        system: The system turn where the first message is none; empty = none at all.
        number_pictures: See ``numbered``.

    Raises:
        ConventionError: If there is no last turn of a user or an assistant, a system turn is not
            the first, or an answer that shall be learned has no text.
    """
    if not messages or messages[-1].role == "system":
        raise ConventionError(
            "a conversation without a last turn",
            expected="an assistant's turn (training) or a user's (inference)",
            got="a system turn" if messages else "no message",
        )
    found: list[Turn] = []
    if system and messages[0].role != "system":
        found.append(Turn("system", (system,)))
    for k, message in enumerate(messages):
        if message.role == "system" and k:
            raise ConventionError("a system turn that is not the first", where=f"message {k}")
        if message.role == "user":
            found.append(Turn("user", _parts_of(message.text)))
            continue
        supervised = message.supervised and message.role == "assistant"
        if supervised and not message.text:
            raise ConventionError("an answer that shall be learned has no text")
        found.append(Turn(message.role, (message.text,), supervised))
    return numbered(found) if number_pictures else tuple(found)


def numbered(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Put each picture at the end of a line: ``Image-k: <image>``; ``<image>`` if it is the only.

    Pictures keep their places, and a name that is there already stays (SenseNova-SI: the prompt of
    its inference code; InternVL: the multi-image example of its model cards).
    """
    many = sum(part is None for turn in turns for part in turn.parts) > 1
    found: list[Turn] = []
    k = 0
    for turn in turns:
        parts: list[str | None] = []
        for part in turn.parts:
            before = parts[-1] if parts else None
            if part is None:
                k += 1
                text = "" if before is None else before
                named = not many or _NAMED.search(text) is not None
                if before is None:
                    parts.append("" if named else f"Image-{k}: ")
                elif not named:
                    parts[-1] = f"{text}Image-{k}: "
                parts += [None, "\n"]
            elif parts[-2:] == [None, "\n"]:
                parts[-1] = "\n" + part.removeprefix("\n")
            else:
                parts.append(part)
        found.append(replace(turn, parts=tuple(parts)))
    return tuple(found)


def render_turns(
    turns: Sequence[Turn], slots: Sequence[Slot], tokens: Tokens, *, open_turn: bool
) -> Rendered:
    """Return the ids of a conversation.

    Args:
        turns: In order.
        slots: One per picture, in order; their ``start`` is set here.
        tokens: The tokenizer.
        open_turn: Whether an assistant's turn is opened at the end.

    Raises:
        ConventionError: If the number of pictures differs from that of the slots.
    """
    shown = sum(part is None for turn in turns for part in turn.parts)
    if shown != len(slots):
        raise ConventionError(
            "a conversation shows another number of pictures than it has",
            expected=f"{len(slots)} x {MARK} in the users' turns",
            got=shown,
        )
    ids: list[int] = []
    learned: list[tuple[int, int]] = []
    placed: list[Slot] = []
    line_break = tokens.encode("\n")
    for turn in turns:
        ids.append(tokens.start)
        head = f"{turn.role}\n"
        if turn.role == "assistant":
            # An answer begins where generating it would begin: its first token is its own, even
            # if it starts with a line break, which would melt into the one before.
            ids += tokens.encode(head)
            head = ""
        begin = len(ids)
        for part in turn.parts:
            if part is not None:
                ids += tokens.encode(head + part)
            else:
                ids += tokens.encode(head)
                slot = replace(slots[len(placed)], start=len(ids) + 1)
                placed.append(slot)
                vision = [tokens.context] * slot.tokens
                ids += [tokens.picture_start, *vision, tokens.picture_end]
            head = ""
        ids += [*tokens.encode(head), tokens.end]
        if turn.supervised:
            learned.append((begin, len(ids)))
        ids += line_break
    if open_turn:
        ids += [tokens.start, *tokens.encode("assistant\n")]
    targets = np.zeros(len(ids), np.bool_)
    for begin, end in learned:
        targets[begin:end] = True
    return Rendered(np.array(ids, np.int64), targets, tuple(placed))


def _parts_of(text: str) -> tuple[str | None, ...]:
    first, *others = text.split(MARK)
    parts: list[str | None] = [first] if first or not others else []
    for other in others:
        parts += [None, other] if other else [None]
    return tuple(parts)
