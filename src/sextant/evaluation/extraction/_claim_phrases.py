"""Phrases that claim an option, and what may stand around the letter in them.

Every pattern takes linear time: words that repeat do so a few times at most. Those of phrases are
for texts in lower case. ``leads_in`` and the like find the same as the patterns' ``finditer``, but
look only where the words are that the pattern needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sextant.evaluation.extraction._places import holds_any, matches_at, places, starts_before

_IS = (
    r"(?: ?(?:is|are|was|be|would be|should be|must be|will be|has to be)\b ?[:=]?| "
    r"?(?:[:=→⇒>]|->|=>)| ?[-–—](?= ))"
)
_FILLER = (
    r"(?: ?(?:that|most|likely|probably|clearly|therefore|thus|indeed|still|definitely|then|simply|"
    r"just|the|correct|right|option|choice|letter|answer|number|as follows|given by|obviously|"
    r"actually|:)(?![a-z])){0,8}"
)
LEADS = re.compile(
    # Where none can begin is found out first.
    r"(?<![a-z])(?=[fcrbmtaosgpiwl答选最正故应所我정답])"
    r"(?:"
    r"(?P<noun>(?:final |correct |right |best |my |the ){0,4}(?:answer|ans\.?|option|"
    r"choice|selection|conclusion|guess|pick)"
    r"(?: (?:choice|option|letter|number|here|below|to (?:the|this|that) question|in this case|"
    r"therefore|thus|then|to this|overall|i(?:'d| would) (?:give|choose))){0,4})"
    rf"{_IS}{_FILLER}[ \n]?"
    r"|(?:final |correct )?answer(?: is)? ?(?=[\n(\[\"']| ?[a-z](?![a-z]))\n?"
    r"|(?:i|we|let'?s|let us)(?:'d|'ll| would| will| must| can| should| have to|"
    r"'m| am| are)?"
    r"(?: (?:have to|to|also|therefore|then|now|still))?"
    r" (?:choose|choosing|chose|pick|picking|select|say|guess|answer|go with|going with|went with|"
    r"going to (?:say|choose|pick|go with)|opt for|conclude|believe|think|settle on|vote for)"
    r"(?: (?:that|it is|it's|the answer is|the correct answer is|the|option|choice|answer|"
    r"letter)){0,6}[: ]"
    r"|(?:答案|选项|最终答案|正确答案)(?:应该|应|就)?(?:是|为|选|:)+ ?"
    r"|(?:故选|应选|所以选|我选择?|选择?)[: ]?"
    r"|(?:정답은|답은|정답:|답:|答えは|正解は) ?)",
)
THEN = re.compile(
    r"(?=[abcfhilmnoprstuw∴→⇒=-])"
    r"(?:(?<![a-z'])(?:(?:so|therefore|thus|hence|consequently|finally|overall|"
    r"in conclusion|in summary|to conclude|"
    r"ultimately)[,:]?(?: (?:it|this|that|the object|the best|the correct one) ?(?:'s|is|"
    r"must be|should be|would be|has to be))?"
    r"|(?:it|this|that)(?:'s| is| must be| should be| has to be| would be| has to be)"
    r"|(?:corresponds? to|match(?:es|ing)?|which is|which makes it|points to|"
    r"leads to|leaves(?: us with)?|leaving)"
    r"|(?:(?:wait|actually|sorry|correction|scratch that|i mean(?:t)?|"
    r"rather|oops|hmm|but|instead)[ ,.:;!\-–—…]+|nope?[,.:;!\-–—…][ ,.:;!\-–—…]*)"
    r"(?:(?:wait|no|actually|sorry)[ ,.:;!\-–—…]+){0,4}(?:(?:it|that)(?: is|'s)|"
    r"make that|i meant?|the answer is)?)|[∴→⇒]|[=-]>)"
    r"(?: (?:the|most likely|probably|likely|definitely|clearly))?(?: ?(?:option|choice|"
    r"answer|letter))? ?(?=[(\[{\"']*[a-z](?![a-z0-9'])|[a-z][.)]?$)",
)
_RIGHT = (
    r"(?: (?:is|seems|appears|looks|must be|should be|would be|has to be|will be)(?: to be)?"
    r"(?: (?:the|most|clearly|therefore|thus|indeed|probably|likely|definitely|also|our|my|"
    r"only|single|final)){0,5}"
    r" (?:correct|best|true|accurate|appropriate|answer|right(?! (?:of|behind|next|beside|"
    r"in|above|below|side|to|at|by|"
    r"there|here|under|on|before|after|hand|front|back|wall|corner)))(?![a-z-])"
    r"(?! (?:if|only if|when|for|than|in)\b))"
)
LETTER_IS_RIGHT = re.compile(
    # The letter first and what stands before it second: so it is looked for, not tried everywhere.
    rf"[A-Z](?<![A-Za-z0-9'-].)(?![A-Za-z0-9'])[)\]}}\"']*(?: ?\([^()\n]{{0,60}}\))?{_RIGHT}"
)
BEFORE_ASSUMED = re.compile(
    r"(?:\b(?:if|whether|unless|suppose|supposing|assuming|assume|why|how|when|could|might|may|"
    r"not|cannot)|n't|(?:^|[.!?\n] ?)is)"
    r" (?:that )?(?:is )?(?:the )?$"
    r"|(?:n't|\bnot|\bnever) (?:think|believe|say|conclude|agree|mean|suppose|guess|feel|know|sure|"
    r"certain|convinced|clear)(?: that| if| whether)? ?(?:the )?$"
    r"|\b(?:doubt|unlikely|false|wrong|incorrect|impossible)(?: to say)?(?: that| if)? ?(?:the )?$",
    re.IGNORECASE,
)
OPENERS = re.compile(r"[ (\[{<\"'“]*")
AFTER_SMALL = re.compile(r"[ )\]}\"'>]*(?:[.:,;!)]|\n|$)")
AFTER_THEN = re.compile(
    r"[ )\]}\"'>]*(?:[.:,;!?)\]–—]|\n|$| (?:because|since|as|and not|is|instead|rather)\b| - )"
)
WITHDRAWN = re.compile(
    r"[)\]}\"' ]*(?:\?|(?:(?:is |was )?(?:wrong|incorrect)|(?:is|was) not|or not)\b)"
)
CONDITIONAL = re.compile(r"[)\]}\"' ]*(?:only )?(?:if|unless|when)\b")
OR_ANOTHER = re.compile(
    r"[)\]}\"'.]* ?(?:,? ?(?:and|or|&|und|and/or),? ?(?:(?:maybe|possibly|"
    r"perhaps|less likely|alternatively),? ?)?|/ ?)(?:the |option "
    r"|choice )?[(\[{\"']*([A-Z])(?![A-Za-z0-9'])"
    r"(?! (?:is|are|was|can|cannot|has|have|would|could|does) )"
    r"| (?:and )?([B-HJ-Z])(?![A-Za-z0-9'])(?! [a-z])"
    r"|[)\]}\"']*, ?(?:(?:and|or) )?[(\[\"']*([A-Z])[)\]\"']*(?= ?(?:[.\n;]|$|,? ?(?:and|or|"
    r",) ?[(\[\"']*[A-Z](?![A-Za-z])))"
)

_LEADING = (
    "ans", "option", "cho", "select", "conclu", "guess", "pick", "say", "go with", "going ",
    "went with", "opt for", "believe", "think", "settle", "vote", "答", "选", "답", "正解",
)  # fmt: skip
"""A match of ``LEADS`` holds one of these."""

_LEAD = re.compile(r"[fcrbmtaosgpiwl答选最正故应所我정답](?<![a-z].)")
_REACH = 40
"""A match of ``LEADS`` begins at most so far before such a word: "the correct right best "."""

_THEN_WORDS = (
    "so", "therefore", "thus", "hence", "consequently", "finally", "overall", "in conclusion",
    "in summary", "to conclude", "ultimately", "it", "this", "that", "correspond", "match",
    "which ", "points to", "leads to", "leav", "wait", "actually", "sorry", "correction",
    "scratch that", "i mean", "rather", "oops", "hmm", "but", "instead", "nop",
)  # fmt: skip
_THEN_SIGNS = ("∴", "→", "⇒", "=>", "->")
"""A match of ``THEN`` begins with one of these."""

_WORD_BEFORE = frozenset("abcdefghijklmnopqrstuvwxyz'")
_JUDGING = ("correct", "best", "true", "accurate", "appropriate", "answer", "right")
_ASSUMING = (
    "if", "whether", "unless", "suppos", "assum", "why", "how", "when", "could", "might", "may",
    "not", "n't", "never", "doubt", "unlikely", "false", "wrong", "incorrect", "impossible",
    ".is", "!is", "?is", "\nis", ". is", "! is", "? is", "\n is",
)  # fmt: skip
"""A match of ``BEFORE_ASSUMED`` holds one of these, unless the text begins with its "is"."""

_BEFORE = 60
_BRIEF = 80
"""In fewer characters a pattern is tried everywhere sooner than its words are found."""


def leads_in(lower: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``LEADS``."""
    if len(lower) < _BRIEF:
        return LEADS.finditer(lower)
    anchors = places(lower, _LEADING)
    return matches_at(LEADS, lower, starts_before(lower, anchors, _REACH, _LEAD))


def thens_in(lower: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``THEN``."""
    if len(lower) < _BRIEF:
        return THEN.finditer(lower)
    starts = [at for at in places(lower, _THEN_WORDS) if lower[at - 1 : at] not in _WORD_BEFORE]
    if not lower.isascii() or ">" in lower:
        starts = sorted({*starts, *places(lower, _THEN_SIGNS)})
    return matches_at(THEN, lower, starts)


def judged_in(text: str, lower: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``LETTER_IS_RIGHT``."""
    if not holds_any(lower, _JUDGING):
        return iter(())
    return LETTER_IS_RIGHT.finditer(text)


def assumed_at(text: str, at: int) -> bool:
    """Return whether what begins at a position is supposed, asked or doubted, not claimed."""
    start = max(0, at - _BEFORE)
    before = text[start:at]
    if before.isascii():  # beyond that, other characters have the lower case of ASCII letters
        before = before.lower()
        if not holds_any(before, _ASSUMING):
            if start > 0 or not before.startswith("is"):
                return False
    return BEFORE_ASSUMED.search(text, start, at) is not None
