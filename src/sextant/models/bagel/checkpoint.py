"""Weights in BAGEL's own layout: read what understands, write it back over the original.

A folder holds ``ema.safetensors`` (29 GB: both twins), or shards. Reading takes the keys of the
twin that understands. Writing copies the original file as it stands, header and all, and replaces
the bytes of those keys: the twin that makes pictures stays the same bit for bit, and so do the
order, the types and the shapes of everything. One tensor is in memory at a time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError, safe_open

from sextant.errors import CorruptInput, MissingInput
from sextant.execution.atomic import atomic_folder
from sextant.models.bagel.config import Config
from sextant.models.bagel.model import BagelForUnderstanding

GENERATION_ROOTS = ("time_embedder", "vae2llm", "llm2vae", "latent_pos_embed")
"""First names of keys that only making pictures needs; the twins' are told by ``moe_gen``."""

TABLE = "vit_pos_embed.pos_embed"
"""The fixed table. Never trained, so never written; where it is missing, its formula stands in."""

WEIGHTS = ("ema.safetensors", "model.safetensors")
"""Upstream's names, the first that is there is read; sharded checkpoints have an index instead."""

_INDEX = "model.safetensors.index.json"
_COPIED = ("*.json", "*.txt", "*.jinja", "*.md", "LICENSE*", "ae.safetensors")
_CHUNK = 1 << 24
_MAX_HEADER = 100_000_000  # the limit of the safetensors library


def makes_pictures(key: str) -> bool:
    """Tell whether a weight belongs to the twin that makes pictures."""
    return "moe_gen" in key or key.partition(".")[0] in GENERATION_ROOTS


def load_model(
    folder: Path, config: Config, *, dtype: torch.dtype, attention: str, meta: bool
) -> BagelForUnderstanding:
    """Build the model and read its weights; see ``Family.load``.

    Raises:
        MissingInput: If there are no weights.
        CorruptInput: If a file is damaged, or keys are missing, unexpected, or of another shape.
    """
    with torch.device("meta"):
        model = BagelForUnderstanding(config, attention)
    for module in model.modules():  # buffers keep float32
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, torch.nn.Parameter(parameter.to(dtype)))
    if meta:
        return model
    wanted = {key: tuple(t.shape) for key, t in model.state_dict().items()}
    files = files_of(folder)
    _check_keys(wanted, files, folder)
    found: dict[str, torch.Tensor] = {}
    for path, keys in files.items():
        with _opened(path) as file:
            for key in keys:
                if key in wanted:
                    kept = torch.float32 if key == TABLE else dtype
                    found[key] = file.get_tensor(key).to(kept, copy=True)
    model.load_state_dict(found, assign=True, strict=False)  # the keys were compared above
    model.restore_buffers(keep_table=TABLE in found)
    return model


def save_model(weights: Mapping[str, torch.Tensor], source: Path, folder: Path) -> None:
    """Write a folder like ``source`` with other weights; see ``Family.save``.

    Raises:
        CorruptInput: If the weights are not those of this model, or the source is damaged.
        OutputError: If the folder is there already, or cannot be written.
    """
    files = files_of(source)
    wanted = {
        key: shape
        for path in files
        for key, shape in _shapes(path).items()
        if not makes_pictures(key) and key != TABLE
    }
    _check_weights(weights, wanted, source)
    with atomic_folder(folder) as made:
        for path in sorted({p for pattern in _COPIED for p in source.glob(pattern)}):
            if path.is_file():
                shutil.copyfile(path, made / path.name)
        for path in files:
            with path.open("rb") as original, (made / path.name).open("wb") as written:
                overlay(original, written, {key: weights[key] for key in wanted}, path)


def overlay(
    original: BinaryIO, written: BinaryIO, weights: Mapping[str, torch.Tensor], path: Path
) -> None:
    """Copy a safetensors file, with the bytes of some of its tensors replaced.

    Args:
        original: Open for reading, at its start.
        written: Open for writing.
        weights: By key; cast to the types that the file has. Keys it does not hold are left out.
        path: Of the original, for messages.
    """
    size = int.from_bytes(original.read(8), "little")
    if size > _MAX_HEADER:
        raise CorruptInput("not a safetensors file", where=path)
    raw = original.read(size)
    written.write(size.to_bytes(8, "little") + raw)
    header = json.loads(raw)
    header.pop("__metadata__", None)
    for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if key in weights:
            original.seek(end - begin, 1)
            dtype = _DTYPES.get(entry["dtype"])
            if dtype is None:
                raise CorruptInput(
                    "a weight of a type that is not trained",
                    where=f"{path}: {key}",
                    expected=", ".join(_DTYPES),
                    got=entry["dtype"],
                )
            data = _bytes(weights[key], dtype)
            if len(data) != end - begin:
                raise CorruptInput("a weight of another shape", where=f"{path}: {key}")
            written.write(data)
        else:
            _copy(original, written, end - begin, path)


def files_of(folder: Path) -> dict[Path, list[str]]:
    """Return the files with weights and their keys.

    Raises:
        MissingInput: If there are none, or a shard is missing.
        CorruptInput: If one cannot be read.
    """
    single = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    paths: Iterable[Path] = [single] if single else _shards(folder)
    return {path: sorted(_shapes(path)) for path in paths}


def _shards(folder: Path) -> list[Path]:
    index = folder / _INDEX
    if not index.is_file():
        raise MissingInput(
            "a BAGEL folder without weights", where=folder, expected=" or ".join((*WEIGHTS, _INDEX))
        )
    try:
        names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
        paths = [folder / name for name in names if Path(name).name == name]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptInput("not an index of shards", where=index, got=error) from error
    if len(paths) != len(names) or not paths:
        raise CorruptInput("shards are named by plain file names", where=index)
    for path in paths:
        if not path.is_file():
            raise MissingInput("a shard is missing", where=path, hint="fetch the folder again")
    return paths


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise CorruptInput(
            "weights cannot be read",
            where=path,
            got=error,
            hint="the file is truncated or damaged: fetch it again",
        ) from error


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    with _opened(path) as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}


def _check_keys(
    wanted: Mapping[str, tuple[int, ...]], files: Mapping[Path, list[str]], folder: Path
) -> None:
    stored: dict[str, tuple[int, ...]] = {}
    for path in files:
        stored |= _shapes(path)
    read = {key: shape for key, shape in stored.items() if not makes_pictures(key)}
    read.setdefault(TABLE, wanted[TABLE])
    _compare(read, wanted, "weights are not those of this model", folder)


def _check_weights(
    weights: Mapping[str, torch.Tensor], wanted: Mapping[str, tuple[int, ...]], source: Path
) -> None:
    given = {key: tuple(tensor.shape) for key, tensor in weights.items() if key != TABLE}
    _compare(given, wanted, "weights to be written are not those of the original", source)


def _compare(
    found: Mapping[str, tuple[int, ...]],
    wanted: Mapping[str, tuple[int, ...]],
    what: str,
    where: Path,
) -> None:
    """Refuse keys that are missing, unexpected, or of another shape, and name the first few."""
    shared = sorted(set(found) & set(wanted))
    reasons = {
        "missing": sorted(set(wanted) - set(found)),
        "unexpected": sorted(set(found) - set(wanted)),
        "of another shape": [
            f"{key} {list(found[key])} instead of {list(wanted[key])}"
            for key in shared
            if found[key] != wanted[key]
        ],
    }
    got = "; ".join(
        f"{len(keys)} {reason}: {', '.join(keys[:3])}{', ...' * (len(keys) > 3)}"
        for reason, keys in reasons.items()
        if keys
    )
    if got:
        raise CorruptInput(what, where=where, got=got)


def _copy(original: BinaryIO, written: BinaryIO, count: int, path: Path) -> None:
    while count:
        data = original.read(min(count, _CHUNK))
        if not data:
            raise CorruptInput("weights end too early", where=path)
        written.write(data)
        count -= len(data)


def _bytes(tensor: torch.Tensor, dtype: torch.dtype) -> memoryview:
    plain = tensor.detach().to("cpu", dtype).contiguous().flatten()
    return memoryview(plain.view(torch.uint8).numpy())


_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}
