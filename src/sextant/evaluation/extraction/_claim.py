"""What a claim is, and how one is made of a letter or a text."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.evaluation.extraction._claim_phrases import OR_ANOTHER
from sextant.evaluation.extraction._letters import text_behind
from sextant.evaluation.extraction._option_texts import UNCLEAR, Named, named_at, named_whole
from sextant.evaluation.extraction.options import Options

INVALID = "!"
"""Stands for a letter that is none of the options."""

DOUBTED = "~"
"""Stands for a letter of which the reply does not say that it is right: "if the answer is A"."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reply says is right.

    Attributes:
        start, end: From the phrase that claims it to its end.
        letter: The option; ``UNCLEAR`` for several or a letter with another's text, ``INVALID``
            for none of the options.
        span: The letter or text itself.
    """

    start: int
    end: int
    letter: str
    span: tuple[int, int]


def letter_claim(text: str, lower: str, start: int, at: int, end: int, options: Options) -> Claim:
    """Return the claim that a letter makes, with what stands beside it.

    Args:
        text: The reply without markup.
        lower: The same in lower case.
        start: Where the phrase begins.
        at: Where the letter is.
        end: Where the phrase ends.
        options: What may be claimed.
    """
    letter = text[at].upper()
    another = OR_ANOTHER.match(text, at + 1)
    if another is not None and another.group(another.lastindex or 1) != letter:
        return Claim(start, another.end(), UNCLEAR, (at, at + 1))
    if letter not in options.letters:
        return Claim(start, end, INVALID, (at, at + 1))
    named = text_behind(text, lower, at, options)
    if named is not None:
        end = max(end, named.end)
        if named.letter != letter:
            shared = named.letter == UNCLEAR and _shares(named, letter, lower, options)
            letter = letter if shared else UNCLEAR
    return Claim(start, end, letter, (at, at + 1))


def joined_text(lower: str, named: Named, options: Options) -> str:
    """Return the letter of a text, ``UNCLEAR`` if another option's text is joined to it."""
    for joint in (" and the ", " or the ", " and ", " or ", ", "):
        if lower.startswith(joint, named.end):
            other = named_at(lower, named.end + len(joint), options)
            if other is not None and other.letter != named.letter:
                return UNCLEAR
    return named.letter


def _shares(named: Named, letter: str, lower: str, options: Options) -> bool:
    """Return whether a text that several options have is that of a letter, too."""
    return (
        named_whole(options.choices().get(letter, ""), options) == UNCLEAR
        and named_whole(lower[named.start : named.end], options) == UNCLEAR
    )
