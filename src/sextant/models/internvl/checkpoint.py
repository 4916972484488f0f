"""Weights of a checkpoint folder: what is stored where, and reading it into the module.

Weights are read one at a time, from one file or from shards that an index names; nothing is
unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open

from sextant.errors import CorruptInput, MissingInput
from sextant.models.internvl.config import Layout
from sextant.models.internvl.keys import Source, names_of
from sextant.models.internvl.model import InternVL, tie

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

_HEAD, _TABLE = "lm_head.weight", "model.language_model.embed_tokens.weight"
_MAX_INDEX = 1 << 26


class Stored(NamedTuple):
    """A tensor in a file.

    Attributes:
        path: The file.
        dtype: In safetensors' words, e.g. ``BF16``.
        shape: Rows first.
    """

    path: Path
    dtype: str
    shape: tuple[int, ...]


def stored_in(folder: Path) -> dict[str, Stored]:
    """Return all tensors of a folder by key, file by file; no weight is read.

    Raises:
        MissingInput: If there are none, or a shard is missing.
        CorruptInput: If a file is damaged, or a key is stored twice.
    """
    found: dict[str, Stored] = {}
    for path in _files(folder):
        with opened(path) as file:
            for key in sorted(file.keys()):
                if key in found:
                    raise CorruptInput("a weight is stored twice", where=f"{path}: {key}")
                part = file.get_slice(key)
                found[key] = Stored(path, part.get_dtype(), tuple(part.get_shape()))
    return found


def is_tied(folder: Path, layout: Layout) -> bool:
    """Tell whether the output layer may be the input table: not stored, or the same.

    Configs of transformers say that the two are tied where nothing was said before version 5; what
    is stored decides, as it does there.

    Raises:
        MissingInput: If there are no weights.
        CorruptInput: If a file is damaged.
    """
    stored = stored_in(folder)
    sources = sources_of(stored, layout)
    if _HEAD not in sources or _TABLE not in sources:
        return True
    if stored[sources[_HEAD].key].shape != stored[sources[_TABLE].key].shape:
        return False
    with Reader(stored) as reader:
        return bool(torch.equal(reader.read(sources[_HEAD]), reader.read(sources[_TABLE])))


def sources_of(stored: Mapping[str, Stored], layout: Layout) -> dict[str, Source]:
    """Return where each weight is, by its name in the module.

    Raises:
        CorruptInput: If a key belongs to no weight, or two to the same.
    """
    found: dict[str, Source] = {}
    unknown = []
    for key in stored:
        names = names_of(key, layout)
        if not names:
            unknown.append(key)
        for third, name in enumerate(names):
            if name in found:
                raise CorruptInput("a weight is stored twice", where=f"{key} and {found[name].key}")
            found[name] = Source(key, third if len(names) > 1 else None)
    if unknown:
        raise CorruptInput("weights that this family does not have", got=_some(unknown))
    return found


def load_weights(model: InternVL, folder: Path, layout: Layout) -> None:
    """Read the weights of a folder into a module that has shapes only.

    Raises:
        MissingInput: If there are no weights.
        CorruptInput: If a file is damaged, or keys are missing, unexpected, or of another shape.
    """
    stored = stored_in(folder)
    sources = sources_of(stored, layout)
    wanted = dict(model.network.state_dict())
    if model.network.config.tie_word_embeddings:
        wanted.pop(_HEAD)
        sources.pop(_HEAD, None)  # ``is_tied`` found it to be the same
    _compare(wanted, sources, stored, folder)
    found: dict[str, torch.Tensor] = {}
    with Reader(stored) as reader:
        for name, tensor in reader.tensors(sources):
            found[name] = tensor.to(wanted[name].dtype, copy=True)
    model.network.load_state_dict(found, assign=True, strict=False)  # compared above
    tie(model)
    model.restore_buffers()


class Reader:
    """Tensors of a folder, one at a time; each file is opened once.

    Args:
        stored: Of ``stored_in``.
    """

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self._stored = stored
        self._files: dict[Path, Any] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, source: Source) -> torch.Tensor:
        """Return a tensor, or a third of its rows.

        Raises:
            CorruptInput: If its rows cannot be cut in three.
        """
        path, _, shape = self._stored[source.key]
        if path not in self._files:
            self._files[path] = self._stack.enter_context(opened(path))
        file = self._files[path]
        if source.third is None:
            whole: torch.Tensor = file.get_tensor(source.key)
            return whole
        if not shape or shape[0] % 3:
            raise CorruptInput(
                "queries, keys and values of different sizes", where=f"{path}: {source.key}"
            )
        rows = shape[0] // 3
        third: torch.Tensor = file.get_slice(source.key)[
            rows * source.third : rows * (source.third + 1)
        ]
        return third

    def tensors(self, sources: Mapping[str, Source]) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield (name, tensor) in the order of the files."""
        for name, source in sources.items():
            yield name, self.read(source)


def opened(path: Path) -> Any:
    """Open a file of weights.

    Raises:
        CorruptInput: If it is none.
    """
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise CorruptInput(
            "weights cannot be read",
            where=path,
            got=error,
            hint="the file is truncated or damaged: fetch it again",
        ) from error


def shape_of_source(source: Source, stored: Mapping[str, Stored]) -> tuple[int, ...]:
    """Return the shape of a weight; (0,) where rows cannot be cut in three."""
    shape = stored[source.key].shape
    if source.third is None:
        return shape
    return (shape[0] // 3, *shape[1:]) if shape and shape[0] % 3 == 0 else (0,)


def _compare(
    wanted: Mapping[str, torch.Tensor],
    sources: Mapping[str, Source],
    stored: Mapping[str, Stored],
    folder: Path,
) -> None:
    if missing := sorted(set(wanted) - set(sources)):
        raise CorruptInput("weights are missing", where=folder, got=_some(missing))
    if unexpected := sorted(sources[name].key for name in set(sources) - set(wanted)):
        raise CorruptInput(
            "weights that the config does not speak of", where=folder, got=_some(unexpected)
        )
    for name, tensor in wanted.items():
        shape = shape_of_source(sources[name], stored)
        if shape != tuple(tensor.shape):
            source = sources[name]
            raise CorruptInput(
                "a weight of another shape than the config says",
                where=f"{stored[source.key].path}: {source.key}",
                expected=tuple(tensor.shape),
                got=shape,
            )


def _files(folder: Path) -> list[Path]:
    single, index = folder / SINGLE, folder / INDEX
    if single.is_file():
        return [single]
    if not index.is_file():
        raise MissingInput(
            "a folder without weights",
            where=folder,
            expected=f"{SINGLE} or {INDEX}",
            hint="pickled weights (*.bin, *.pt) are not loaded: convert them to safetensors",
        )
    try:
        if index.stat().st_size > _MAX_INDEX:
            raise ValueError("too large")
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


def _some(names: list[str]) -> str:
    more = f", and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
