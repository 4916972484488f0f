"""Two corpora of one kind do not differ; what was changed stands first."""

from __future__ import annotations

import numpy as np
from audited_corpora import number, write

from sextant.corpus.drift import drift_between


def rows(seed, shares=(0.5, 0.5), scale=1.0, count=400):
    rng = np.random.default_rng(seed)
    made = []
    for k in range(count):
        if rng.random() < shares[0]:
            made.append({"scene_id": f"r{k}"})
        else:
            value = float(scale * rng.uniform(1, 3))
            made.append({**number(answer=f"{value:.1f}", value=value, unit="m"),
                         "task": "mm.size", "scene_id": f"r{k}"})  # fmt: skip
    return made


def test_the_same_kind(tmp_path):
    a, b = write(tmp_path / "a", rows(1)), write(tmp_path / "b", rows(2))
    lines = drift_between(a, b)
    assert all(line.p is None or line.p > 0.001 for line in lines)
    assert all(line.distance < 0.2 for line in lines)
    assert all(line.distance == 0 for line in drift_between(a, a))


def test_what_was_changed_stands_first(tmp_path):
    a = write(tmp_path / "a", rows(1))
    b = write(tmp_path / "b", rows(2, shares=(0.9, 0.1), scale=2.0))
    lines = {line.of: line for line in drift_between(a, b)}
    assert 0.3 < lines["task"].distance < 0.5
    assert lines["task"].p < 1e-6
    assert lines["value in m of mm.size"].distance > 1.0
    assert lines["source"].distance == 0
    shares = [line.distance for line in drift_between(a, b) if line.what == "shares"]
    assert shares == sorted(shares, reverse=True)
