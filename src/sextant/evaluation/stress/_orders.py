"""Options in another order: what may be moved, and the variant in which they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sextant.errors import InputError
from sextant.evaluation.items import IMAGE_MARK, VIDEO_MARK, Item
from sextant.evaluation.stress._options import (
    asked_blocks,
    find_blocks,
    lists_other_options,
    replace_blocks,
)
from sextant.evaluation.variants import Context, Variant, variant_id
from sextant.samples.sample import LETTERS

ROTATION_GROUPS = ("rotations_of", "circular")
"""Groups in which sets that store every rotation as a row of its own keep what they rotate."""

# "all of the above", "none of the options below", "both of these": where it stands matters.
_BY_PLACE = re.compile(
    r"\b(?:all|none|any|both|neither|either|some|two|one|each|most|more than one)"
    r"(?: \w+)? of (?:the |these |those )?(?:\w+ )?"
    r"(?:above|below|preceding|following|previous|other options?|other choices|other answers)\b"
    r"|\b(?:none|all|both|neither) of the (?:others|rest)\b"
    r"|\b(?:the )?(?:above|previous|preceding) (?:options?|choices?|answers?)\b"
    r"|\b(?:all|none|both|any) the above\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:options?|choices?|answers?)\s+\(?[A-Z]\)?(?![\w'])")
_BY_LETTER = re.compile(
    r"\b[Bb]oth\s+\(?[A-Z]\)?\s+and\s+\(?[A-Z]\)?(?![\w'])"
    r"|\b(?:[Ee]ither|[Nn]either)\s+\(?[A-Z]\)?\s+n?or\s+\(?[A-Z]\)?(?![\w'])"
)
_JOINT = r"(?:\s*,\s*(?:and |or )?|\s*&\s*|\s+and\s+|\s+or\s+|\s*/\s*)"
_ONLY_LETTERS = re.compile(rf"\(?[A-Z]\)?(?:{_JOINT}\(?[A-Z]\)?)+\.?")


def refers_to_options(options: Sequence[str]) -> bool:
    """Tell whether an option speaks of other options, by place or by letter.

    "A and B" among other texts speaks of options; if every option is made of letters, the letters
    name things (marks in a picture, points of a map), and orders of them may be moved.
    """
    if any(p.search(text) for p in (_BY_PLACE, _NAMED, _BY_LETTER) for text in options):
        return True
    made_of_letters = [_ONLY_LETTERS.fullmatch(text.strip()) is not None for text in options]
    return any(made_of_letters) and not all(made_of_letters)


def why_not_movable(item: Item, context: Context) -> str | None:
    """Return why an item's options cannot be put in another order, None if they can."""
    # A run goes through its variants several times, and two tests ask this.
    known = cast("dict[str, str | None]", context.memo.setdefault("movable", {}))
    if item.id not in known:
        known[item.id] = _why_not_movable(item, context)
    return known[item.id]


def _why_not_movable(item: Item, context: Context) -> str | None:
    if item.answer_type == "boolean":
        return "a yes/no question has no options to move"
    if item.options is None:
        return "the answer is free"
    if _comes_rotated(item, context):
        return "the set brings its own rotations"
    options = [text.strip() for text in item.options]
    if not 2 <= len(options) <= len(LETTERS) or not all(options):
        return "fewer than two options, or one without text"
    if len(item.answer) != 1 or item.answer not in LETTERS[: len(options)]:
        return "the right answer is no letter of an option"
    if len({text.casefold() for text in options}) < len(options):
        return "two options read the same"
    if any(IMAGE_MARK in text or VIDEO_MARK in text for text in options):
        return "options are pictures"
    if refers_to_options(options):
        return "an option refers to other options"
    stem = item.question
    for block in reversed(find_blocks(stem, options)):
        stem = stem[: block.start] + stem[block.end :]
    if _NAMED.search(stem):
        return "the question refers to an option by its letter"
    if lists_other_options(item.question, options):
        return "the question lists options that are not the item's"
    try:
        text = context.render(item).text
    except InputError:
        return "no prompt can be made"  # the plain request fails for the same reason, and says it
    if not asked_blocks(text, item.question, options):
        return "the prompt does not list the options with letters"
    return None


def _comes_rotated(item: Item, context: Context) -> bool:
    """Tell whether an item is one of several rotations of a question that a set stores."""
    keys = [key for key in ROTATION_GROUPS if key in item.groups]
    if not keys:
        return False
    sizes = context.memo.setdefault("rotations", Counter())
    assert isinstance(sizes, Counter)
    if not sizes:
        sizes.update(
            (k, o.groups[k]) for o in context.items.values() for k in keys if k in o.groups
        )
    return any(sizes[key, item.groups[key]] > 1 for key in keys)


def moved(item: Item, order: Sequence[int], stress: str, setting: str) -> Variant:
    """Return an item with its options in another order.

    Args:
        item: One that may be moved.
        order: ``order[k]`` is the present index of the option that shall stand in place k.
        stress: Name of the test.
        setting: Of the test.
    """
    assert item.options is not None  # why_not_movable has said so
    before = item.options
    after = tuple(before[k] for k in order)
    correct = list(order).index(LETTERS.index(item.answer))

    def edit(text: str) -> str:
        return replace_blocks(text, asked_blocks(text, item.question, before), after)

    question = replace_blocks(item.question, find_blocks(item.question, before), after)
    altered = replace(item, question=question, options=after, answer=LETTERS[correct])
    return Variant(
        variant_id(item, stress, setting), item, altered, stress=stress, setting=setting, edit=edit
    )
