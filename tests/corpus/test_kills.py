"""Killed at any moment, an import or a mix goes on to the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from corpora import tree_hash
from made_corpora import corpus
from set_files import jsonl, talk

RUN = """
import sys
from pathlib import Path
from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.run import import_set
from sextant.corpus.mixing.job import MixJob, mix
from sextant.corpus.mixing.recipe import MixRecipe

def main():
    what, given, out = sys.argv[1:4]
    print("ready", flush=True)
    if what == "import":
        job = ImportJob("sensenova_si", Path(given), Path(out), piece_bytes=3000)
        import_set(job, workers=int(sys.argv[4]), quiet=True)
    else:
        recipe = MixRecipe.model_validate({
            "inputs": [{"name": "a", "corpus": given}], "total": 500, "holdout": {"share": 0.1}})
        mix(MixJob(recipe, Path(out), shard_rows=40), workers=int(sys.argv[4]), quiet=True)

if __name__ == "__main__":
    main()
"""


def kill_and_go_on(tmp_path: Path, what: str, given: Path, kills: int, workers: int) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN)

    def start(out: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(script), what, str(given), str(tmp_path / out), str(workers)],
            stdout=subprocess.PIPE,
        )  # fmt: skip

    whole = start("whole")
    assert whole.stdout is not None
    whole.stdout.readline()
    began = time.monotonic()
    assert whole.wait() == 0
    took = time.monotonic() - began
    rng = np.random.default_rng(0)
    for k in range(kills):
        running = start(f"cut_{k}")
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(float(rng.random()) * took)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert start(f"cut_{k}").wait() == 0
        assert tree_hash(tmp_path / f"cut_{k}") == tree_hash(tmp_path / "whole")


def given(tmp_path: Path, what: str) -> Path:
    if what == "mix":
        return corpus(tmp_path / "a", 800, "a", shards=20)
    rows = [{"id": k, "image": [f"{k}.png"], "conversations": talk(f"<image>How far, {k}?", "1")}
            for k in range(800)]  # fmt: skip
    return jsonl(tmp_path / "rows.jsonl", rows)


@pytest.mark.parametrize("what", ["import", "mix"])
def test_killed_once(tmp_path: Path, what: str) -> None:
    kill_and_go_on(tmp_path, what, given(tmp_path, what), 1, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("what", ["import", "mix"])
def test_killed_at_many_moments(tmp_path: Path, what: str, workers: int) -> None:
    kill_and_go_on(tmp_path, what, given(tmp_path, what), 30, workers)
