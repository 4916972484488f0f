"""What ``sextant export --format webdataset`` writes: tar shards, a sample in each group of names.

``<number>.json`` is a row of ShareGPT-style JSONL whose ``image`` names the endings of the members
that hold its pictures. With ``export --full`` the import gives the same samples, without it what
the words say (``sharegpt``); the split is that of the file's name.

Other WebDatasets have other members and are refused record by record.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.importers._files import matching
from sextant.corpus.importers.sharegpt import exported_row
from sextant.corpus.importing.conversations import image_paths
from sextant.corpus.importing.pieces import MAX_RECORD
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.corpus.importing.tar_rows import MEMBERS


class SextantWebDataset:
    """Tar shards."""

    name = "sextant_webdataset"
    title = "tar shards of export --format webdataset"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the shards."""
        found = matching(root, r"(train|val)-\d{6}\.tar")
        return [SetFile(path, "tar", match[1]) for path, match in found]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        members = record.get(MEMBERS)
        if not isinstance(members, dict) or not isinstance(members.get("json"), bytes):
            raise BrokenRow("a sample without a member .json")
        if len(members["json"]) > MAX_RECORD:
            raise BrokenRow("the record is too long")
        try:
            told = orjson.loads(members["json"])
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise BrokenRow("not JSON", str(error)) from None
        if not isinstance(told, dict):
            raise BrokenRow("not an object", type(told).__name__)
        endings = image_paths(told.get("image"))
        held = [members.get(ending) for ending in endings if ending != "json"]
        pictures = [data for data in held if isinstance(data, bytes)]
        if len(pictures) < len(endings):
            raise BrokenRow("a picture is no member of its sample", endings)
        row = exported_row(told, endings)
        split = file.split if row.whole is None else row.split
        return row._replace(pictures=pictures, split=split)


IMPORTER = SextantWebDataset()
