"""Where a reply says outright which option is right.

A claim is a phrase that concludes ("the answer is B", "so, option C", "I choose D", "A is
correct", "Answer: chair"), or a letter that makes up the first or the last line. Letters in
between, however often they are mentioned, are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sextant.evaluation.extraction._claim import DOUBTED, Claim, joined_text, letter_claim
from sextant.evaluation.extraction._claim_lines import line_claims
from sextant.evaluation.extraction._claim_phrases import (
    AFTER_SMALL,
    AFTER_THEN,
    CONDITIONAL,
    OPENERS,
    WITHDRAWN,
    assumed_at,
    judged_in,
    leads_in,
    thens_in,
)
from sextant.evaluation.extraction._letters import is_article
from sextant.evaluation.extraction._option_texts import UNCLEAR, Named, named_at
from sextant.evaluation.extraction.options import Options


def claims_in(text: str, lower: str, options: Options) -> tuple[list[Claim], set[int]]:
    """Return the claims of a reply, in order, and where letters are that it supposes or doubts.

    Args:
        text: Without markup.
        lower: The same in lower case.
        options: What may be claimed.
    """
    found: dict[tuple[int, int], Claim] = {}
    doubted: set[int] = set()
    for claim in (*_phrases(text, lower, options), *line_claims(text, lower, options)):
        if claim.letter == DOUBTED:
            doubted.add(claim.span[0])
            continue
        other = found.setdefault(claim.span, claim)
        if other is not claim:
            letter = claim.letter if claim.letter == other.letter else UNCLEAR
            start, end = min(claim.start, other.start), max(claim.end, other.end)
            found[claim.span] = Claim(start, end, letter, claim.span)
    claims = [found[span] for span in sorted(found) if span[0] not in doubted]
    return claims, doubted


def _phrases(text: str, lower: str, options: Options) -> Iterator[Claim]:
    for match in leads_in(lower):
        claim = _claimed(text, lower, match, options)
        if claim is not None:
            yield claim
    for match in thens_in(lower):
        claim = _claimed(text, lower, match, options, strict=True)
        if claim is not None:
            yield claim
    for match in judged_in(text, lower):
        claim = letter_claim(text, lower, match.start(), match.start(), match.end(), options)
        if assumed_at(text, match.start()):
            claim = replace(claim, letter=DOUBTED)
        yield replace(claim, letter=UNCLEAR) if " also " in match.group() else claim


def _claimed(
    text: str, lower: str, match: re.Match[str], options: Options, strict: bool = False
) -> Claim | None:
    """Return what stands behind a phrase that claims, None if that is no option."""
    openers = OPENERS.match(text, match.end())
    at = match.end() if openers is None else openers.end()
    assumed = assumed_at(text, match.start())
    alone = text[at : at + 1].isascii() and text[at : at + 1].isalpha()
    if alone and not text[at + 1 : at + 2].isalnum():
        if _is_letter(text, lower, at, options, strict):
            claim = letter_claim(text, lower, match.start(), at, at + 1, options)
            if assumed or WITHDRAWN.match(lower, at + 1):
                return replace(claim, letter=DOUBTED)
            return replace(claim, letter=UNCLEAR) if CONDITIONAL.match(lower, at + 1) else claim
    if strict or assumed:
        return None
    named = _text_from(lower, at, options)
    if named is None:
        return None
    letter = joined_text(lower, named, options)
    return Claim(match.start(), named.end, letter, (named.start, named.end))


def _is_letter(text: str, lower: str, at: int, options: Options, strict: bool) -> bool:
    after = text[at + 1 : at + 2]
    if after and after in "'-+&" and text[at + 2 : at + 3].isalpha():
        return False
    if strict and not AFTER_THEN.match(text, at + 1):
        return False
    if text[at].islower():
        article = text[at] == "a" and (strict or not after)
        return text[at] != "i" and not article and AFTER_SMALL.match(text, at + 1) is not None
    return not is_article(text, at, options, lower)


def _text_from(lower: str, at: int, options: Options) -> Named | None:
    named = named_at(lower, at, options)
    for article in ("the ", "a ", "an ", "to the ", "on the ", "that the ", "in the ", "at the "):
        if named is None and lower.startswith(article, at):
            named = named_at(lower, at + len(article), options)
    return named
