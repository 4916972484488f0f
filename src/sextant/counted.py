"""Numbers of things, as a line of text says them."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, which is regular.

    >>> counted(1, "scene"), counted(2, "scene"), counted(0, "scene")
    ('1 scene', '2 scenes', '0 scenes')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"
