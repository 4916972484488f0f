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

_NAMED = re.compile(r"(Image|Frame)-[0-9]{1,6}: \Z")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn.

    Attributes:
        role: Who speaks.
        texts: One more than there are pictures; these stand between them.
        supervised: Whether it and its end are learned.
    """

    role: Role
    texts: tuple[str, ...]
    supervised: bool = False

    @property
    def pictures(self) -> int:
        """How many it shows."""
        return len(self.texts) - 1


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
            found.append(Turn("user", tuple(message.text.split(MARK))))
            continue
        supervised = message.supervised and message.role == "assistant"
        if supervised and not message.text:
            raise ConventionError("an answer that shall be learned has no text")
        found.append(Turn(message.role, (message.text,), supervised))
    return numbered(found) if number_pictures else tuple(found)


def numbered(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Put each picture at the end of a line: ``Image-k: <image>``; ``<image>`` if it is the only.

    Pictures keep their places, and a name that is there already stays, that of a frame as well
    (SenseNova-SI: the prompt of its inference code; InternVL: the examples of its model cards).
    """
    many = sum(turn.pictures for turn in turns) > 1
    found: list[Turn] = []
    k = 0
    for turn in turns:
        texts = list(turn.texts)
        for place in range(turn.pictures):
            name = _NAMED.search(texts[place])
            k += name is None or name[1] == "Image"
            if many and name is None:
                texts[place] += f"Image-{k}: "
            texts[place + 1] = "\n" + texts[place + 1].removeprefix("\n")
        found.append(replace(turn, texts=tuple(texts)))
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
    shown = sum(turn.pictures for turn in turns)
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
        ids += tokens.encode(head + turn.texts[0])
        for text in turn.texts[1:]:
            slot = replace(slots[len(placed)], start=len(ids) + 1)
            placed.append(slot)
            vision = [tokens.context] * slot.tokens
            ids += [tokens.picture_start, *vision, tokens.picture_end, *tokens.encode(text)]
        ids.append(tokens.end)
        if turn.supervised:
            learned.append((begin, len(ids)))
        ids += line_break
    if open_turn:
        ids += [tokens.start, *tokens.encode("assistant\n")]
    targets = np.zeros(len(ids), np.bool_)
    for begin, end in learned:
        targets[begin:end] = True
    return Rendered(np.array(ids, np.int64), targets, tuple(placed))
