"""What an export is of: ``export.json`` in its folder, by which a second run knows it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from sextant._version import __version__
from sextant.errors import OutputError
from sextant.execution.atomic import is_temporary
from sextant.samples.layout import MANIFEST, canonical_json
from sextant.samples.store import CorpusStore

RECORD = "export.json"


def head_of(store: CorpusStore, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies an export: the corpus' manifest, and the options and their hash."""
    with (store.root / MANIFEST).open("rb") as file:
        manifest = file_digest(file, "sha256").hexdigest()
    return {
        "corpus": os.path.abspath(store.root),
        "manifest_sha256": manifest,
        "options": dict(options),
        "options_hash": blake2b(canonical_json(options).encode(), digest_size=8).hexdigest(),
        "versions": {"sextant": __version__},
    }


def write_record(folder: Path, head: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Write the record of an export into its folder."""
    text = json.dumps({**head, **told}, indent=2, ensure_ascii=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def earlier(folder: Path, head: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record of the same export, if it stands there already; None if nothing does.

    Raises:
        OutputError: If something else stands there.
    """
    if not os.path.lexists(folder):
        return None
    with suppress(OSError, ValueError):
        found = json.loads((folder / RECORD).read_bytes())
        if isinstance(found, dict) and all(
            found.get(name) == head[name] for name in ("manifest_sha256", "options_hash")
        ):
            return found
    raise OutputError(
        "something else stands there already",
        where=folder,
        expected="nothing, or the same export",
        hint="choose another folder, or remove this one",
    )


def remove_stale(out: Path) -> None:
    """Remove what killed processes of this machine left of the same export."""
    prefix = f".{out.name}."
    with suppress(OSError):
        for path in out.parent.iterdir():
            if path.name.startswith(prefix) and is_temporary(path.name):
                writer = path.name.removeprefix(prefix).partition("-")[0]
                if writer.isdecimal() and not _lives(int(writer)):
                    _remove(path)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    import shutil

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
