"""Benchmarks, one a file: a module here, or an entry point of the group ``sextant.benchmarks``.

A module offers ``BENCHMARK``, or ``BENCHMARKS`` where it has several (a benchmark and its subsets);
an entry point may name such a module or a benchmark itself. Names that begin with an underscore are
what modules share.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from sextant.errors import RecipeError
from sextant.evaluation.benchmark import Benchmark

GROUP = "sextant.benchmarks"


def benchmark_names() -> tuple[str, ...]:
    """Return the names of all benchmarks, sorted."""
    return tuple(sorted(_known()))


def open_benchmark(name: str) -> Benchmark:
    """Return a benchmark by its name.

    Raises:
        RecipeError: If there is none of that name, with the nearest one that there is.
    """
    known = _known()
    if name not in known:
        near = get_close_matches(name[:80].lower().replace("-", "_"), known, n=1)
        raise RecipeError(
            f"unknown benchmark {name[:80]!r}",
            expected=", ".join(sorted(known)),
            hint=f"did you mean {near[0]!r}?" if near else None,
        )
    return known[name]


@lru_cache(maxsize=1)
def _known() -> dict[str, Benchmark]:
    found: dict[str, Benchmark] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            _add(found, importlib.import_module(f"{__name__}.{module.name}"), module.name)
    for plugin in sorted(entry_points(group=GROUP), key=lambda plugin: plugin.name):
        try:
            loaded = plugin.load()
        except Exception as error:  # foreign code, run at import
            raise RecipeError(
                f"the plugin {plugin.name!r} of {GROUP} cannot be loaded",
                where=plugin.value, got=f"{type(error).__name__}: {str(error)[:200]}",
                hint="update or uninstall the package it comes from",
            ) from error  # fmt: skip
        _add(found, loaded, plugin.value)
    return found


def _add(found: dict[str, Benchmark], loaded: Any, where: str) -> None:
    if isinstance(loaded, ModuleType):
        several = getattr(loaded, "BENCHMARKS", None)
        offered = several if several is not None else (getattr(loaded, "BENCHMARK", None),)
    else:
        offered = (loaded,)
    for benchmark in offered:
        if not isinstance(benchmark, Benchmark):
            raise RecipeError(
                "a module of benchmarks offers none", where=where,
                expected="BENCHMARK, or BENCHMARKS", got=type(benchmark).__name__,
            )  # fmt: skip
        if benchmark.name in found:
            raise RecipeError("two benchmarks have the same name", where=where, got=benchmark.name)
        found[benchmark.name] = benchmark
