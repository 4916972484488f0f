"""Where labels go on a map: each at the place of several that covers least of the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sextant.report.scene_rows import Point

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in the picture's units."""


@dataclass(slots=True)
class LabelPlacer:
    """Places labels one after another inside a frame.

    Attributes:
        frame: What labels should not leave.
        taken: Where labels and marks stand already.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)

    def reserve(self, box: Box) -> None:
        """Keep later labels away from a mark."""
        self.taken.append(box)

    def place(self, candidates: Sequence[Point], width: float, height: float) -> Point:
        """Return the centre for a label of that size; the first candidate wins ties."""
        best = min(
            range(len(candidates)),
            key=lambda i: (round(self._cost(candidates[i], width, height), 3), i),
        )
        x, y = candidates[best]
        x = min(max(x, self.frame[0] + width / 2), max(self.frame[2] - width / 2, self.frame[0]))
        y = min(max(y, self.frame[1] + height / 2), max(self.frame[3] - height / 2, self.frame[1]))
        self.taken.append(_around((x, y), width, height))
        return x, y

    def _cost(self, center: Point, width: float, height: float) -> float:
        box = _around(center, width, height)
        inside = _overlap(box, self.frame)
        covered = sum(_overlap(box, other) for other in self.taken)
        return 2 * (width * height - inside) + covered


def text_width(text: str, font_px: float) -> float:
    """Estimate the width of a text in a sans-serif face."""
    return 0.57 * font_px * len(text) + 2


def _around(center: Point, width: float, height: float) -> Box:
    x, y = center
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(a: Box, b: Box) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0
