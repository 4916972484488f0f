"""Stress tests: the same questions asked differently, to see what a score hangs on.

A test is one file with a ``STRESS`` in it (see ``sextant.evaluation.variants``); its name is the
file's. ``verdict`` puts the results of several tests into one table.
"""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module

from sextant.errors import RecipeError
from sextant.evaluation.variants import Stress

_NO_TESTS = frozenset({"verdict"})


@cache
def stress_names() -> tuple[str, ...]:
    """Return the names of all stress tests, sorted."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name[0] != "_" and name not in _NO_TESTS))


def open_stress(wanted: str) -> Stress:
    """Return a stress test.

    Args:
        wanted: A name, or ``name:setting,setting`` for some of its settings only, e.g.
            ``frames:4,16``.

    Raises:
        RecipeError: If there is no such test or setting.
    """
    name, colon, settings = wanted.partition(":")
    if name not in stress_names():
        near = difflib.get_close_matches(name, stress_names(), 1)
        raise RecipeError(
            "no such stress test",
            expected=", ".join(stress_names()),
            got=name,
            hint=f"did you mean {near[0]!r}?" if near else None,
        )
    test: Stress = import_module(f"{__name__}.{name}").STRESS
    if not colon:
        return test
    chosen = tuple(dict.fromkeys(s.strip() for s in settings.split(",") if s.strip()))
    if not chosen:
        raise RecipeError("no setting is named", where=wanted, hint=f"leave out the colon: {name}")
    return test.choose(chosen)
