"""Two processes, sharded, of which one has no pictures: other trainers hang here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from run_sharded_qwen3_vl import packed_of
from torch.nn.functional import cross_entropy

from sextant.models.qwen3_vl import open_family

SCRIPT = Path(__file__).with_name("run_sharded_qwen3_vl.py")


@pytest.mark.timeout(240)  # seconds where there is time, a minute on a busy machine
def test_a_rank_without_pictures_trains(folder, family, renderer, tmp_path):
    model = family.load(dtype=torch.float32)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        packs = [packed_of(renderer, rank) for rank in range(2)]
        losses = [cross_entropy(model(packed.inputs), packed.labels) for packed in packs]
        (sum(losses) / 2).backward()
        optimizer.step()
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
        str(SCRIPT), str(folder), str(tmp_path / "saved"),
    ]  # fmt: skip
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=one_thread)
    assert done.returncode == 0, done.stderr[-3000:]
    sharded = open_family(tmp_path / "saved").load(dtype=torch.float32).state_dict()
    moved = 0
    before = family.load(dtype=torch.float32).state_dict()
    for name, value in model.state_dict().items():
        assert torch.allclose(value, sharded[name], atol=1e-5), name
        moved += not torch.equal(value, before[name])
    assert moved == len(before)
