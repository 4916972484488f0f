"""Where the lines of a large text file begin: eight bytes a line, memory-mapped, made once.

The index stands for one state of the file. It is made anew if size, time of change or the first
64 KiB are others than when it was made. Its digest is of the whole content.
"""

from __future__ import annotations

import json
from array import array
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput
from sextant.execution.atomic import atomic_path, write_text

HEAD_BYTES = 64 * 1024

_BLOCK = 4 * 1024 * 1024

_FORMAT = 1


class LineIndex:
    """Byte ranges of lines.

    Args:
        offsets: (lines + 1,) int64: where each begins; the last is the size of the file.
        digest: 32 hex digits of the file's content.
    """

    def __init__(self, offsets: NDArray[np.int64], digest: str) -> None:
        self._offsets = offsets
        self.digest = digest

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def span(self, line: int) -> tuple[int, int]:
        """Return where a line begins and ends, its line break among it."""
        return int(self._offsets[line]), int(self._offsets[line + 1])


def open_line_index(path: Path, cache: Path) -> LineIndex:
    """Return the index of a file from a folder of such, made anew if it is not of this state.

    Raises:
        CorruptInput: If the file cannot be read, or changes while it is.
        OutputError: If the index cannot be written.
    """
    key = blake2b(str(path.resolve()).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    facts_path, offsets_path = cache / f"lines-{key}.json", cache / f"lines-{key}.npy"
    state = _state(path)
    try:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        offsets = np.load(offsets_path, mmap_mode="r", allow_pickle=False)
        fits = facts["state"] == state and len(offsets) == facts["lines"] + 1
        if fits and offsets.dtype == np.int64 and int(offsets[-1]) == state["size"]:
            return LineIndex(offsets, str(facts["digest"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError):
        pass  # absent, of an older format, or damaged: it is made anew
    starts, digest = _scan(path)
    if starts[-1] != state["size"] or _state(path) != state:
        raise CorruptInput("the file changed while it was read", where=path)
    with atomic_path(offsets_path) as temporary, temporary.open("wb") as file:
        np.save(file, starts)
    facts = {"file": path.name, "state": state, "lines": len(starts) - 1, "digest": digest}
    write_text(facts_path, json.dumps(facts, indent=1) + "\n")
    return LineIndex(np.load(offsets_path, mmap_mode="r", allow_pickle=False), digest)


def _state(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            head = blake2b(file.read(HEAD_BYTES), digest_size=16).hexdigest()
        stat = path.stat()
    except OSError as error:
        raise CorruptInput("file cannot be read", where=path, got=error) from error
    return {"format": _FORMAT, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "head": head}


def _scan(path: Path) -> tuple[NDArray[np.int64], str]:
    starts, digest, size = array("q", [0]), blake2b(digest_size=16), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                breaks = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 0x0A)
                starts.frombytes((breaks + (size + 1)).astype(np.int64).tobytes())
                size += len(block)
    except OSError as error:
        raise CorruptInput("file cannot be read", where=path, got=error) from error
    if starts[-1] != size:
        starts.append(size)  # the last line has no line break
    return np.frombuffer(starts, dtype=np.int64), digest.hexdigest()
