"""What holds for every reader: damage is survived."""

from __future__ import annotations

from pathlib import Path

import pytest
from battery import Battery
from layouts.battered import BATTERED, needs


@pytest.mark.parametrize("name", BATTERED)
def test_damaged_files_give_our_errors_only(name: str, tmp_path: Path) -> None:
    if needs(name) is not None:
        pytest.importorskip(needs(name))
    BATTERED[name](tmp_path / "m")
    outcome = Battery(name, tmp_path / "m").run(60, seed=7)
    assert outcome.problems == []
    assert outcome.refused > 0
