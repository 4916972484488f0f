"""One rank of two: sharded by FSDP2, one with pictures and one without; run by torchrun."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from tiny_qwen3_vl import asked, picture
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.functional import cross_entropy

from sextant.models.qwen3_vl import open_family

SIZES = ([(64, 96), (40, 40)], [])


def packed_of(renderer, rank):
    sizes = SIZES[rank]
    rendered = renderer.render(asked(len(sizes), "Q", "A b"), sizes)
    return renderer.pack([(rendered, renderer.pixels([picture(*s) for s in sizes], rendered))])


def main(source: str, saved: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=40))
    rank = int(os.environ["RANK"])
    family = open_family(Path(source))
    renderer = family.renderer("train")
    model = family.load(dtype=torch.float32)
    mesh = init_device_mesh("cpu", (2,))
    for block in model.blocks():
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        packed = packed_of(renderer, rank)
        cross_entropy(model(packed.inputs), packed.labels).backward()
        optimizer.step()
    # A sharded model answers too, with pictures on one rank only.
    text = family.generate(
        model, renderer, asked(len(SIZES[rank]), "Q"), [picture(*s) for s in SIZES[rank]], 1
    )
    assert isinstance(text, str)
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights = get_model_state_dict(model, options=options)
    if rank == 0:
        family.save(weights, Path(saved))
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
