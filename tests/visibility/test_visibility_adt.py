"""Against ratios that nobody here computed: Aria Digital Twin's own annotation."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SEXTANT_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
SAMPLE = DATA / "adt_apartment_sample"


@pytest.fixture(scope="module")
def benchmark():
    if not (SAMPLE / "scene.json").is_file():
        pytest.skip(f"no ADT sample in {SAMPLE} (set SEXTANT_TEST_DATA)")
    path = REPOSITORY / "benchmarks" / "visibility_adt.py"
    spec = importlib.util.spec_from_file_location("visibility_adt", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_visible_ratios_agree_with_the_annotation(benchmark):
    rows = benchmark.complete(benchmark.compare(*benchmark.read_sample(SAMPLE)))
    errors = np.abs([r.error for r in rows])
    assert len(rows) >= 50
    assert errors.mean() <= 0.08
    assert (errors <= 0.1).mean() >= 0.8
