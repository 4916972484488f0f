"""From the text of a prompt to its parts: where pictures and videos go between the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from sextant.errors import ConventionError, RecipeError
from sextant.evaluation.items import IMAGE_MARK, VIDEO_MARK
from sextant.models.messages import Clip, Part, Picture

Placement = Literal["inline", "first", "numbered"]
"""``inline``: where the marks are, first if there are none. ``first``: marks are taken out and the
pictures put first. ``numbered``: first, each on a line of its own as ``Image-1: <picture>``, which
is how InternVL's own evaluation shows several pictures."""

FramePath = Literal["images", "video"]
"""How a model sees the frames of a video: as so many pictures, or as one video. It moves scores by
several points (SenseNova-SI-1.1-Qwen3-VL-8B on VSI-Bench: 62.9 and 55.3), so every run says it."""

_MARKS = re.compile(f"({re.escape(IMAGE_MARK)}|{re.escape(VIDEO_MARK)})")


def parts_of(
    text: str,
    pictures: Sequence[Picture] = (),
    clip: Clip | None = None,
    *,
    placement: Placement = "inline",
    frame_path: FramePath = "video",
    where: object = None,
) -> tuple[Part, ...]:
    """Return the parts of a prompt.

    Args:
        text: With one ``<image>`` per picture or none at all; one ``<video>`` or none.
        pictures: In the order of their marks.
        clip: The frames of a video.
        placement: See ``Placement``.
        frame_path: See ``FramePath``; ``images`` puts the frames where the video would be.
        where: The item, for errors.

    Returns:
        Texts, pictures and clips; neighbouring texts are joined, empty ones left out.

    Raises:
        ConventionError: If the number of marks is neither 0 nor that of the pictures, or there is
            a ``<video>`` without a video, or more than one.
        RecipeError: For an unknown placement or frame path.
    """
    if placement not in ("inline", "first", "numbered"):
        raise RecipeError(f"unknown placement {placement!r}", expected="inline, first or numbered")
    if frame_path not in ("images", "video"):
        raise RecipeError(f"unknown frame path {frame_path!r}", expected="images or video")
    images, videos = text.count(IMAGE_MARK), text.count(VIDEO_MARK)
    _check(images, len(pictures), "<image>", where)
    _check(videos, 0 if clip is None else 1, "<video>", where)
    pieces = _MARKS.split(text)
    shown: list[Part] = list(pictures)
    frames: list[Part] = []
    if clip is not None:
        frames = list(clip.frames) if frame_path == "images" else [clip]
    if placement != "inline":
        words = "".join(piece for piece in pieces if piece not in (IMAGE_MARK, VIDEO_MARK))
        return _joined(_numbered(frames + shown, placement), words)
    parts: list[Part] = [] if videos else list(frames)
    parts += [] if images else shown
    left = iter(shown)
    for piece in pieces:
        if piece == IMAGE_MARK:
            parts.append(next(left))
        elif piece == VIDEO_MARK:
            parts += frames
        else:
            parts.append(piece)
    return _joined(parts)


def without_marks(text: str) -> str:
    """Return a text without ``<image>`` and ``<video>``."""
    return _MARKS.sub("", text)


def tight_marks(text: str) -> str:
    """Return a text without white space around its ``<image>`` marks.

    VLMEvalKit and lmms-eval strip every piece of an interleaved prompt (``build_msgs`` in their
    sitebench and mindcube modules), so their models never see the line breaks beside a picture.
    """
    return IMAGE_MARK.join(piece.strip() for piece in text.split(IMAGE_MARK))


def as_many_marks(text: str, pictures: int) -> str:
    """Return a text with as many ``<image>`` marks as there are pictures.

    Missing ones are put behind the last, surplus ones at the end are taken out; a text without any
    stays as it is. Real data have both: questions that mention three of four pictures.
    """
    pieces = text.split(IMAGE_MARK)
    marks = len(pieces) - 1
    if marks == 0 or marks == pictures:
        return text
    if marks < pictures:
        head = IMAGE_MARK.join(pieces[:-1])
        return head + IMAGE_MARK * (pictures - marks + 1) + pieces[-1]
    return (
        IMAGE_MARK.join(pieces[:pictures])
        + IMAGE_MARK * (pictures > 0)
        + "".join(pieces[pictures:])
    )


def _numbered(media: list[Part], placement: Placement) -> list[Part]:
    if placement == "first" or len(media) < 2:
        return media
    parts: list[Part] = []
    for number, medium in enumerate(media, start=1):
        parts += [f"Image-{number}: ", medium, "\n"]
    return parts


def _joined(parts: list[Part], text: str = "") -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in [*parts, text]:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _check(marks: int, media: int, mark: str, where: object) -> None:
    if marks in (0, media):
        return
    raise ConventionError(
        f"the prompt has another number of {mark} than there are",
        where=where, expected=f"{media} or none", got=marks,
    )  # fmt: skip
