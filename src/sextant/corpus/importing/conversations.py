"""Rows of conversations: ``image`` and ``conversations`` as LLaVA, ShareGPT and SenseNova-SI write.

``image`` may be a list, one path, null, or missing. What is certain is put right and counted:
marks missing altogether, or from the block of marks that a turn begins with, are added there;
marks too many in such a block are removed. Anything else that does not fit makes a row broken: in
the middle of a sentence nobody knows which picture a mark stands for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from sextant.corpus.importing.answers import Answer, read_answer
from sextant.corpus.importing.set_rows import BrokenRow, SetRow
from sextant.samples.validate import IMAGE_MARK

_LEADING = re.compile(rf"(?:\s*{re.escape(IMAGE_MARK)})+")

MAX_IMAGES = 512

_HUMAN = ("human", "user")
_MODEL = ("gpt", "assistant")

ADDED = "<image> put before the question"
REMOVED = "<image> beyond the number of images removed"


def image_paths(given: object) -> list[str]:
    """Return what ``image`` says as a list.

    Raises:
        BrokenRow: If it is neither a path nor a list of paths.
    """
    if given is None or given == "":
        return []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list):
        raise BrokenRow("image is neither a path nor a list", given)
    for path in given:
        if not isinstance(path, str) or not path:
            raise BrokenRow("image holds something that is no path", given)
    if len(given) > MAX_IMAGES:
        raise BrokenRow("too many images", len(given))
    return given


def turn_texts(conversations: object) -> list[str]:
    """Return the texts of turns that alternate between human and gpt.

    Raises:
        BrokenRow: If they do not.
    """
    if not isinstance(conversations, list) or not conversations:
        raise BrokenRow("no conversation", conversations)
    texts = []
    for number, turn in enumerate(conversations):
        if not isinstance(turn, dict):
            raise BrokenRow("a turn is not a pair of from and value", turn)
        value, speaker = turn.get("value"), turn.get("from")
        if not isinstance(value, str):
            raise BrokenRow("a turn is not a pair of from and value", turn)
        if speaker == "system" and number == 0:
            raise BrokenRow("a system turn, which the sample schema has no place for")
        if speaker not in (_MODEL if number % 2 else _HUMAN):
            raise BrokenRow("turns do not alternate between human and gpt", speaker)
        texts.append(value)
    if len(texts) % 2:
        raise BrokenRow("the last turn is not an answer")
    return texts


def with_marks(question: str, images: int) -> tuple[str, str]:
    """Return a question with one mark for each image, and what was done to it.

    Raises:
        BrokenRow: If marks and images differ in a way that only the author could put right.
    """
    marks = question.count(IMAGE_MARK)
    if marks == images:
        return question, ""
    if images == 0:
        raise BrokenRow("<image> where there is no image", marks)
    # In one go: cutting off mark by mark takes minutes where somebody wrote a million of them.
    leading = _LEADING.match(question)
    rest = question[leading.end() :] if leading else question
    if rest.count(IMAGE_MARK):
        raise BrokenRow("another number of <image> than of images", f"{marks} for {images}")
    block = f"{IMAGE_MARK}\n" * images
    return block + rest.lstrip(), ADDED if marks < images else REMOVED


def conversation_row(record: Mapping[str, Any], images: Sequence[str], **more: Any) -> SetRow:
    """Return the row of a record with ``conversations``.

    Args:
        record: As parsed.
        images: Its pictures.
        more: Further fields of the row.

    Raises:
        BrokenRow: If it is no such record.
    """
    texts = turn_texts(record.get("conversations"))
    question, repaired = with_marks(texts[0], len(images))
    turns = None
    if len(texts) > 2:
        turns = later_turns(texts[2:])
    answer: Answer = read_answer(question, texts[1])
    return SetRow(
        images, question, answer.text, answer.kind, answer.options, answer.chosen,
        style=answer.style, name=record.get("id"), value=answer.value, turns=turns,
        repaired=repaired, **more,
    )  # fmt: skip


def later_turns(texts: Sequence[str]) -> str:
    """Return the JSON of further turns.

    Raises:
        BrokenRow: If one of them shows a picture, which only the first may.
    """
    if any(IMAGE_MARK in text for text in texts):
        raise BrokenRow("<image> in a later turn, which the sample schema has no place for")
    speakers = ("human", "gpt")
    turns = [{"from": speakers[i % 2], "value": text} for i, text in enumerate(texts)]
    return orjson.dumps(turns).decode()
