"""The writing side of a corpus: start or resume a folder, hand out shards, finish it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sextant.errors import InputError, OutputError
from sextant.execution.atomic import is_temporary, make_folder, remove_leftovers, write_text
from sextant.samples.finish import assemble
from sextant.samples.layout import (
    FORMAT,
    FORMAT_VERSION,
    HEAD,
    MANIFEST,
    MAX_SHARDS,
    RUN,
    canonical_json,
    marker_path,
    part_name,
    read_json,
)
from sextant.samples.retain import Plan, retain
from sextant.samples.shard import ShardSummary, ShardWriter

__all__ = ["CorpusWriter", "ShardSummary", "ShardWriter"]

HEAD_FIELDS = ("recipe", "recipe_hash", "source", "versions", "shards")

_MARKER = re.compile(r"shard-(\d{5})\.json")


class CorpusWriter:
    """Writes a corpus folder shard by shard; picklable, so that workers can use it.

    Making one starts the folder, or continues it if the same run began it. Several processes (the
    jobs of an array) may hold writers of one folder at the same time.

    Args:
        root: The corpus folder.
        head: What identifies the run, as JSON: ``recipe`` (resolved), ``recipe_hash``, ``source``
            (name, root, options), ``versions``, ``shards`` (their number), and whatever else must
            be the same for two runs to go on with one another. ``external`` (optional) gives
            the folders of pictures that stay where they are, by name.

    Raises:
        OutputError: If the folder holds something else, or was begun by another run.
    """

    def __init__(self, root: Path, head: Mapping[str, Any]) -> None:
        missing = [name for name in HEAD_FIELDS if name not in head]
        if missing:
            raise ValueError(f"the head of a corpus lacks {', '.join(missing)}")
        if not isinstance(head["shards"], int) or not 0 <= head["shards"] <= MAX_SHARDS:
            raise ValueError(f"not a number of shards: {head['shards']!r}")
        self.root = Path(root)
        # Through JSON and back, so that it compares with what is read from disk.
        self.head: dict[str, Any] = json.loads(canonical_json(dict(head)))
        self.head_hash = blake2b(canonical_json(self.head).encode(), digest_size=16).hexdigest()
        self.shards: int = self.head["shards"]
        self._start()

    @property
    def is_complete(self) -> bool:
        """Whether this run has finished this folder already."""
        return self._manifest() is not None

    def committed(self) -> set[int]:
        """Return the shards that need no more work."""
        if self.is_complete:
            return set(range(self.shards))
        found = set()
        run = self.root / RUN
        for name in sorted(p.name for p in run.iterdir()) if run.is_dir() else []:
            match = _MARKER.fullmatch(name)
            if match is not None and self._marker(int(match[1])) is not None:
                found.add(int(match[1]))
        return found

    def shard(self, index: int) -> ShardWriter:
        """Return the writer of one shard; call it in the process that does the work."""
        if not 0 <= index < self.shards:
            raise ValueError(f"shard {index} of a corpus of {self.shards}")
        external = frozenset(self.head.get("external", {}))
        return ShardWriter(self.root, index, self.head_hash, external)

    def retain(self, decide: Callable[[Sequence[Path]], Plan]) -> None:
        """Leave rows out before finishing; see ``sextant.samples.retain``.

        All shards must be committed. On a finished corpus it does nothing.
        """
        if self.is_complete:
            return
        self._all_of(self._markers())
        retain(self.root, self.shards, decide)

    def finish(self) -> dict[str, Any]:
        """Check all shards, write the tables, the card and the manifest, and tidy up.

        Calling it again, or from two jobs at once, is harmless.

        Returns:
            The manifest.

        Raises:
            OutputError: If shards are missing or damaged (these are forgotten, so that running
                the same command again repairs them), or if two samples have the same id.
        """
        manifest = self._manifest()
        if manifest is None:
            markers = self._markers()
            # Another job may have finished, and removed the markers, while we were reading them.
            manifest = self._manifest()
            if manifest is None:
                manifest = assemble(self.root, self.head, self._all_of(markers))
        if (self.root / RUN).is_dir():
            remove_leftovers(self.root)
            shutil.rmtree(self.root / RUN, ignore_errors=True)
        return manifest

    def _start(self) -> None:
        head_path = self.root / RUN / HEAD
        if self.is_complete:
            return
        if not head_path.exists():
            if not _is_blank(self.root):
                raise OutputError(
                    "the output folder holds something that is no corpus",
                    where=self.root,
                    expected="an empty or new folder, or a corpus begun by the same command",
                    hint="choose another folder",
                )
            make_folder(self.root / RUN)
            write_text(head_path, canonical_json(self.head))
        # Read it back even if just written: two jobs with different recipes may start together.
        self._compare(_read(head_path))

    def _manifest(self) -> dict[str, Any] | None:
        path = self.root / MANIFEST
        if not path.exists():
            return None
        manifest = _read(path)
        head = manifest.get("head")
        if manifest.get("format") != FORMAT or not isinstance(head, dict):
            raise OutputError(
                "the output folder holds a manifest of something else",
                where=path,
                expected=f"format {FORMAT}",
                got=manifest.get("format"),
                hint="choose another folder",
            )
        self._compare({**head, "format_version": manifest.get("format_version")})
        return manifest

    def _compare(self, there: dict[str, Any]) -> None:
        ours = {**self.head, "format_version": FORMAT_VERSION}
        difference = next(_differences("", {"format_version": FORMAT_VERSION, **there}, ours), None)
        if difference is None:
            return
        field, old, new = difference
        raise OutputError(
            "the output folder belongs to another run",
            where=f"{self.root}: {field}",
            expected=f"{_short(old)} (what the folder was begun with)",
            got=f"{_short(new)} (this run)",
            hint="choose another folder, or run with the settings the folder was begun with",
        )

    def _marker(self, index: int) -> dict[str, Any] | None:
        """Return the marker of a shard if it is of this run and its tables are there."""
        try:
            marker = read_json(marker_path(self.root, index))
        except InputError:
            return None
        if marker.get("head_hash") != self.head_hash or index >= self.shards:
            return None
        for kind in ("qa", "scenes"):
            try:
                size = (self.root / kind / part_name(index)).stat().st_size
            except OSError:
                return None
            if size != marker[kind]["bytes"]:
                return None
        return marker

    def _markers(self) -> list[dict[str, Any] | None]:
        return [self._marker(index) for index in range(self.shards)]

    def _all_of(self, markers: list[dict[str, Any] | None]) -> list[dict[str, Any]]:
        missing = [index for index, marker in enumerate(markers) if marker is None]
        if missing:
            raise OutputError(
                "the corpus is not complete",
                where=self.root,
                expected=f"{self.shards} committed shards",
                got=f"{self.shards - len(missing)}; the first missing one is {missing[0]}",
                hint="run the same command again: it does only what is missing",
            )
        return [marker for marker in markers if marker is not None]


def _is_blank(root: Path) -> bool:
    """Tell whether a folder is new, or was left by a run killed before its first file."""
    if not root.exists():
        return True
    if not root.is_dir():
        return False
    if any(path.name != RUN for path in root.iterdir()):
        return False
    run = root / RUN
    return not run.exists() or all(is_temporary(path.name) for path in run.iterdir())


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except InputError as error:
        raise OutputError(
            "the output folder is damaged", where=path, got=error.what, hint="choose another folder"
        ) from error


def _differences(field: str, theirs: object, ours: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        # The hash of a recipe differs whenever the recipe does, and says less.
        for key in sorted({*theirs, *ours}, key=lambda key: (key.endswith("_hash"), key)):
            name = f"{field}.{key}" if field else key
            yield from _differences(name, theirs.get(key), ours.get(key))
    elif theirs != ours or type(theirs) is not type(ours):
        yield field, theirs, ours


def _short(value: object) -> str:
    text = canonical_json(value)
    return text if len(text) <= 200 else text[:200] + "…"
