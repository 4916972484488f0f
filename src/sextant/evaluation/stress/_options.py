"""The lettered options in a prompt: where they stand, and the same text with them in another order.

A benchmark may render its options into the prompt, or store them inside the question; either way
they end up as text. Moving them there, and nowhere else, works for both and leaves every other
character as it was. What cannot be found with certainty is not touched: the item is then left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.evaluation.items import IMAGE_MARK, VIDEO_MARK
from sextant.samples.sample import LETTERS

MARKERS = (
    ("({})", " "), ("({})", ""), ("({}).", " "), ("**{}.**", " "), ("**{}**.", " "), ("[{}]", " "),
    ("{}.", " "), ("{}.", ""), ("{}:", " "), ("{}:", ""), ("{})", " "), ("{})", ""), ("{} -", " "),
    ("{} ", ""),
)  # fmt: skip
"""How a letter is written before its option, and what is between the two."""

MAX_GAP = 12
_GAP = frozenset(" \t\r\n\u00a0\u3000,;|.")
_MARKS = re.compile(f"{re.escape(IMAGE_MARK)}|{re.escape(VIDEO_MARK)}")
_FIRST = re.compile(r"(?:^|[\s(\[])A[.:)\]]", re.MULTILINE)
_SECOND = re.compile(r"[\s,;(\[]B[.:)\]]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lettered options in a text.

    Attributes:
        start, end: The characters from the first marker to the end of the last option.
        marker: Written before an option, of one ``{}`` for the letter.
        gaps: What stands between options, one fewer than there are options.
    """

    start: int
    end: int
    marker: str
    gaps: tuple[str, ...]

    def written(self, options: Sequence[str]) -> str:
        """Return the block with these option texts in place of its own."""
        shown = [self.marker.format(LETTERS[k]) + text for k, text in enumerate(options)]
        parts = [shown[0]]
        for gap, text in zip(self.gaps, shown[1:], strict=True):
            parts += [gap, text]
        return "".join(parts)


def find_blocks(text: str, options: Sequence[str]) -> list[Block]:
    """Return where a text lists these options in this order, lettered from A.

    Args:
        text: A prompt or a question.
        options: Texts without letters, at least two, none of them blank.
    """
    shown = [option.strip() for option in options]
    if not 2 <= len(shown) <= len(LETTERS) or not all(shown):
        return []
    for form, space in MARKERS:
        marker = form + space
        start = text.find(marker.format(LETTERS[0]) + shown[0])
        if start < 0:
            continue
        parts = [marker.format(LETTERS[k]) + option for k, option in enumerate(shown)]
        blocks = []
        while start >= 0:
            block = _block_at(text, start, marker, parts)
            if block is not None:
                blocks.append(block)
            start = text.find(parts[0], start + 1 if block is None else block.end)
        if blocks:
            return blocks
    return []


def _block_at(text: str, start: int, marker: str, parts: Sequence[str]) -> Block | None:
    if start > 0 and _is_word(text[start - 1]):
        return None
    end = start + len(parts[0])
    gaps = []
    for part in parts[1:]:
        width = 0
        while not text.startswith(part, end + width) or width == 0:
            if width == MAX_GAP or text[end + width : end + width + 1] not in _GAP:
                return None
            width += 1
        gaps.append(text[end : end + width])
        end += width + len(part)
    # "D. 1" is not the end of "D. 10".
    if _is_word(text[end : end + 1]) and _is_word(text[end - 1]):
        return None
    return Block(start, end, marker, tuple(gaps))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def replace_blocks(text: str, blocks: Sequence[Block], options: Sequence[str]) -> str:
    """Return the text with other options in the blocks found in it."""
    shown = [option.strip() for option in options]
    for block in reversed(blocks):
        text = text[: block.start] + block.written(shown) + text[block.end :]
    return text


def asked_blocks(prompt: str, question: str, options: Sequence[str]) -> list[Block]:
    """Return the blocks of a prompt from where the question begins.

    An instruction before the question may show made-up options as an example (MindCube's does);
    they stay as they are.
    """
    stem = max((part.strip() for part in _MARKS.split(question)), key=len)
    start = max(0, prompt.rfind(stem)) if stem else 0
    return [block for block in find_blocks(prompt, options) if block.start >= start]


def lists_other_options(question: str, options: Sequence[str]) -> bool:
    """Tell whether a question lists lettered options that are not these in this order."""
    for block in reversed(find_blocks(question, options)):
        question = question[: block.start] + question[block.end :]
    first = _FIRST.search(question)
    return first is not None and _SECOND.search(question, first.end()) is not None
