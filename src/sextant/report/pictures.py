"""Pictures for the page: opened with care, made small, embedded once however often they are shown.

An image file of a corpus is hostile until it is decoded: formats are on an allow-list, the number
of pixels has a cap, and a path may not leave the corpus folder. What does not decode is shown as
an empty box with the reason.
"""

from __future__ import annotations

import base64
import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from sextant.report.markup import Markup, clean, el
from sextant.samples.external import external_parts

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 2**20

STEPS = ((1.0, 78), (0.85, 70), (0.7, 64), (0.55, 58), (0.45, 50))
"""(share of the width, JPEG quality) to try until a picture fits its part of the page."""

_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    EOFError,
    MemoryError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow's decoders raise on damaged files."""


@dataclass(slots=True)
class Picture:
    """One image file of the corpus.

    Attributes:
        name: Fragment on the page (``p12``).
        path: Path relative to the corpus.
        wanted_px: Width at which it should be embedded.
        width, height: Size as embedded, in pixels.
        data: JPEG bytes; None where there is a ``reason``.
        reason: Why there is nothing to see.
        broken: The file is at fault, not the size of the page.
    """

    name: str
    path: str
    wanted_px: int
    width: int = 4
    height: int = 3
    data: bytes | None = None
    reason: str | None = None
    broken: bool = False

    def markup(self, alt: str) -> Markup:
        """Return the picture as it stands in a figure, or its placeholder."""
        if self.data is None:
            return el("div", el("span", self.reason or "not embedded"), class_="missing")
        return el(
            "svg",
            el("use", href=f"#{self.name}"),
            viewBox=f"0 0 {self.width} {self.height}",
            role="img",
            aria_label=alt,
            class_="photo",
        )


@dataclass(slots=True)
class PictureShelf:
    """The pictures that a page shows.

    Attributes:
        root: The corpus folder.
        external: Folders of pictures that the corpus refers to, by name.
        pictures: By path, in the order in which they were first wanted.
    """

    root: Path
    external: Mapping[str, Path] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def want(self, path: str, width_px: int) -> None:
        """Ask for a picture; the largest width asked for counts."""
        known = self.pictures.get(path)
        if known is None:
            self.pictures[path] = Picture(f"p{len(self.pictures) + 1}", path, width_px)
        else:
            known.wanted_px = max(known.wanted_px, width_px)

    def embed(self, budget_bytes: int) -> None:
        """Decode and shrink all pictures so that their data URIs fit into the budget together."""
        left = float(budget_bytes)
        waiting = list(self.pictures.values())
        for i, picture in enumerate(waiting):
            self._embed_one(picture, left / (len(waiting) - i))
            if picture.data is not None:
                left -= _embedded_size(picture.data)

    def _embed_one(self, picture: Picture, share_bytes: float) -> None:
        try:
            name, rest = external_parts(picture.path) or ("", picture.path)
            root = self.external.get(name) if name else self.root
            if root is None:
                raise PictureError("its folder is not known")
            image = open_picture(root, rest, picture.wanted_px)
        except PictureError as error:
            picture.reason, picture.broken = error.reason, True
            return
        for scale, quality in STEPS:
            width = max(1, min(image.width, round(picture.wanted_px * scale)))
            height = max(1, round(image.height * width / image.width))
            small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
            stream = io.BytesIO()
            small.save(stream, "JPEG", quality=quality, optimize=True)
            if _embedded_size(stream.getvalue()) <= share_bytes:
                picture.data, picture.width, picture.height = stream.getvalue(), width, height
                return
        picture.reason = "left out to keep the page small"

    def definitions(self) -> Markup:
        """Return the hidden drawing that holds every picture once."""
        images = [
            el(
                "image",
                id=picture.name,
                width=picture.width,
                height=picture.height,
                href="data:image/jpeg;base64," + base64.b64encode(picture.data).decode(),
            )
            for picture in self.pictures.values()
            if picture.data is not None
        ]
        return el("svg", el("defs", *images), class_="shelf", width=0, height=0, aria_hidden="true")

    @property
    def embedded(self) -> int:
        """Number of pictures on the page."""
        return sum(picture.data is not None for picture in self.pictures.values())

    @property
    def broken(self) -> list[Picture]:
        """Pictures whose file is missing, damaged, too large or of a foreign format."""
        return [picture for picture in self.pictures.values() if picture.broken]


class PictureError(Exception):
    """A picture cannot be shown; ``reason`` is short enough for its placeholder."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def open_picture(root: Path, path: str, width_px: int) -> Image.Image:
    """Decode an image of the corpus to RGB, not much larger than needed.

    Args:
        root: The corpus folder, which the path may not leave.
        path: Path relative to it.
        width_px: The width that will be shown; JPEG files are decoded at a fraction that suffices.

    Raises:
        PictureError: The file is missing, damaged, too large, or not PNG, JPEG or WEBP.
    """
    try:
        file = (root / path).resolve()
        inside = file.is_relative_to(root.resolve())
        size = file.stat().st_size if inside and file.is_file() else None
    except (OSError, ValueError, RuntimeError) as error:
        raise PictureError("unusable path") from error
    if not inside:
        raise PictureError("path leaves the corpus folder")
    if size is None:
        raise PictureError("file is missing")
    if size > MAX_FILE_BYTES:
        raise PictureError(f"file of {size / 2**20:.0f} MiB is too large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise PictureError(f"{image.width} × {image.height} pixels are too many")
                image.draft("RGB", (width_px, max(1, image.height * width_px // image.width)))
                return _flatten(image)
    except UnidentifiedImageError as error:
        raise PictureError("not a PNG, JPEG or WEBP image") from error
    except _BROKEN as error:
        raise PictureError(f"cannot be decoded: {clean(type(error).__name__, 40)}") from error


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        raise PictureError(f"mode {image.mode} is not a photograph's")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("RGB")


def _embedded_size(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4 + 120
