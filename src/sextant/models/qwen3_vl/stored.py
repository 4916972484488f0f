"""What a checkpoint's safetensors hold, read from their headers alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, MissingInput
from sextant.models.qwen3_vl.json_files import read_object

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"

_MAX_HEADER = 1 << 27
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor on disk.

    Attributes:
        file: Name of its file in the folder.
        dtype: As safetensors writes it, e.g. ``BF16``.
        shape: Of the tensor.
    """

    file: str
    dtype: str
    shape: tuple[int, ...]


def read_stored(folder: Path) -> dict[str, Stored]:
    """Return all tensors of a checkpoint by name, sorted.

    Raises:
        MissingInput: If there are no weights, or a shard is missing.
        CorruptInput: If a file is cut off or no safetensors, or the index contradicts the shards.
    """
    if not (folder / INDEX).is_file():
        if not (folder / SINGLE).is_file():
            raise MissingInput(
                "a model without weights",
                where=folder,
                expected=f"{SINGLE}, or {INDEX} and its shards",
                hint="pickled weights (*.bin, *.pt) are not loaded: convert them to safetensors",
            )
        return dict(sorted(_header(folder / SINGLE).items()))
    names = read_object(folder / INDEX).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise CorruptInput("an index of shards without a map", where=folder / INDEX)
    found: dict[str, Stored] = {}
    for file in sorted({str(name) for name in names.values()}):
        if Path(file).name != file or not file.endswith(".safetensors"):
            raise CorruptInput("an index that leaves its folder", where=folder / INDEX, got=file)
        if not (folder / file).is_file():
            raise MissingInput("a shard is missing", where=folder / file)
        found |= _header(folder / file)
    told = {key: stored.file for key, stored in found.items()}
    if told != names:
        wrong = sorted(set(told.items()) ^ {(k, str(v)) for k, v in names.items()})
        raise CorruptInput(
            "the index says something else than the shards",
            where=folder / INDEX,
            got=some([f"{key} in {file}" for key, file in wrong]),
        )
    return dict(sorted(found.items()))


def check_stored(
    stored: Mapping[str, Stored],
    wanted: Mapping[str, tuple[int, ...]],
    where: Path,
    optional: Sequence[str] = (),
) -> None:
    """Hold the tensors of a checkpoint against those of a model.

    Args:
        stored: Of ``read_stored``.
        wanted: Shapes by name.
        where: Folder, for the message.
        optional: Names that may be missing.

    Raises:
        CorruptInput: With the names that are missing, unexpected or of another shape.
    """
    missing = sorted(set(wanted) - set(stored) - set(optional))
    unexpected = sorted(set(stored) - set(wanted))
    wrong = [
        f"{key} {tuple(stored[key].shape)}, not {tuple(shape)}"
        for key, shape in sorted(wanted.items())
        if key in stored and stored[key].shape != tuple(shape)
    ]
    names = (("missing", missing), ("unexpected", unexpected), ("of another shape", wrong))
    got = "; ".join(f"{len(keys)} {word}: {some(keys)}" for word, keys in names if keys)
    if got:
        raise CorruptInput(
            "the weights are not those of this model",
            where=where,
            expected=f"the {len(wanted)} tensors that its config describes",
            got=got,
        )


def some(names: Sequence[str]) -> str:
    """Return the first of many names."""
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _header(path: Path) -> dict[str, Stored]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 0 < length <= min(_MAX_HEADER, size - 8):
            raise CorruptInput("not a safetensors file, or cut off in its header", where=path)
        try:
            header: dict[str, Any] = json.loads(file.read(length))
            header.pop("__metadata__", None)
            ends = [8 + length + int(entry["data_offsets"][1]) for entry in header.values()]
            found = {
                str(key): Stored(path.name, str(v["dtype"]), tuple(int(n) for n in v["shape"]))
                for key, v in header.items()
            }
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as e:
            raise CorruptInput("a header that is no safetensors'", where=path, got=e) from e
    if size != max(ends, default=8 + length):
        raise CorruptInput(
            "a safetensors file that was cut off",
            where=path,
            expected=f"{max(ends, default=8 + length)} bytes",
            got=f"{size} bytes",
            hint="fetch it again",
        )
    return found
