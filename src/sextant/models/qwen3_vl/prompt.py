"""Conversations to ids and supervised spans, built piece by piece.

The published chat template writes ``<|im_start|>role\\n``, the text, ``<|im_end|>\\n`` for a turn,
and ``<|vision_start|><|image_pad|><|vision_end|>`` for a picture. Here the marks are put between
the ids of the texts, and the answer's place is noted while it is put there. Other trainers look for
it later, by the id of ``assistant``, and learn a question that holds the word as if it were an
answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sextant.errors import ConventionError
from sextant.models.family import Message, Rendered, Role, Slot
from sextant.models.qwen3_vl.tokens import Tokens
from sextant.models.qwen3_vl.vision import Rules

IMAGE = "<image>"
"""Stands for a picture in a user's text."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, with its pictures told from its text.

    Attributes:
        role: Who speaks.
        pieces: Texts, and None for each picture, in order.
        supervised: Whether it is learned.
    """

    role: Role
    pieces: tuple[str | None, ...]
    supervised: bool = False


def turns_of(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """Split users' texts at ``<image>``; elsewhere it is a word like any other.

    Raises:
        ConventionError: If a turn that is not an assistant's shall be supervised.
    """
    found = []
    for message in messages:
        if message.supervised and message.role != "assistant":
            raise ConventionError("only an assistant's text can be learned", got=message.role)
        pieces: list[str | None] = [message.text]
        if message.role == "user":
            first, *others = message.text.split(IMAGE)
            pieces = [first]
            for text in others:
                pieces += [None, text]
        found.append(Turn(message.role, tuple(pieces), message.supervised))
    return tuple(found)


def render_turns(
    turns: Sequence[Turn], slots: Sequence[Slot], tokens: Tokens, rules: Rules
) -> Rendered:
    """Return the ids of a conversation; after a user's turn, the assistant's is opened.

    The ids equal those of the rendered template, with one exception: an answer that begins with a
    line break is not merged with the one before it, because a model that answers cannot do so.

    Args:
        turns: In order.
        slots: One per picture, ``start`` not yet known.
        tokens: The tokenizer.
        rules: How things are written.

    Raises:
        ConventionError: If the number of pictures differs from that of the slots, or the roles
            cannot be rendered.
    """
    _check(turns, slots)
    if rules.system and turns[0].role != "system":
        turns = (Turn("system", (rules.system,)), *turns)
    row = _Row(tokens, slots)
    for turn in turns:
        row.mark(tokens.start)
        if turn.role == "assistant":
            row.text("assistant\n")
            row.text("".join(p for p in turn.pieces if p), supervised=turn.supervised)
        else:
            strip = rules.strip_text and turn.role == "user"
            row.pieces(f"{turn.role}\n", turn.pieces, strip=strip, number=rules.number_pictures)
        row.mark(tokens.end, supervised=turn.supervised)
        row.text("\n")
    if turns[-1].role == "user":
        row.mark(tokens.start)
        row.text("assistant\n")
    return row.rendered()


class _Row:
    """Ids, targets and slots while they grow."""

    def __init__(self, tokens: Tokens, slots: Sequence[Slot]) -> None:
        self._tokens = tokens
        self._ids: list[int] = []
        self._targets: list[bool] = []
        self._waiting, self._slots = list(slots), list[Slot]()

    def mark(self, token: int, *, supervised: bool = False, times: int = 1) -> None:
        self._ids += [token] * times
        self._targets += [supervised] * times

    def text(self, text: str, *, supervised: bool = False) -> None:
        ids = self._tokens.encode(text)
        self._ids += ids
        self._targets += [supervised] * len(ids)

    def pieces(
        self, header: str, pieces: Sequence[str | None], *, strip: bool, number: bool
    ) -> None:
        # Texts between two marks are encoded together, as the template's string would be.
        pending = header
        for piece in pieces:
            if piece is not None:
                pending += piece.strip() if strip else piece
                continue
            slot = self._waiting.pop(0)
            if number:
                pending += f"Picture {len(self._slots) + 1}: "
            self.text(pending)
            pending = ""
            self.mark(self._tokens.picture_start)
            self._slots.append(replace(slot, start=len(self._ids)))
            self.mark(self._tokens.placeholder, times=slot.tokens)
            self.mark(self._tokens.picture_end)
        self.text(pending)

    def rendered(self) -> Rendered:
        return Rendered(
            np.array(self._ids, np.int64), np.array(self._targets, np.bool_), tuple(self._slots)
        )


def _check(turns: Sequence[Turn], slots: Sequence[Slot]) -> None:
    if not turns:
        raise ConventionError("a conversation without a turn")
    if any(turn.role == "system" for turn in turns[1:]):
        # The published template leaves such a turn out without a word.
        raise ConventionError("a system turn that is not the first")
    if turns[-1].role == "system":
        raise ConventionError("a conversation of a system turn alone")
    shown = sum(piece is None for turn in turns for piece in turn.pieces)
    if shown != len(slots):
        raise ConventionError(
            f"the number of {IMAGE} differs from that of the pictures",
            expected=len(slots),
            got=shown,
        )
    if any(piece is None for turn in turns if turn.role != "user" for piece in turn.pieces):
        raise ConventionError("only a user shows pictures")
