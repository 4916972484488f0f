"""Killed at any row, an export is not there; run again, it is what it would have been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import tree_hash
from hostile_corpus import hostile_corpus

from sextant.corpus.exporting.run import export_corpus

SCRIPT = Path(__file__).with_name("killed_export.py")


@pytest.mark.parametrize(("name", "rows"), [("internvl", 2), ("sharegpt", 5)])
def test_a_killed_export_leaves_nothing_that_counts(tmp_path: Path, name: str, rows: int) -> None:
    store = hostile_corpus(tmp_path / "corpus")
    out = tmp_path / "out" / "x"
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(store.root), str(out), name, "0.05"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    # Wait for rows, not for a time: on a loaded machine any time is wrong.
    assert child.stdout.read(rows) == b"." * rows
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert not out.exists()
    assert list(out.parent.glob(".x.*.tmp"))
    export_corpus(store, out, name, images="copy")
    assert not list(out.parent.rglob("*.tmp"))
    export_corpus(store, tmp_path / "whole" / "x", name, images="copy")
    killed, whole = (_without_places(tmp_path / d) for d in ("out", "whole"))
    assert killed == whole


def _without_places(folder: Path) -> dict[str, str]:
    # meta.json and export.json name the folder they are in.
    return {
        k: v for k, v in tree_hash(folder).items() if not k.endswith(("meta.json", "export.json"))
    }
