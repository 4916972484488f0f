"""Layers that are compiled and recomputed learn what plain ones learn."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from medium_models import medium, packed_row
from torch._dynamo.utils import counters

from sextant.training.blocks import prepare_blocks
from sextant.training.loss import token_losses


def learned(family, **how) -> tuple[float, torch.Tensor]:
    model = family.load(dtype=torch.float32, attention=family.attentions[0])
    prepare_blocks(model, **how)
    loss = torch.zeros(())
    for samples in (2, 3):  # rows of other lengths
        packed, _ = packed_row(family.renderer("train"), samples=samples)
        loss = loss + token_losses(model(dict(packed.inputs)), packed.labels).sum()
    loss.backward()
    return loss.item(), torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.slow  # it is compiled
@pytest.mark.parametrize("name", ["qwen3_vl", "internvl", "bagel"])
def test_compiled_is_plain(tmp_path, name):
    family = medium(name, tmp_path)
    loss, gradient = learned(family, checkpointing=False)
    torch._dynamo.reset()
    counters.clear()
    for checkpointing in (False, True):
        found, slope = learned(family, checkpointing=checkpointing, compiled=True)
        assert found == pytest.approx(loss, rel=1e-5)
        assert (slope - gradient).abs().max() <= 1e-4 * gradient.abs().max()
    # All layers of a kind share one compiled code.
    assert not counters["stats"].get("recompile_limit", 0)
    assert counters["stats"]["unique_graphs"] <= 24


def test_recomputed_is_plain(tmp_path):
    family = medium("internvl", tmp_path)
    plain, again = (learned(family, checkpointing=c) for c in (False, True))
    assert again[0] == plain[0]
    assert torch.equal(again[1], plain[1])
