"""Options as data files hold them: lists with or without letters, or inside the question's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sextant.errors import ConventionError
from sextant.samples.sample import LETTERS

_LABEL = re.compile(r"\s*\(?([A-Z])(?:\)|[.:)])(?:\s+|$)")
_BARE = re.compile(r"\(?\s*([A-Za-z])\s*[.:)]?\)?")
_NAMED = re.compile(r"\(?([A-Z])(?:\)|[.:)])\s*(.*)", re.DOTALL)


def bare_options(texts: Sequence[str], where: object) -> tuple[str, ...]:
    """Return option texts without the letters that may stand before them.

    ``("A. chair", "B. table")`` and ``("chair", "table")`` give the same. Letters are taken off
    only if every option has one, in order: "A. Milne" among authors is no label.

    Raises:
        ConventionError: If there are less than two options, or more than the alphabet has letters.
    """
    if not 2 <= len(texts) <= len(LETTERS):
        raise ConventionError(
            "wrong number of options", where=where, expected=f"2..{len(LETTERS)}", got=len(texts)
        )
    return _without_letters(tuple(texts))


@lru_cache(maxsize=4096)
def _without_letters(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Many questions have the same options."""
    labels = [_LABEL.match(text) for text in texts]
    found = [label for label in labels if label is not None]
    if [label[1] for label in found] != list(LETTERS[: len(texts)]):
        return texts
    return tuple(label.string[label.end() :].strip() for label in found)


def answer_letter(stored: str, options: Sequence[str], where: object) -> str:
    """Return the letter of the right option from how it is stored.

    Understands ``B``, ``b``, ``(B)``, ``B.``, ``B. table`` and the option's text.

    Raises:
        ConventionError: If it names no option, or letter and text contradict each other.
    """
    known = LETTERS[: len(options)]
    if len(stored) == 1 and stored in known:
        return stored
    text = stored.strip()
    bare, named = _BARE.fullmatch(text), _NAMED.fullmatch(text)
    texts = [option.strip() for option in options]
    letter = None
    if texts.count(text) == 1 and not (bare and bare[1].upper() in known):
        letter = LETTERS[texts.index(text)]
    elif bare:
        letter = bare[1].upper()
    elif named and named[1] in known and named[2].strip() == texts[LETTERS.index(named[1])]:
        letter = named[1]
    if letter is None or letter not in known:
        raise ConventionError(
            "the stored answer is none of the options", where=where,
            expected=f"a letter A..{known[-1:]}, or an option's text",
            got=repr(stored[:80]),
        )  # fmt: skip
    return letter


def lettered(options: Sequence[str], mark: str) -> list[str]:
    """Return ``A<mark>text`` of every option, e.g. with mark ``". "`` or ``": "``."""
    return [f"{LETTERS[k]}{mark}{text}" for k, text in enumerate(options)]


@dataclass(frozen=True, slots=True)
class InlineOptions:
    """A text that spells its options, taken apart.

    Attributes:
        joints: What stands before the first option's text, between the texts, and after the last;
            so ``joints[0]`` holds the question.
        options: The texts, without letters.
    """

    joints: tuple[str, ...]
    options: tuple[str, ...]

    def with_options(self, options: Sequence[str]) -> str:
        """Return the text with other options in their places; with its own it is as it was."""
        if len(options) != len(self.options):
            return self.joints[0] + "  ".join(options)
        pieces = [piece for pair in zip(self.joints, options, strict=False) for piece in pair]
        return "".join(pieces) + self.joints[-1]


def inline_options(text: str, mark: str) -> InlineOptions | None:
    """Take apart a question that ends in its options, ``... ? A. left B. right``.

    The letters must come in order from A, each a word of its own with the mark right behind it and
    a blank behind that. Of several beginnings the last is taken, so that an example of options in
    the instruction does not matter.

    Args:
        text: The question.
        mark: What follows a letter, ``.`` or ``:``.

    Returns:
        None if there are no two options. White space around options, and a comma that separates
        them, belong to the joints.
    """
    labels = list(re.finditer(rf"(?<![A-Za-z0-9])([A-Z])\s?{re.escape(mark)}(?=\s)", text))
    starts = [k for k, label in enumerate(labels) if label[1] == "A"]
    for start in reversed(starts):
        found = [labels[start]]
        for label in labels[start + 1 :]:
            if len(found) < len(LETTERS) and label[1] == LETTERS[len(found)]:
                found.append(label)
        if len(found) >= 2:
            return _taken_apart(text, found)
    return None


def _taken_apart(text: str, labels: Sequence[re.Match[str]]) -> InlineOptions:
    ends = [label.start() for label in labels[1:]] + [len(text)]
    joints, options, at = [], [], 0
    for label, end in zip(labels, ends, strict=True):
        stripped = text[label.end() : end].strip()
        begin = text.index(stripped, label.end()) if stripped else label.end()
        if end != len(text):
            stripped = stripped.removesuffix(",").rstrip()
        joints.append(text[at:begin])
        options.append(stripped)
        at = begin + len(stripped)
    return InlineOptions((*joints, text[at:]), tuple(options))
