"""Two processes, one with pictures and one without, train a sharded model; a script for torchrun.

Prints the losses of three steps as JSON, beside those of one process that sees both rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from tiny_bagel import RULES, picture
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.functional import cross_entropy

from sextant.models.bagel import open_family
from sextant.models.family import Message

STEPS, RATE = 3, 0.1


def main() -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    family = open_family(Path(sys.argv[1]))
    renderer = family.renderer("train", **RULES)

    def row(pictures, answer):
        shown = [picture(k) for k in range(pictures)]
        messages = [Message("user", "<image>" * pictures + "Where?"),
                    Message("assistant", answer, supervised=True)]  # fmt: skip
        rendered = renderer.render(messages, [p.size for p in shown])
        return renderer.pack([(rendered, renderer.pixels(shown, rendered))])

    def loss_of(model, packed):
        return cross_entropy(model(packed.inputs), packed.labels, reduction="sum")

    rows = [row(2, "left"), row(0, "the chair")]
    alone = family.load(dtype=torch.float32)
    optimizer = torch.optim.SGD(alone.parameters(), lr=RATE)
    expected = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = sum(loss_of(alone, packed) for packed in rows) / 2
        loss.backward()
        expected.append(float(loss.detach()))
        optimizer.step()

    model = family.load(dtype=torch.float32)
    mesh = init_device_mesh("cpu", (2,))
    for block in model.blocks():
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
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
        sys.stdout.write(json.dumps({"sharded": found, "alone": expected}) + "\n")
    # Together: a process that closes while the other still talks was seen to abort, once.
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
