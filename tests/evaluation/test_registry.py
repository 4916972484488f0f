"""Benchmarks are found by name, ours and those of plugins."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from sextant.errors import RecipeError
from sextant.evaluation import benchmarks
from sextant.evaluation.benchmark import PROFILES, Benchmark
from sextant.evaluation.benchmarks import benchmark_names, open_benchmark

EXPECTED = {
    *("vsi_bench", "vsi_bench_debiased", "vsi_bench_pruned", "mmsi_bench", "mindcube"),
    *("mindcube_tiny", "viewspatial", "site_bench"),
}


def test_every_benchmark_has_a_name_a_title_and_profiles() -> None:
    assert set(benchmark_names()) >= EXPECTED
    for name in benchmark_names():
        benchmark = open_benchmark(name)
        assert isinstance(benchmark, Benchmark)
        assert benchmark.name == name
        assert benchmark.title
        assert benchmark.license
        assert set(benchmark.prompts) <= set(PROFILES)
        for profile in benchmark.rules:
            names = [headline.name for headline in benchmark.headlines(profile)]
            assert names
            assert len(set(names)) == len(names)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"did you mean 'vsi_bench'\?"):
        open_benchmark("VSI-Bench")
    with pytest.raises(RecipeError, match="expected: "):
        open_benchmark("something else entirely")


class Plugin(Benchmark):
    name, title, license = "plugin", "A plugin", "MIT"

    def items(self, root, on_broken):
        yield from ()

    def prompt(self, item, profile):
        raise NotImplementedError

    def score(self, item, reply, profile):
        raise NotImplementedError


@pytest.fixture
def plugged(monkeypatch):
    def plug(value: object) -> None:
        point = SimpleNamespace(name="p", value="package:thing", load=lambda: value)
        if isinstance(value, Exception):

            def fail() -> None:
                raise value

            point.load = fail
        monkeypatch.setattr(benchmarks, "entry_points", lambda group: [point])
        benchmarks._known.cache_clear()

    yield plug
    monkeypatch.undo()
    benchmarks._known.cache_clear()


def test_plugins(plugged) -> None:
    assert EntryPoint  # the class whose load() stands behind the fake
    plugged(Plugin())
    assert open_benchmark("plugin").title == "A plugin"
    assert "vsi_bench" in benchmark_names()


@pytest.mark.parametrize("value", [object(), ImportError("no module named x")])
def test_plugins_that_are_none(plugged, value) -> None:
    plugged(value)
    with pytest.raises(RecipeError, match="package:thing"):
        benchmark_names()


def test_a_plugin_may_not_take_a_name(plugged) -> None:
    class Thief(Plugin):
        name = "vsi_bench"

    plugged(Thief())
    with pytest.raises(RecipeError, match="same name"):
        benchmark_names()
