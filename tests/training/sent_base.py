"""Started by torchrun: only the first process reads the base, and all have it; see the test."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from PIL import Image

from sextant.models.family import Message
from sextant.training.distributed import joined_world
from sextant.training.export import whole_weights
from sextant.training.families import open_family
from sextant.training.learner import make_ready
from sextant.training.recipe import TrainRecipe


def main(name: str, folder: str, more: str) -> None:
    family = open_family(name, Path(folder))
    recipe = TrainRecipe.model_validate(
        {"family": name, "base": folder, "dtype": "fp32", "sharding": {"mode": "fsdp"},
         **json.loads(more)}
    )  # fmt: skip
    renderer = family.renderer("train")
    turns = [Message("user", "<image>where? "), Message("assistant", "left", supervised=True)]
    picture = Image.new("RGB", (120, 90), (90, 20, 160))
    rendered = renderer.render(turns, [picture.size])
    packed = renderer.pack([(rendered, renderer.pixels([picture], rendered))])
    with joined_world("cpu") as world:
        ready = make_ready(family, recipe, world)
        logits = ready.spread(dict(packed.inputs)).detach()
        found = whole_weights(ready.spread.module, world)
        if world.first:
            plain = family.load(dtype=torch.float32, attention=family.attentions[0])
            wanted = plain.state_dict()
            named = {n.replace(".base_layer.", "."): t for n, t in found.items()}
            named = {n: t for n, t in named.items() if ".lora_" not in n}
            off = [n for n in wanted if not torch.equal(wanted[n], named[n])]
            with torch.no_grad():
                apart = float((plain(dict(packed.inputs)) - logits).abs().max())
            adapters = sum(".lora_A." in n for n in found)
            told = {"off": off, "extra": sorted(set(named) - set(wanted)), "apart": apart,
                    "adapters": adapters}  # fmt: skip
            sys.stdout.write(json.dumps(told) + "\n")
        world.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
