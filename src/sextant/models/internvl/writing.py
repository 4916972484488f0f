"""Files of weights, written one tensor at a time.

The format (safetensors): eight bytes with the length of the header, the header as JSON, the bytes
of all tensors one after the other. What is written is known before any tensor is made, so no more
than one is in memory beyond those that the caller holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch

from sextant.errors import CorruptInput
from sextant.models.internvl.checkpoint import INDEX, SINGLE

DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16,
}  # fmt: skip
"""Types that weights are stored in, in safetensors' words."""

SHARD_BYTES = 5_000_000_000
"""Largest shard, as transformers writes them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor to be written.

    Attributes:
        key: In the file.
        dtype: One of ``DTYPES``.
        shape: Rows first.
        make: Returns it, on the CPU, of any floating type.
    """

    key: str
    dtype: str
    shape: tuple[int, ...]
    make: Callable[[], torch.Tensor]

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return prod(self.shape) * int(_dtype(self).itemsize)


def write_shards(folder: Path, files: Mapping[str, Sequence[Planned]]) -> None:
    """Write files of weights, and the index where there is more than one.

    Args:
        folder: Is there.
        files: Tensors by file name.
    """
    for name, planned in files.items():
        write_file(folder / name, planned)
    if set(files) == {SINGLE}:
        return
    where = {one.key: name for name, planned in files.items() for one in planned}
    total = sum(one.size for planned in files.values() for one in planned)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", "utf-8")


def sharded(planned: Sequence[Planned], most: int = SHARD_BYTES) -> dict[str, list[Planned]]:
    """Cut a row of tensors into files of at most so many bytes; a larger tensor is alone."""
    shards: list[list[Planned]] = [[]]
    size = 0
    for one in planned:
        if shards[-1] and size + one.size > most:
            shards.append([])
            size = 0
        shards[-1].append(one)
        size += one.size
    if len(shards) == 1:
        return {SINGLE: shards[0]}
    n = len(shards)
    return {f"model-{k:05d}-of-{n:05d}.safetensors": s for k, s in enumerate(shards, start=1)}


def write_file(path: Path, planned: Sequence[Planned]) -> None:
    """Write one file of weights.

    Raises:
        CorruptInput: If a tensor has another shape than was said, or is of a type that is not
            trained.
    """
    # As the library orders them: wide types first, so that all begin where they may.
    ordered = sorted(planned, key=lambda one: (-_dtype(one).itemsize, one.key))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for one in ordered:
        begin, end = end, end + one.size
        header[one.key] = {"dtype": one.dtype, "shape": one.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for one in ordered:
            tensor = one.make()
            if tuple(tensor.shape) != one.shape:
                raise CorruptInput(
                    "a weight of another shape",
                    where=one.key,
                    expected=one.shape,
                    got=tuple(tensor.shape),
                )
            flat = tensor.detach().to("cpu", _dtype(one)).contiguous().reshape(-1)
            file.write(memoryview(flat.view(torch.uint8).numpy()))


def _dtype(one: Planned) -> torch.dtype:
    if one.dtype not in DTYPES:
        raise CorruptInput(
            "a weight of a type that is not trained",
            where=one.key,
            expected=", ".join(DTYPES),
            got=one.dtype,
        )
    return DTYPES[one.dtype]
