"""What holds for every reader: damage is survived."""

from __future__ import annotations

from pathlib import Path

import pytest
from layouts.miniatures import MINIATURES, few_things
from mutations import batter

from sextant.scenes import Scene


def write(name: str, folder: Path, scene: Scene) -> Path:
    if MINIATURES[name].needs is not None:
        pytest.importorskip(MINIATURES[name].needs)
    MINIATURES[name].write(folder, scene)
    return folder


@pytest.mark.parametrize("name", MINIATURES)
def test_damaged_files_give_our_errors_only(name: str, tmp_path: Path) -> None:
    root = write(name, tmp_path / "m", few_things(MINIATURES[name].lens))
    outcome = batter(name.split(" ")[0], root, count=40, seed=7)
    assert outcome.problems == []
    assert outcome.refused > 0
