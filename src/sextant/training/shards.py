"""Files of a checkpoint: a rank's shards, as torch's DCP lays them out in safetensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.distributed.checkpoint._hf_utils import CUSTOM_METADATA_KEY, SAVED_OFFSETS_KEY
from torch.distributed.tensor import DTensor
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

from sextant.execution.atomic import make_folder, sync_files
from sextant.training.distributed import World

_FILE_BYTES = 4 * 1024**3
"""About the size of a file."""


def own_shards(
    tensors: Mapping[str, torch.Tensor], world: World
) -> Iterator[tuple[str, torch.Tensor, tuple[int, ...]]]:
    """Yield what this rank writes: names, shards, and where these begin in the whole tensor.

    Of replicas, the first writes shards, and whole tensors are dealt out to all ranks in turn.
    """
    for number, (name, tensor) in enumerate(tensors.items()):
        if not isinstance(tensor, DTensor):
            if number % world.size == world.rank:
                yield name, tensor, (0,) * tensor.ndim
            continue
        mesh = tensor.device_mesh
        coordinate = mesh.get_coordinate()
        if coordinate is None or any(coordinate[:-1]):
            continue
        shard = tensor.to_local()
        if shard.numel():
            _, offsets = compute_local_shape_and_global_offset(
                tensor.shape, mesh, tensor.placements
            )
            yield name, shard, tuple(offsets)


def write_shards(
    folder: Path, shards: Mapping[str, tuple[torch.Tensor, tuple[int, ...]]], rank: int
) -> None:
    """Write shards and where they begin, ``{name: (shard, offsets)}``, in files of some size.

    Raises:
        OSError: If the disk is full, or the folder may not be written.
        OutputError: Likewise.
    """
    make_folder(folder)
    files: list[dict[str, tuple[torch.Tensor, tuple[int, ...]]]] = [{}]
    filled = 0
    for name, (shard, offsets) in shards.items():
        size = shard.numel() * shard.element_size()
        if files[-1] and filled + size > _FILE_BYTES:
            files.append({})
            filled = 0
        files[-1][name] = (shard, offsets)
        filled += size
    for number, held in enumerate(files, start=1):
        if not held:
            continue
        places = {name: {SAVED_OFFSETS_KEY: list(offsets)} for name, (_, offsets) in held.items()}
        path = folder / f"rank-{rank:05d}-{number:05d}.safetensors"
        save_file(
            {name: shard.contiguous() for name, (shard, _) in held.items()},
            path,
            metadata={CUSTOM_METADATA_KEY: json.dumps(places), "format": "pt"},
        )
        sync_files([path])
