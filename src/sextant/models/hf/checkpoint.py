"""Where a model's files are, and what identifies them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sextant.errors import InputError, MissingInput

WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
"""Files of a checkpoint; pickled weights are never loaded, nor is code."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?:@[\w./-]+)?")
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's files.

    Attributes:
        folder: Where they are.
        name: Short, for tables.
        weights: What identifies them: ``sha256:...`` of a folder's files, or a hub id with commit.
    """

    folder: Path
    name: str
    weights: str


def find_checkpoint(name: str) -> Checkpoint:
    """Find a folder, or fetch a hub id's files.

    Raises:
        MissingInput: If it is neither, or holds no model.
        InputError: If the hub does not give it.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise MissingInput("not the folder of a model", where=folder, expected="a config.json")
        if not list(folder.glob("*.safetensors")):
            raise MissingInput(
                "a model without weights",
                where=folder,
                expected="*.safetensors",
                hint="pickled weights (*.bin, *.pt) are not loaded: convert them to safetensors",
            )
        return Checkpoint(folder, folder.resolve().name, f"sha256:{hash_of(folder)}")
    if not _HUB_ID.fullmatch(name):
        raise MissingInput(
            "no such model", where=name, expected="a folder, or org/name, or org/name@revision"
        )
    return _fetched(name)


def hash_of(folder: Path) -> str:
    """Return sha256 over names and contents of all files that decide what a model answers."""
    total = sha256()
    files = sorted({path for pattern in WANTED for path in folder.glob(pattern)})
    for path in files:
        one = sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                one.update(chunk)
        total.update(f"{path.name}\0{one.hexdigest()}\n".encode())
    return total.hexdigest()


def _fetched(name: str) -> Checkpoint:
    from huggingface_hub import snapshot_download

    repository, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(repository, revision=revision or None, allow_patterns=list(WANTED))
        )
    except Exception as error:  # the hub's client has some twenty kinds
        raise InputError(
            "the hub does not give this model",
            where=name,
            got=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
            hint="download it elsewhere and name its folder",
        ) from error
    # A snapshot's folder is named by the commit.
    return Checkpoint(folder, repository.rpartition("/")[2], f"{repository}@{folder.name}")
