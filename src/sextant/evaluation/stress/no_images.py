"""Without pictures: what the text alone is worth to the model.

``told`` begins the prompt with a line that says so, and asks for the most likely answer: otherwise
the prompt would speak of pictures that are not there, and part of the loss would be refusals.
``silent`` only takes the pictures away. Both leave out what the framing says of pictures; what the
question itself says of them stays, for it is the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sextant.evaluation.items import IMAGE_MARK, VIDEO_MARK, Item
from sextant.evaluation.stress._base import StressTest, has_pictures
from sextant.evaluation.variants import Context, Variant, variant_id

NOTE = (
    "The pictures that this question refers to are not shown. Answer from the text alone; where it "
    "does not decide, give the most likely answer.\n"
)

CLAIMS = (
    # VSI-Bench, pre_prompt of all three harnesses.
    ("These are frames of a video.\n", ""),
    # SITE-Bench, videos.
    (" multiple-choice question based on the video.", " multiple-choice question."),
    # MindCube, src/prompt_generation/templates.py, raw_qa; and a Sextant corpus in that style.
    (
        " by examining the provided images, which show the scene from different viewpoints",
        "",
    ),
    (
        "The images show one scene from different viewpoints; work out how its objects are",
        "Work out how the objects of one scene are",
    ),
)
"""What framings say of pictures, and what is left of it without them."""

_MARK = f"(?:{re.escape(IMAGE_MARK)}|{re.escape(VIDEO_MARK)})"
# "Picture 2: <image>", or marks alone.
_LINE_OF_MARKS = re.compile(rf"(?:[^\n<]{{0,60}}[:.]?[ \t]*)?{_MARK}(?:[ \t,;]*{_MARK})*[ \t]*")
_LABEL = re.compile(r"[^\n.?!]{0,60}:[ \t]*|(?:[A-Za-z]+[ -])?[A-Za-z]*[ -]?\d{0,3}[:.]?[ \t]*")
_ANY_MARK = re.compile(_MARK)


def without_marks(text: str) -> str:
    """Return a text without picture marks and without the labels that only name a picture.

    >>> without_marks("<image><image>\\nWhich is nearer?")
    'Which is nearer?'
    >>> without_marks("Before:\\n<image>\\nPicture 2: <image>\\nWhat moved from <image>?")
    'What moved from?'
    """
    kept: list[str] = []
    for line in text.split("\n"):
        if not _ANY_MARK.search(line):
            kept.append(line)
            continue
        rest = _ANY_MARK.sub("", line)
        if _LINE_OF_MARKS.fullmatch(line) and _LABEL.fullmatch(rest):
            # A heading that announces pictures goes with the first of them.
            if kept and kept[-1].rstrip().endswith(":") and _LABEL.fullmatch(kept[-1]):
                kept.pop()
            continue
        joined = re.sub(r"[ \t]{2,}", " ", _ANY_MARK.sub(" ", line))
        kept.append(re.sub(r"[ \t]+(?=[.,;:?!])", "", joined).strip())
    return "\n".join(kept).strip("\n")


def without_pictures(text: str) -> str:
    """Return a prompt's text without marks and without what its framing says of pictures."""
    text = without_marks(text)
    for claim, instead in CLAIMS:
        text = text.replace(claim, instead)
    return text


def blinded(item: Item) -> Item:
    """Return an item that shows nothing."""
    return replace(item, question=without_marks(item.question), pictures=(), video=None)


@dataclass(frozen=True, slots=True)
class NoImages(StressTest):
    """Pictures dropped."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Items without pictures have none to lose."""
        return None if has_pictures(item) else "no pictures"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per setting."""
        for setting in self.settings:
            note = NOTE if setting == "told" else ""
            yield Variant(
                variant_id(item, self.name, setting), item, blinded(item), self.name, setting,
                edit=lambda text, note=note: note + without_pictures(text),  # type: ignore[misc]
            )  # fmt: skip


STRESS = NoImages("no_images", ("told",), ("told", "silent"))
