"""Importers of sets made by others, one file each; see docs/corpus.md for adding one."""

from __future__ import annotations

import difflib
from importlib import import_module
from pkgutil import iter_modules

from sextant.corpus.importing.set_rows import Importer
from sextant.errors import RecipeError


def importer_names() -> list[str]:
    """Return the names of all importers."""
    return sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_"))


def importer_of(name: str) -> Importer:
    """Return the importer of a set.

    Raises:
        RecipeError: If there is none of that name.
    """
    known = importer_names()
    plain = name.replace("-", "_").lower()
    if plain not in known:
        near = difflib.get_close_matches(plain, known, n=1, cutoff=0.5)
        raise RecipeError(
            "no importer of this set", expected=", ".join(known), got=name,
            hint=f"did you mean {near[0]!r}?" if near else None,
        )  # fmt: skip
    found: Importer = import_module(f"{__name__}.{plain}").IMPORTER
    return found
