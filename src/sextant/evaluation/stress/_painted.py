"""Pictures that show nothing: the same size as those they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.evaluation.items import Item
from sextant.evaluation.stress._base import StressTest, has_pictures
from sextant.evaluation.variants import Context, Variant, variant_id
from sextant.models.messages import Picture
from sextant.models.pictures import open_picture

Paint = Callable[[int, int, tuple[str | int, ...]], NDArray[np.uint8]]
"""(height, width, what the picture is of) to (height, width, 3) pixels."""


@dataclass(frozen=True, slots=True)
class Painted(StressTest):
    """Every picture, or frame of a video, painted over.

    Attributes:
        paint: Makes the pixels.
    """

    paint: Paint | None = None

    def applies(self, item: Item, context: Context) -> str | None:
        """Items without pictures have none to paint over."""
        return None if has_pictures(item) else "no pictures"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per setting."""
        for setting in self.settings:
            of = (seed, self.name, setting, item.id)
            yield Variant(
                variant_id(item, self.name, setting), item, item, self.name, setting,
                repaint=lambda picture, k, of=of: self._repainted(picture, (*of, k)),  # type: ignore[misc]
            )  # fmt: skip

    def _repainted(self, picture: Picture, of: tuple[str | int, ...]) -> Picture:
        paint = self.paint
        assert paint is not None

        def read() -> bytes:
            # Decoded, so that a broken picture is an error here as it is in the plain run.
            width, height = open_picture(picture).size
            file = BytesIO()
            Image.fromarray(paint(height, width, of)).save(file, "PNG", compress_level=1)
            return file.getvalue()

        return Picture(f"{picture.name} ({self.name})", read)
