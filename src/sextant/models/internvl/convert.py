"""A checkpoint folder in the other layout, or in its own with other weights.

Weights pass through one at a time. A conversion changes no bit of them: it renames, cuts the fused
queries, keys and values apart, or puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from sextant.errors import ConventionError, CorruptInput
from sextant.execution.atomic import atomic_folder
from sextant.models.internvl.checkpoint import (
    Reader,
    Stored,
    shape_of_source,
    sources_of,
    stored_in,
)
from sextant.models.internvl.config import Layout, layout_of, read_json
from sextant.models.internvl.folders import copy_files, write_files
from sextant.models.internvl.keys import Source, source_of
from sextant.models.internvl.layouts import to_hf, to_opengvlab
from sextant.models.internvl.tokens import read_tokens
from sextant.models.internvl.writing import SHARD_BYTES, Planned, sharded, write_shards

Made = Callable[[str], torch.Tensor]
"""Returns a weight by its name in the module."""


def convert(source: Path, folder: Path, layout: Layout, *, shard_bytes: int = SHARD_BYTES) -> None:
    """Write a checkpoint folder in a layout, all or nothing.

    Args:
        source: A folder of either layout.
        folder: New.
        layout: To write; that of the source copies it.
        shard_bytes: Largest file of weights.

    Raises:
        MissingInput: If the source lacks a file.
        CorruptInput: If a file of it is not what it should be.
        OutputError: If the folder is there already, or cannot be written.
    """
    raw = read_json(source / "config.json")
    read = layout_of(raw, source / "config.json")
    stored = stored_in(source)
    sources = sources_of(stored, read)
    with Reader(stored) as reader:

        def made(name: str) -> torch.Tensor:
            return reader.read(sources[name])

        _write(source, folder, read, layout, stored, sources, made, shard_bytes)


def save_weights(
    weights: Mapping[str, torch.Tensor], source: Path, folder: Path, layout: Layout | None = None
) -> None:
    """Write a folder like ``source`` with other weights; see ``Family.save``.

    Args:
        weights: By their names in the module, complete.
        source: Gives config, tokenizer, types, shapes and the files that weights are spread over.
        folder: New.
        layout: To write; None = that of the source.

    Raises:
        ConventionError: If the weights are not those of the source's model.
        OutputError: If the folder is there already, or cannot be written.
    """
    read = layout_of(read_json(source / "config.json"), source / "config.json")
    stored = stored_in(source)
    sources = sources_of(stored, read)
    _check(weights, sources, stored)
    _write(source, folder, read, layout or read, stored, sources, weights.__getitem__, SHARD_BYTES)


def _write(
    source: Path, folder: Path, read: Layout, layout: Layout, stored: Mapping[str, Stored],
    sources: Mapping[str, Source], made: Made, shard_bytes: int,
) -> None:  # fmt: skip
    if layout == read:
        files: dict[str, list[Planned]] = {}
        for one in _planned(stored, sources, made, sources):
            files.setdefault(stored[one.key].path.name, []).append(one)
        with atomic_folder(folder) as begun:
            copy_files(source, begun)
            write_shards(begun, files)
        return
    config = other_config(source, layout)
    targets = {name: _target(name, layout) for name in sources}
    planned = sorted(_planned(stored, sources, made, targets), key=lambda one: one.key)
    with atomic_folder(folder) as begun:
        write_files(source, begun, layout, config)
        write_shards(begun, sharded(planned, shard_bytes))


def other_config(source: Path, layout: Layout) -> dict[str, Any]:
    """Return a folder's config in the other layout than its own.

    Raises:
        CorruptInput: If it cannot be said in that layout.
    """
    where = source / "config.json"
    raw = read_json(where)
    if layout == "hf":
        rows = raw.get("llm_config", {}).get("vocab_size", 0)
        tokens = read_tokens(source, rows)
        return to_hf(raw, tokens.context, tokens.end, where)
    from transformers import InternVLConfig

    # Configs of transformers leave out what is the default; the other layout's defaults differ.
    return to_opengvlab(InternVLConfig.from_dict(raw).to_dict(), where)


def _planned(
    stored: Mapping[str, Stored],
    sources: Mapping[str, Source],
    made: Made,
    targets: Mapping[str, Source],
) -> list[Planned]:
    """Return the tensors of all target keys, with fused ones put together."""
    names: dict[str, list[str]] = {}
    for name, target in targets.items():
        names.setdefault(target.key, []).append(name)
    found = []
    for key, parts in names.items():
        parts.sort(key=lambda name: targets[name].third or 0)
        shapes = [shape_of_source(sources[name], stored) for name in parts]
        dtypes = {stored[sources[name].key].dtype for name in parts}
        fused = targets[parts[0]].third is not None
        if len(dtypes) != 1 or (fused and (len(parts) != 3 or len({s[1:] for s in shapes}) != 1)):
            raise CorruptInput("queries, keys and values that do not go together", where=key)
        rows = sum(shape[0] for shape in shapes) if fused else 0
        shape = (rows, *shapes[0][1:]) if fused else shapes[0]
        found.append(Planned(key, dtypes.pop(), shape, _maker(parts, made)))
    return found


def _maker(parts: list[str], made: Made) -> Callable[[], torch.Tensor]:
    if len(parts) == 1:
        return lambda: made(parts[0])
    return lambda: torch.cat([made(name) for name in parts])


def _target(name: str, layout: Layout) -> Source:
    target = source_of(name, layout)
    if target is None:
        raise CorruptInput(f"a weight that the layout {layout!r} has no name for", where=name)
    return target


def _check(
    weights: Mapping[str, torch.Tensor],
    sources: Mapping[str, Source],
    stored: Mapping[str, Stored],
) -> None:
    # A head that is the input table is listed by the module, but stored by nobody.
    tied = {"lm_head.weight"} - set(sources)
    missing = sorted(set(sources) - set(weights))
    unexpected = sorted(set(weights) - set(sources) - tied)
    if missing or unexpected:
        raise ConventionError(
            "weights that are not those of the source's model",
            expected=f"all of {len(sources)}, and no others",
            got=f"missing: {missing[:3]}, unexpected: {unexpected[:3]}",
        )
    for name, source in sources.items():
        shape = shape_of_source(source, stored)
        if tuple(weights[name].shape) != shape:
            raise ConventionError(
                "a weight of another shape", where=name, expected=shape, got=weights[name].shape
            )
