"""Two processes, one with pictures and one without, train a sharded model; a script for torchrun.

The model is built from shapes and given memory, as large ones are. Prints the losses of three steps
as JSON beside those of one process that sees both rows, and answers of the sharded model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from tiny_internvl import sample
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.functional import cross_entropy

from sextant.models.family import Message
from sextant.models.internvl import open_family

STEPS, RATE = 3, 0.02


def main() -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    family = open_family(Path(sys.argv[1]))
    renderer = family.renderer("train", tiles=2)
    rows = [
        renderer.pack([sample(renderer, 2, "left"), sample(renderer, 1, "B", seed=4)]),
        renderer.pack([sample(renderer, 0, "the chair")]),
    ]
    alone = family.load(dtype=torch.float32)
    asked = [Message("user", "Where?")]

    model = family.load(dtype=torch.float32, meta=True)
    mesh = init_device_mesh("cpu", (2,))
    for block in model.blocks():
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    model.to_empty(device="cpu")
    model.restore_buffers()
    options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_model_state_dict(model, alone.state_dict() if rank == 0 else {}, options=options)

    expected = family.generate(alone, renderer, asked, [], 4)
    answers: list[str | None] = [None, None]
    dist.all_gather_object(answers, family.generate(model, renderer, asked, [], 4))

    def loss_of(network, packed):
        return cross_entropy(network(packed.inputs), packed.labels, reduction="sum")

    optimizer = torch.optim.SGD(alone.parameters(), lr=RATE)
    stated = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = sum(loss_of(alone, packed) for packed in rows) / 2
        loss.backward()
        stated.append(float(loss.detach()))
        optimizer.step()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    found = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, rows[rank])
        loss.backward()
        mean = loss.detach() / 2
        dist.all_reduce(mean)
        found.append(float(mean))
        optimizer.step()
    if rank == 0:
        made = {"sharded": found, "alone": stated, "answers": answers, "expected": expected}
        sys.stdout.write(json.dumps(made) + "\n")
    # Together: a process that closes while the other still talks was seen to abort, once.
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
