"""The strict rule for letters: what a reply says beyond doubt, and nothing else.

In this order:

1. thinking is cut off, ``<answer>`` and ``\\boxed{}`` are looked into (``_reply``);
2. a reply that is one letter, or one option's text, is that option;
3. claims decide ("the answer is B", a last line that is "B"; ``_claims``). Where they differ, the
   last one does, if the reply marks it as its conclusion or as a correction; else ``ambiguous``;
4. a reply that says that it has no answer is ``refused``;
5. one letter that stands alone and is not denied is the answer, several are ``ambiguous``;
6. one option's text in the last sentence is the answer. Both only in a reply that is not cut off
   in the middle of a sentence.

A letter beside another option's text is ``ambiguous``, as is "A and B". The article "A" and the
pronoun "I" are no letters.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from sextant.evaluation.extraction._claim import INVALID, Claim
from sextant.evaluation.extraction._claims import claims_in
from sextant.evaluation.extraction._letters import Mention, mentions_in, text_behind
from sextant.evaluation.extraction._option_texts import (
    UNCLEAR,
    Named,
    lowered,
    named_in,
    named_whole,
)
from sextant.evaluation.extraction._parts import EMPTY, verdict_on
from sextant.evaluation.extraction._places import holds_any
from sextant.evaluation.extraction._refusals import refusal_in, without_refusals
from sextant.evaluation.extraction._reply import (
    REMEMBERED,
    squeezed,
    unmarked,
    unsqueezed,
)
from sextant.evaluation.extraction.found import Found, Status
from sextant.evaluation.extraction.options import Options

_EDGE = " \t\r\n*_`\"'“”‘’()[]{}（）【】"
_SINGLE = re.compile(rf"[{re.escape(_EDGE)}#>]*([A-Za-z])[{re.escape(_EDGE)}.:,;!。．：、]*")
_LABELLED = re.compile(r"\s*\(?([A-Z])[.):] ?([A-Za-z0-9 -]+)[.\s]*")
_MARKS = "*`#_"
_MARKDOWN = str.maketrans(dict.fromkeys(_MARKS, " "))
_EMPHASISED = re.compile(r"(?<![A-Za-z0-9])(\*{1,3}|_{1,2}|`{1,3})([A-Z])(?=[.:]?\1)")
_CONCLUDES = re.compile(
    r"(?<![a-z])(?:so|therefore|thus|hence|final|finally|conclu\w+|overall|consequently|ultimately|"
    r"actually|wait|no|nope|correction|correct(?:ed|ing)|sorry|however|instead|but|rather|"
    r"on second thought|"
    r"reconsider\w*|re-?examin\w*|mistake\w*|revis\w+|oops|hmm+|after all|in summary|"
    r"best)(?![a-z])|[∴→⇒]|=>|->|所以|因此|最终",
)
_TAKES_BACK = re.compile(
    r"(?:^|[.!?;\n(—–]|- |, )\s*(?:wait|hmm+|scratch that|on second thought|oops|correction|"
    r"no,|actually,? (?:no|wait|it|that|the answer|i)|sorry,|but wait|let me (?:re|double|"
    r"check|look again))",
)
_SENTENCE = re.compile(r"(?<=[.!?\n;])(?<!\d\.)(?:\s+|(?<=\n))")
_NOT = re.compile(
    r"(?<![a-z])(?:not|never|neither|nor|cannot|no|without|unlikely|wrong|incorrect|false|except|"
    r"instead|rather than)(?![a-z])|n't(?![a-z])|不"
)
_CLOSING_CUE = re.compile(
    r"(?<![a-z])(?:so|therefore|thus|hence|conclu\w+|final|finally|answer|correct|overall|"
    r"consequently|"
    r"ultimately|option that|best|match(?:es)?)(?![a-z])|所以|因此|答案"
)


SHORT = 14
"""A reply of fewer words need not end like a sentence."""

_ENDINGS = tuple(".!?)]}\"'。！？；;:")


def strict_choice(reply: str, options: Options) -> Found:
    """Return the letter that a reply gives beyond doubt; see the module."""
    if len(reply) < 40 and (match := _SINGLE.fullmatch(reply)) is not None:
        return _single(match.group(1), match.span(1), options)
    if len(reply) < 120 and (match := _LABELLED.fullmatch(reply)) is not None:
        letter = match.group(1)
        if letter in options.letters and named_whole(match.group(2), options) == letter:
            return Found("answered", letter, match.span(1))
    return verdict_on(
        reply,
        lambda text: (_decide_short if len(text) <= REMEMBERED else _decide)(text, options),
    )


def _single(letter: str, span: tuple[int, int], options: Options) -> Found:
    upper = letter.upper()
    return Found("answered", upper, span) if upper in options.letters else EMPTY


def _decide(raw: str, options: Options) -> Found:
    match = _SINGLE.fullmatch(raw) if len(raw) < 80 else None
    if match is not None:
        return _single(match.group(1), match.span(1), options)
    text = unmarked(raw)
    if holds_any(text, _MARKS):
        # In bold, an A is no article: it is put in brackets, which costs no position.
        text = _EMPHASISED.sub(lambda m: f"{' ' * (len(m[1]) - 1)}({m[2]}", text)
        text = text.translate(_MARKDOWN)
    text = text.rstrip()
    found = _decide_plain(squeezed(text), options)
    if found.span is None or "  " not in text:
        return found
    return Found(found.status, found.value, unsqueezed(text, *found.span))


_decide_short = lru_cache(maxsize=16_384)(_decide)
"""Short answers repeat: the same few words about the same options."""


def _decide_plain(text: str, options: Options) -> Found:
    if not text or text.isspace():
        return EMPTY
    single = _SINGLE.fullmatch(text) if len(text) < 80 else None
    if single is not None:
        return _single(single.group(1), single.span(1), options)
    whole = named_whole(text, options) if len(text) < 2000 else None
    if whole is not None:
        start = len(text) - len(text.lstrip())
        return _verdict(whole, (start, len(text)))
    lower = lowered(text)
    claims, doubted = claims_in(text, lower, options)
    if claims:
        found = _of_claims(claims, lower)
        if found is not None:
            return found
    return _without_claims(text, lower, options, bool(claims), doubted)


def _verdict(letter: str, span: tuple[int, int]) -> Found:
    if letter == UNCLEAR:
        return Found("ambiguous", None, span)
    return Found("answered", letter, span)


def _of_claims(claims: list[Claim], lower: str) -> Found | None:
    """Return what claims agree on or come to; None if they only name what is no option."""
    last = claims[-1]
    if all(c.letter == INVALID for c in claims):
        return None
    if _TAKES_BACK.search(lower, last.end):
        return Found("ambiguous", None, last.span)
    other = next((c for c in reversed(claims) if c.letter != last.letter), None)
    if other is not None:
        first = next(c for c in claims if c.span > other.span)
        between = lower[other.span[1] : first.span[0]]
        if not _CONCLUDES.search(between):
            return Found("ambiguous", None, last.span)
    if last.letter == INVALID:
        return Found("ambiguous", None, last.span)
    return _verdict(last.letter, last.span)


def _without_claims(
    text: str, lower: str, options: Options, claimed_invalid: bool, doubted: set[int]
) -> Found:
    status: Status = "ambiguous"
    refusal = refusal_in(lower)
    named = named_in(lower, options)
    if refusal is not None and any(n.start < refusal[1] and n.end > refusal[0] for n in named):
        refusal = None  # "cannot be determined" may be an option
    if refusal is not None:
        text = without_refusals(lower, text)
        lower = lowered(text)
        status = "refused"
        named = named_in(lower, options)
    mentions = mentions_in(text, lower, options, named)
    spoken = bool(mentions or named)
    mentions, named = _without_listing(text, lower, options, mentions, named)
    if claimed_invalid:
        return Found("ambiguous") if spoken else EMPTY
    mentions = [replace(m, denied=m.denied or m.at in doubted) for m in mentions]
    letters = {m.letter for m in mentions if not m.denied}
    complete = _is_complete(lower)
    last_named = _last_sentence_names(lower, named, options) if complete else None
    if len(letters) > 1:
        letters = _of_conclusion(lower, mentions) or letters
    if len(letters) == 1:
        letter = letters.pop()
        at = next(m.at for m in reversed(mentions) if m.letter == letter and not m.denied)
        beside = text_behind(text, lower, at, options)
        against = beside.letter if beside is not None else letter
        if against != letter or (last_named is not None and last_named.letter != letter):
            return Found(status, None, (at, at + 1))
        if not complete and at < len(text.rstrip()) - 3:
            return Found(status, None, (at, at + 1))
        return Found("answered", letter, (at, at + 1))
    if len(letters) > 1:
        return Found(status)
    if last_named is not None and last_named.letter != UNCLEAR:
        return Found("answered", last_named.letter, (last_named.start, last_named.end))
    if refusal is not None:
        return Found("refused", None, refusal)
    return Found("ambiguous") if spoken else EMPTY


def _of_conclusion(lower: str, mentions: list[Mention]) -> set[str]:
    """Return the letters of the last sentence if it concludes; empty if it does not."""
    start = _last_sentence(lower)
    letters = {m.letter for m in mentions if m.at >= start and not m.denied}
    return letters if len(letters) == 1 and _CLOSING_CUE.search(lower, start) else set()


def _is_complete(lower: str) -> bool:
    """Return whether a reply is not cut off: it ends like a sentence, or is short."""
    bare = lower.rstrip()
    return bare[-1:] in _ENDINGS or bare.count(" ") < SHORT


def _last_sentence(lower: str) -> int:
    bare = lower.rstrip()
    start = 0
    for match in _SENTENCE.finditer(bare):
        start = match.end()
    return start


def _last_sentence_names(lower: str, named: list[Named], options: Options) -> Named | None:
    """Return the one option that the last sentence names by its text, unless it says no."""
    start = _last_sentence(lower)
    here = [n for n in named if n.start >= start]
    if not here or any(n.letter != here[0].letter for n in here):
        return None
    rest = lower[start : here[0].start] + " " + lower[here[0].end :]
    return None if _NOT.search(rest) else here[-1]


def _without_listing(
    text: str, lower: str, options: Options, mentions: list[Mention], named: list[Named]
) -> tuple[list[Mention], list[Named]]:
    """Leave out an echo of the options: labels in a row, each with its own text."""
    own: list[tuple[Mention, Named | None]] = []
    for mention in mentions:
        behind = text_behind(text, lower, mention.at, options) if mention.labels else None
        if behind is not None and behind.letter in (mention.letter, UNCLEAR):
            own.append((mention, behind))
    listed: set[int] = set()
    for (first, one), (second, _) in pairwise(own):
        gap = text[one.end : second.at] if one is not None else ""
        if first.letter != second.letter and len(gap) < 12 and not any(map(str.isalnum, gap)):
            listed |= {first.at, second.at}
    if not listed:
        return mentions, named
    texts = {b.start for m, b in own if m.at in listed and b is not None}
    return [m for m in mentions if m.at not in listed], [n for n in named if n.start not in texts]
