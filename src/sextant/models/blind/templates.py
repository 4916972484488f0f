"""What questions of one phrasing share: their words without names and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

SHARED = 0.05
"""A word is part of a phrasing if at least this share of a task's questions have it."""

GAP = "_"

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+", re.ASCII)


def words_of(text: str) -> list[str]:
    """Return lower-case words; every number is ``#``.

    >>> words_of("Is the Chair 1.5 m away?")
    ['is', 'the', 'chair', '#', 'm', 'away']
    """
    return ["#" if w[0].isdigit() else w for w in _WORD.findall(text.lower())]


def templates_of(texts: Sequence[str]) -> list[str]:
    """Return the template of each question of one task: words that few share become a gap.

    No list of names is needed, so it works for any benchmark; the answers have no part in it.

    >>> texts = [f"How many {name}s are here?" for name in ("bed", "lamp", "rug")] * 20
    >>> texts += ["How many pianos are here?"]
    >>> templates_of(texts)[-1]
    'how many _ are here'
    """
    split = [words_of(text) for text in texts]
    seen = Counter(word for words in split for word in set(words))
    least = max(2.0, SHARED * len(texts))
    made = []
    for words in split:
        kept: list[str] = []
        for word in words:
            piece = word if seen[word] >= least else GAP
            if piece != GAP or not kept or kept[-1] != GAP:
                kept.append(piece)
        made.append(" ".join(kept))
    return made
