"""Layouts that trainers read, one file each; see docs/export.md for adding one.

Third parties add theirs by entry points of the group ``sextant.exporters``: a module that has an
``EXPORTER``.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from sextant.errors import RecipeError

if TYPE_CHECKING:
    from sextant.corpus.exporting.exporter import Exporter

ALIASES = {"sensenova": "sharegpt", "sensenova_si": "sharegpt"}


def exporter_names() -> list[str]:
    """Return the names of all exporters; nothing is imported."""
    ours = {m.name for m in iter_modules(__path__) if not m.name.startswith("_")}
    return sorted(ours | set(_plugins()))


def exporter_of(name: str) -> Exporter:
    """Return the exporter of a layout.

    Raises:
        RecipeError: If there is none of that name.
    """
    plain = name.replace("-", "_").lower()
    plain = ALIASES.get(plain, plain)
    plugins, known = _plugins(), exporter_names()
    if plain not in known:
        near = difflib.get_close_matches(plain, known, n=1, cutoff=0.5)
        raise RecipeError(
            "unknown export format", expected=", ".join(known), got=name,
            hint=f"did you mean {near[0]!r}?" if near else None,
        )  # fmt: skip
    module = plugins[plain].load() if plain in plugins else import_module(f"{__name__}.{plain}")
    found: Exporter = module.EXPORTER
    return found


def _plugins() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group="sextant.exporters")}
