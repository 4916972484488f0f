"""The options of a choice, however a caller has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sextant.errors import InputError
from sextant.samples.sample import LETTERS

_LABEL = re.compile(r"\s*(?:\(([A-Z])\)|\[([A-Z])\]|([A-Z])\s*[.):：、])\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options:
    """What may be answered.

    Attributes:
        letters: As many of ``LETTERS`` as there are options.
        texts: Without letters, in order; None where only their number is known.
    """

    letters: str
    texts: tuple[str, ...] | None = None

    def choices(self) -> dict[str, str]:
        """Return letter -> text; empty where texts are unknown."""
        return dict(zip(self.letters, self.texts or (), strict=False))


def as_options(options: int | str | Sequence[str] | Options) -> Options:
    """Return the options in one form.

    Args:
        options: Texts without letters; texts that all carry their letter in order (``A. chair``,
            ``(B) table``); bare letters (``["A", "B"]``); or how many there are.

    Raises:
        InputError: If there is none, or there are more than letters.

    >>> as_options(["A. chair", "B. table"])
    Options(letters='AB', texts=('chair', 'table'))
    >>> as_options(3)
    Options(letters='ABC', texts=None)
    """
    if isinstance(options, Options):
        return options
    if isinstance(options, int):
        if not 1 <= options <= len(LETTERS):
            raise InputError("no such number of options", expected=f"1..{len(LETTERS)}",
                             got=options)  # fmt: skip
        return Options(LETTERS[:options])
    if isinstance(options, str):
        raise InputError(
            "options are a sequence of texts, not one text", got=repr(options[:80]),
            hint="pass a list such as ['chair', 'table']",
        )  # fmt: skip
    return _of_texts(tuple(map(str, options)))


@lru_cache(maxsize=4096)
def _of_texts(texts: tuple[str, ...]) -> Options:
    if not 1 <= len(texts) <= len(LETTERS):
        raise InputError("no such number of options", expected=f"1..{len(LETTERS)}",
                         got=len(texts))  # fmt: skip
    letters = LETTERS[: len(texts)]
    if len(texts) > 1 and all(t.strip() == c for t, c in zip(texts, letters, strict=True)):
        return Options(letters)
    bare = []
    for text, letter in zip(texts, letters, strict=True):
        match = _LABEL.fullmatch(text)
        if match is None or letter not in match.group(1, 2, 3):
            return Options(letters, tuple(t.strip() for t in texts))
        bare.append(match.group(4).strip())
    return Options(letters, tuple(bare))
