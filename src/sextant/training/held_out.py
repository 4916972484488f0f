"""The loss on samples that are not learned from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from sextant.models.family import Pixels, Rendered, Renderer, Shape
from sextant.models.resharding import reshard
from sextant.training.distributed import Spread, World
from sextant.training.ready import ReadyPack
from sextant.training.step import pack_of, row_losses
from sextant.training.tallies import Tally, figures_of, message_of


def held_out_loss(
    spread: Spread,
    packs: Iterable[ReadyPack],
    renderer: Renderer,
    companion: tuple[Rendered, Pixels],
    shape: Shape,
    world: World,
) -> dict[str, Any]:
    """Return the loss of held-out samples, and its parts by capability and source.

    Args:
        spread: The model.
        packs: Rows of this rank; every rank has the same number of them.
        renderer: Of the family.
        companion: Stands in for a row of nothing.
        shape: Of the model.
        world: All ranks call it together.
    """
    tally = Tally(shape)
    spread.module.eval()
    try:
        with torch.no_grad():
            for pack in packs:
                tally.waited(pack)
                packed = pack_of(pack, renderer, companion, world)
                losses = row_losses(spread, packed)
                if pack.samples:
                    tally.add(pack, packed, losses)
    finally:
        spread.module.train()
        reshard(spread.module)
    figures = figures_of(world.gather(message_of(tally, tally.samples())))
    return {
        "loss": figures.loss if figures.samples else None,
        "samples": figures.samples,
        "capability": dict(figures.by_capability),
        "source": dict(figures.by_source),
    }
