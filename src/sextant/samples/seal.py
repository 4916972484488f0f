"""The manifest's own text: written one way only, with a checksum of what it says.

Every other file of a corpus is named in the manifest with its hash (images by their names). The
manifest holds the hash of itself without that line, and a reader that writes what it has read must
get the same bytes. So no byte of a corpus can change unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sextant.errors import InputError
from sextant.execution.atomic import write_text
from sextant.samples.layout import canonical_json, read_json

CHECKSUM = "checksum"


def checksum(manifest: Mapping[str, Any]) -> str:
    """Return the hash of everything a manifest says."""
    said = {name: value for name, value in manifest.items() if name != CHECKSUM}
    return blake2b(canonical_json(said).encode(), digest_size=16).hexdigest()


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the one text of a manifest."""
    return json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    """Seal a manifest (its ``checksum`` is set) and write it."""
    manifest[CHECKSUM] = checksum(manifest)
    write_text(path, manifest_text(manifest))


def manifest_problems(path: Path) -> list[str]:
    """Return what is wrong with a stored manifest; nothing if it is as it was written."""
    try:
        manifest = read_json(path)
        stored = path.read_bytes()
    except (InputError, OSError) as error:
        return [f"{path}: {error}"]
    if CHECKSUM not in manifest:
        return [f"{path}: no checksum; written by a version that had none, or changed"]
    try:
        right = manifest[CHECKSUM] == checksum(manifest)
        same = stored == manifest_text(manifest).encode()
    except (ValueError, RecursionError) as error:  # NaN, a lone surrogate
        return [f"{path}: {error}"]
    if not right:
        return [f"{path}: says something else than was written"]
    return [] if same else [f"{path}: other bytes than were written"]
