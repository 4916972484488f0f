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


def load_benchmark():
    path = REPOSITORY / "benchmarks" / "visibility_adt.py"
    spec = importlib.util.spec_from_file_location("visibility_adt", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and NamedTuples look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", ["adt_apartment_sample", "adt_raw"])
def test_visible_ratios_agree_with_the_annotation(folder):
    root = DATA / folder
    if not root.is_dir():
        pytest.skip(f"no ADT capture in {root} (set SEXTANT_TEST_DATA)")
    if folder == "adt_raw":
        pytest.importorskip("projectaria_tools", reason="reading VRS needs the extra 'aria'")
    benchmark = load_benchmark()
    rows = benchmark.complete(benchmark.compare(*benchmark.read(root)))
    errors = np.abs([r.error for r in rows])
    assert len(rows) >= 50
    assert errors.mean() <= 0.08
    assert (errors <= 0.1).mean() >= 0.8
