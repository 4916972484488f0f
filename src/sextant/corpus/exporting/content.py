"""A turn as pieces of text and pictures, for trainers that want messages so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sextant.samples.validate import IMAGE_MARK


def pieces(
    text: str, images: Sequence[str], picture: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a text with each ``<image>`` replaced by its picture.

    Args:
        text: A turn.
        images: As many as it has ``<image>``.
        picture: Makes the piece of an image's path.

    >>> pieces("<image>\\nWhich?", ["a.png"], lambda path: {"type": "image"})
    [{'type': 'image'}, {'type': 'text', 'text': '\\nWhich?'}]
    """
    between = text.split(IMAGE_MARK)
    found: list[dict[str, Any]] = []
    for i, words in enumerate(between):
        if words:
            found.append({"type": "text", "text": words})
        if i < len(images):
            found.append(picture(images[i]))
    return found


def structured(
    texts: Sequence[str], images: Sequence[str], picture: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return turns as messages whose content are pieces; the first turn shows all images."""
    return [
        {
            "role": "assistant" if i % 2 else "user",
            "content": pieces(text, () if i else images, picture),
        }
        for i, text in enumerate(texts)
    ]
