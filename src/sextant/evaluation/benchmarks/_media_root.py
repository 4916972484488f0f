"""Which folder media paths are relative to, when a data set can be unpacked in several ways.

One and the same path, ``ViewSpatial-Bench/val2017/1.jpg``, is right in the folder of a clone, and
has one step too many in the unpacked archives of the hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sextant.evaluation.media import checked_relative, picture_from_file
from sextant.models.messages import Picture


class MediaRoot:
    """Finds the folder once for every first step of a path.

    Args:
        bases: Folders that may be meant, best first; the first is named where nothing is found.
        extra: First steps that a path may have too many, e.g. ``data``.
    """

    def __init__(self, bases: Sequence[Path], extra: Sequence[str] = ()) -> None:
        self._bases, self._extra = list(dict.fromkeys(bases)), frozenset(extra)
        self._found: dict[tuple[str, ...], tuple[Path, int]] = {}

    def picture(self, relative: str, where: str) -> Picture:
        """Return the picture of a path; it is looked for when it is read.

        Raises:
            ConventionError: If the path leaves the folder.
        """
        base, inner = self.place(relative, where)
        picture = picture_from_file(base, inner, where)
        return Picture(relative, picture.read)

    def place(self, relative: str, where: str) -> tuple[Path, str]:
        """Return the folder and the path within it.

        Raises:
            ConventionError: If the path leaves the folder.
        """
        parts = checked_relative(relative, where).parts
        key = parts[:2]
        if key not in self._found:
            self._found[key] = self._look(parts)
        base, skipped = self._found[key]
        return base, "/".join(parts[skipped:])

    def _look(self, parts: tuple[str, ...]) -> tuple[Path, int]:
        skips = [0, 1] if parts[0] in self._extra and len(parts) > 1 else [0]
        for base in self._bases:
            for skip in skips:
                # Two steps decide: the first alone may be there for another reason.
                if base.joinpath(*parts[skip : skip + 2]).exists():
                    return base, skip
        return self._bases[0], 0
