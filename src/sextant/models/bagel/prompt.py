"""Messages to pieces, pieces to ids and supervised spans.

BAGEL knows no roles. A conversation is a row of pieces: a text is ``<|im_start|>`` text
``<|im_end|>``, a picture is ``<|vision_start|>``, its patches, ``<|vision_end|>``; who speaks is
told by the order alone. An answer is learned from the token after its ``<|im_start|>`` to its
``<|im_end|>`` (Bagel: ``data/vlm_dataset.py`` change_format, ``data/dataset_base.py``
pack_sequence).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sextant.errors import ConventionError
from sextant.models.bagel.tokens import Tokens
from sextant.models.family import Message, Rendered, Slot

MARK = "<image>"
"""Where a user's text shows a picture."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text or a picture.

    Attributes:
        text: None = a picture.
        supervised: Whether it and its end are learned.
    """

    text: str | None
    supervised: bool = False


PICTURE = Piece(None)


def pieces_of(messages: Sequence[Message], *, pictures_first: bool = False) -> tuple[Piece, ...]:
    """Cut a conversation into pieces.

    A user's text is cut at each ``<image>``; what stands between is stripped, and left out where
    blank. A system turn is a piece like any other (as upstream's "think" prompt is).

    Args:
        messages: In order.
        pictures_first: All pictures of a turn before its text, which stays whole.

    Raises:
        ConventionError: If there is no message, the last one is the system's, or an answer that
            shall be learned has no text.
    """
    if not messages or messages[-1].role == "system":
        raise ConventionError(
            "a conversation without a last turn",
            expected="an assistant's turn (training) or a user's (inference)",
            got="a system turn" if messages else "no message",
        )
    found: list[Piece] = []
    for message in messages:
        if message.role != "user":
            supervised = message.supervised and message.role == "assistant"
            if supervised and not message.text:
                raise ConventionError("an answer that shall be learned has no text")
            found.append(Piece(message.text, supervised))
            continue
        parts: list[str | None] = []
        for k, text in enumerate(message.text.split(MARK)):
            parts += [text] if k == 0 else [None, text]
        found.extend(pieces_of_turn(parts, pictures_first=pictures_first))
    return tuple(found)


def pieces_of_turn(parts: Sequence[str | None], *, pictures_first: bool = False) -> list[Piece]:
    """Return the pieces of a user's turn.

    Args:
        parts: Texts, and None for pictures. Texts beside each other are joined.
        pictures_first: All pictures before the text, which stays whole.
    """
    pictures = sum(part is None for part in parts)
    if not pictures:
        return [Piece("".join(part for part in parts if part is not None))]
    if pictures_first:
        whole = "".join(part for part in parts if part is not None).strip()
        return [PICTURE] * pictures + [Piece(whole)] * bool(whole)
    found: list[Piece] = []
    text = ""
    for part in [*parts, None]:
        if part is not None:
            text += part
            continue
        if text.strip():
            found.append(Piece(text.strip()))
        found.append(PICTURE)
        text = ""
    return found[:-1]  # the last picture was only there to end the last text


def render_pieces(
    pieces: Iterable[Piece], slots: Sequence[Slot], tokens: Tokens, *, open_turn: bool
) -> Rendered:
    """Return the ids of a row of pieces.

    Args:
        pieces: In order. Texts without a token are left out, as upstream does.
        slots: One per picture, in order; their ``start`` is set here.
        tokens: The tokenizer.
        open_turn: Whether a last ``<|im_start|>`` asks for an answer.

    Raises:
        ConventionError: If the number of pictures differs from that of the slots.
    """
    pieces = tuple(pieces)
    shown = sum(piece.text is None for piece in pieces)
    if shown != len(slots):
        raise ConventionError(
            "a conversation shows another number of pictures than it has",
            expected=f"{len(slots)} x {MARK} in the users' turns",
            got=shown,
        )
    ids: list[int] = []
    targets: list[bool] = []
    placed: list[Slot] = []
    for piece in pieces:
        if piece.text is None:
            slot = replace(slots[len(placed)], start=len(ids) + 1)
            placed.append(slot)
            vision = [tokens.placeholder] * slot.tokens
            ids += [tokens.picture_start, *vision, tokens.picture_end]
            targets += [False] * (slot.tokens + 2)
        elif encoded := tokens.encode(piece.text):
            ids += [tokens.start, *encoded, tokens.end]
            targets += [False] + [piece.supervised] * (len(encoded) + 1)
    if open_turn:
        ids.append(tokens.start)
        targets.append(False)
    return Rendered(np.array(ids, np.int64), np.array(targets, np.bool_), tuple(placed))
