"""Where a reply says outright which option is right.

A claim is a phrase that concludes ("the answer is B", "so, option C", "I choose D", "A is
correct", "Answer: chair"), or a letter that makes up the first or the last line. Letters in
between, however often they are mentioned, are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sextant.evaluation.extraction._letters import is_article, text_behind
from sextant.evaluation.extraction._option_texts import (
    UNCLEAR,
    Named,
    named_at,
    named_whole,
)
from sextant.evaluation.extraction.options import Options

INVALID = "!"
"""Stands for a letter that is none of the options."""

MAX_CLAIMS = 200

_IS = r"(?: ?(?:is|are|was|be|would be|should be|must be|will be|has to be)\b ?[:=]?| ?(?:[:=→⇒>]|->|=>)| ?[-–—](?= ))"
_FILLER = (
    r"(?: ?(?:that|most|likely|probably|clearly|therefore|thus|indeed|still|definitely|then|simply|"
    r"just|the|correct|right|option|choice|letter|answer|number|as follows|given by|obviously|"
    r"actually|:)(?![a-z]))*"
)
_LEADS = re.compile(
    r"(?<![a-z])(?P<noun>(?:final |correct |right |best |my |the )*(?:answer|option|choice|selection|conclusion|guess|pick)"
    r"(?: (?:choice|option|letter|number|here|below|to (?:the|this|that) question|in this case|"
    r"therefore|thus|then|to this|overall|i(?:'d| would) (?:give|choose)))*)"
    rf"{_IS}{_FILLER}[ \n]?"
    r"|(?<![a-z])(?:final |correct )?answer(?: is)? ?(?=[\n(\[\"']| ?[A-Z](?![A-Za-z]))\n?"
    r"|(?<![a-z])(?:i|we|let'?s|let us)(?:'d|'ll| would| will| must| can| should| have to|'m| am| are)?"
    r"(?: (?:have to|to|also|therefore|then|now|still))?"
    r" (?:choose|choosing|chose|pick|picking|select|say|guess|answer|go with|going with|went with|"
    r"going to (?:say|choose|pick|go with)|opt for|conclude|believe|think|settle on|vote for)"
    r"(?: (?:that|it is|it's|the answer is|the correct answer is|the|option|choice|answer|letter))*[: ]"
    r"|(?:答案|选项|最终答案|正确答案)(?:应该|应|就)?(?:是|为|选|:)+ ?|(?:故选|应选|所以选|我选择?|选择?)[: ]?"
    r"|(?:정답은|답은|정답:|답:|答えは|正解は) ?",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"(?:(?:^|[\s,.;(])(?:so|therefore|thus|hence|consequently|finally|overall|in conclusion|in summary|to conclude|"
    r"ultimately)[,:]?(?: (?:it|this|that|the object|the best|the correct one) ?(?:'s|is|must be|should be|would be|has to be))?"
    r"|[∴→⇒]|[=-]>"
    r"|(?<![a-z])(?:it|this|that)(?:'s| is| must be| should be| has to be| would be| has to be)"
    r"|(?<![a-z])(?:corresponds? to|match(?:es|ing)?|which is|which makes it|points to|leads to|leaves(?: us with)?|leaving)"
    r"|(?:^|[\s,.;(])(?:wait|actually|no|nope|sorry|correction|scratch that|i mean(?:t)?|rather|oops|hmm|but|instead)"
    r"[ ,.:;!\-–—…]+(?:(?:wait|no|actually|sorry)[ ,.:;!\-–—…]+)*(?:(?:it|that)(?: is|'s)|make that|i meant?|the answer is)?)"
    r"(?: (?:the|most likely|probably|likely|definitely|clearly))?(?: ?(?:option|choice|answer|letter))? ?(?=[(\[{\"']*[A-Z](?![A-Za-z0-9'])|[a-z][.)]?$)",
    re.IGNORECASE,
)
_RIGHT = (
    r"(?: (?:is|seems|appears|looks|must be|should be|would be|has to be|will be)(?: to be)?"
    r"(?: (?:the|most|clearly|therefore|thus|indeed|probably|likely|definitely|also|our|my|only|single|final))*"
    r" (?:correct|best|true|accurate|appropriate|answer|right(?! (?:of|behind|next|beside|in|above|below|side|to|at|by|"
    r"there|here|under|on|before|after|hand|front|back|wall|corner)))(?![a-z-])"
    r"(?! (?:if|only if|when|for|than|in)\b))"
)
_LETTER_IS_RIGHT = re.compile(
    rf"(?<![A-Za-z0-9'-])[A-Z](?![A-Za-z0-9'])[)\]}}\"']*(?: ?\([^()\n]{{0,60}}\))?{_RIGHT}"
)
_IS_RIGHT = re.compile(_RIGHT, re.IGNORECASE)
_BEFORE_ASSUMED = re.compile(
    r"\b(?:if|whether|unless|suppose|supposing|assuming|assume|why|how|when|that|could|might|may|what|which|not|n't|cannot|only)"
    r" (?:that )?(?:is )?(?:the )?$",
    re.IGNORECASE,
)
_OPENERS = re.compile(r"[ (\[{<\"'“]*")
_AFTER_SMALL = re.compile(r"[ )\]}\"'>]*(?:[.:,;!)]|\n|$)")
_AFTER_THEN = re.compile(
    r"[ )\]}\"'>]*(?:[.:,;!?)\]–—]|\n|$| (?:because|since|as|and not|is|instead|rather)\b| - )"
)
_WRONG = re.compile(r"[)\]}\"' ]*(?:is |was )?(?:wrong|incorrect|not\b(?! [a-z]$))")
_OR_ANOTHER = re.compile(
    r"[)\]}\"'.]* ?(?:,? ?(?:and|or|&|und|or maybe|or possibly|and/or) ?|/ ?)(?:the |option |choice )?[(\[{\"']*([A-Z])(?![A-Za-z0-9'])"
    r"(?! (?:is|are|was|can|cannot|has|have|would|could|does) )"
    r"|[)\]}\"']*, ?(?:(?:and|or) )?[(\[\"']*([A-Z])[)\]\"']*(?= ?(?:[.\n;]|$|,? ?(?:and|or|,) ?[(\[\"']*[A-Z](?![A-Za-z])))"
)
_BULLET = re.compile(r"[ ]*(?:[-*•>#]+ ?|\d{1,2}[.)] )?")
_LINE_LETTER = re.compile(r"[ (\[{<\"'.:>-]*([A-Za-z])[ )\]}>\"'.:,;!-]*")
_LINE_LABEL = re.compile(
    r"[ (\[{\"']*([A-Za-z])(?:[)\]}\"']+[.:,]?|[.:,;)]| ?[-–—](?= ))(?= |$|\n)"
)


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


def claims_in(text: str, lower: str, options: Options) -> list[Claim]:
    """Return the claims of a reply, in order.

    Args:
        text: Without markup.
        lower: The same in lower case.
        options: What may be claimed.
    """
    found = list(_phrases(text, lower, options))
    found += _lines(text, lower, options)
    found.sort(key=lambda c: (c.span, c.start))
    return found


def _phrases(text: str, lower: str, options: Options) -> Iterator[Claim]:
    count = 0
    for match in _LEADS.finditer(text):
        claim = _claimed(text, lower, match, options)
        if claim is not None:
            yield claim
            count += 1
            if count >= MAX_CLAIMS:
                break
    for match in _THEN.finditer(text):
        claim = _claimed(text, lower, match, options, strict=True)
        if claim is not None:
            yield claim
            count += 1
            if count >= 2 * MAX_CLAIMS:
                break
    for match in _LETTER_IS_RIGHT.finditer(text):
        if not _assumed(text, match.start()):
            yield _letter_claim(text, lower, match.start(), match.start(), match.end(), options)
            count += 1
            if count >= 3 * MAX_CLAIMS:
                break


def _assumed(text: str, at: int) -> bool:
    return _BEFORE_ASSUMED.search(text, max(0, at - 40), at) is not None


def _claimed(
    text: str, lower: str, match: re.Match[str], options: Options, strict: bool = False
) -> Claim | None:
    """Return what stands behind a phrase that claims, None if that is no option."""
    if _assumed(text, match.start()):
        return None
    openers = _OPENERS.match(text, match.end())
    at = match.end() if openers is None else openers.end()
    if (
        at < len(text)
        and text[at].isascii()
        and text[at].isalpha()
        and not text[at + 1 : at + 2].isalnum()
    ):
        if _is_letter(text, lower, at, options, strict):
            claim = _letter_claim(text, lower, match.start(), at, at + 1, options)
            return None if _WRONG.match(lower, at + 1) else claim
    if strict:
        return None
    named = _text_from(lower, at, options)
    if named is None:
        return None
    return Claim(
        match.start(), named.end, _joined_text(lower, named, options), (named.start, named.end)
    )


def _is_letter(text: str, lower: str, at: int, options: Options, strict: bool) -> bool:
    after = text[at + 1 : at + 2]
    if after and after in "'-+&" and text[at + 2 : at + 3].isalpha():
        return False
    if strict and not _AFTER_THEN.match(text, at + 1):
        return False
    if text[at].islower():
        return text[at] != "i" and _AFTER_SMALL.match(text, at + 1) is not None
    return not is_article(text, at, options, lower)


def _letter_claim(text: str, lower: str, start: int, at: int, end: int, options: Options) -> Claim:
    letter = text[at].upper()
    another = _OR_ANOTHER.match(text, at + 1)
    if another is not None and (another.group(1) or another.group(2)) != letter:
        return Claim(start, another.end(), UNCLEAR, (at, at + 1))
    if letter not in options.letters:
        return Claim(start, end, INVALID, (at, at + 1))
    named = text_behind(text, lower, at, options)
    if named is not None:
        end = max(end, named.end)
        if named.letter != letter:
            letter = (
                UNCLEAR
                if named.letter != UNCLEAR or not _shares(named, letter, lower, options)
                else letter
            )
    return Claim(start, end, letter, (at, at + 1))


def _shares(named: Named, letter: str, lower: str, options: Options) -> bool:
    """Return whether a text that several options have is that of a letter, too."""
    return (
        named_whole(options.choices().get(letter, ""), options) == UNCLEAR
        and named_whole(lower[named.start : named.end], options) == UNCLEAR
    )


def _text_from(lower: str, at: int, options: Options) -> Named | None:
    named = named_at(lower, at, options)
    for article in ("the ", "a ", "an ", "to the ", "on the ", "that the ", "in the ", "at the "):
        if named is None and lower.startswith(article, at):
            named = named_at(lower, at + len(article), options)
    return named


def _joined_text(lower: str, named: Named, options: Options) -> str:
    for joint in (" and the ", " or the ", " and ", " or ", ", "):
        if lower.startswith(joint, named.end):
            other = named_at(lower, named.end + len(joint), options)
            if other is not None and other.letter != named.letter:
                return UNCLEAR
    return named.letter


def _lines(text: str, lower: str, options: Options) -> Iterator[Claim]:
    """Yield the first and the last line, where a line is a letter, a label or an option's text."""
    bounds = []
    start = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            bounds.append((start, start + len(line)))
        start += len(line) + 1
    if not bounds:
        return
    opening = named_at(lower, bounds[0][0], options)
    if opening is not None and text[opening.end : opening.end + 1] in (",", ".", "!"):
        letter = _joined_text(lower, opening, options)
        yield Claim(opening.start, opening.end, letter, (opening.start, opening.end))
    labels = [_label_of(text, lo, hi) for lo, hi in bounds]
    listed = [
        label is not None
        and any(n is not None and n[1] != label[1] for n in labels[max(0, k - 1) : k + 2])
        for k, label in enumerate(labels)
    ]
    for k in dict.fromkeys((0, len(bounds) - 1)):
        lo, hi = bounds[k]
        if listed[k]:
            continue
        whole = _LINE_LETTER.fullmatch(text, lo, hi)
        if whole is not None:
            yield _letter_claim(text, lower, lo, whole.start(1), hi, options)
            continue
        letter = named_whole(text[_bullet_end(text, lo, hi) : hi], options)
        if letter is not None:
            if k == 0 or not any(
                named_whole(text[_bullet_end(text, a, b) : b], options) not in (None, letter)
                for a, b in bounds[max(0, k - 1) : k + 2]
            ):
                yield Claim(lo, hi, letter, (lo, hi))
            continue
        label = labels[k]
        if label is not None:
            at, _ = label
            upper = text[at].isupper()
            named = text_behind(text, lower, at, options)
            if k == 0 and (upper or named is not None) and not _is_list(text, lower, at, options):
                yield _letter_claim(text, lower, lo, at, at + 1, options)
            elif named is not None and named.end >= hi - 3:
                yield _letter_claim(text, lower, lo, at, hi, options)


def _bullet_end(text: str, lo: int, hi: int) -> int:
    match = _BULLET.match(text, lo, hi)
    return lo if match is None else match.end()


def _label_of(text: str, lo: int, hi: int) -> tuple[int, str] | None:
    match = _LINE_LABEL.match(text, _bullet_end(text, lo, hi), hi)
    return None if match is None else (match.start(1), match.group(1).upper())


_INLINE_LABEL = re.compile(r"(?<![A-Za-z0-9'-])\(?([A-Z])[.):] ?")


def _is_list(text: str, lower: str, at: int, options: Options) -> bool:
    """Return whether a label begins an enumeration of several options in one line."""
    end = text.find("\n", at)
    line_end = len(text) if end < 0 else end
    own = {text[at].upper()}
    for match in _INLINE_LABEL.finditer(text, at + 1, line_end):
        named = text_behind(text, lower, match.start(1), options)
        if named is not None and named.letter == match.group(1):
            own.add(match.group(1))
    return len(own) > 1
