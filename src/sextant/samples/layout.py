"""Where things lie in a corpus folder, and how its tables are written and read.

<root>/qa/part-00007.parquet       samples of shard 7, ``SCHEMA``
<root>/scenes/part-00007.parquet   the scenes they are about, ``SCENE_SCHEMA``
<root>/images/ab/ab…<32 hex>.png   named by blake2b of their bytes, shared by many samples
<root>/drops.parquet               why facts were not asked: task, reason, count
<root>/quarantine.parquet          what could not be read
<root>/card.md, croissant.json     for people, for catalogues
<root>/manifest.json               for programs; written last, with the hash of everything else
<root>/external/<name>             a link that an export made to pictures kept elsewhere, or nothing
<root>/.run/                       only while unfinished: head.json, one marker per shard
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.errors import CorruptInput, MissingInput
from sextant.samples.sample import SCHEMA

FORMAT = "sextant-corpus"
FORMAT_VERSION = 1

MANIFEST = "manifest.json"
CARD = "card.md"
CROISSANT = "croissant.json"
DROPS = "drops.parquet"
QUARANTINE = "quarantine.parquet"
RUN = ".run"
HEAD = "head.json"

MAX_SHARDS = 100_000
"""Part names have five digits, so that their alphabetical order is the shard order."""

ROW_GROUP_ROWS = 10_000

IMAGE_PATH = re.compile(r"images/([0-9a-f]{2})/(\1[0-9a-f]{30})\.[a-z0-9]{1,5}")
"""The path of an image relative to the corpus root; its name is the hash of its bytes."""

SCENE_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("is_metric", pa.bool_(), nullable=False),
        pa.field("room", pa.string(), nullable=False),
        pa.field("objects", pa.string(), nullable=False),
        pa.field("cameras", pa.string(), nullable=False),
    ]
)
"""One row per scene; room, objects and cameras are JSON texts."""

SCENE_JSON_COLUMNS = ("room", "objects", "cameras")

DROP_SCHEMA = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)

QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("what", pa.string(), nullable=False),
        pa.field("where", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
    ]
)


def part_name(index: int) -> str:
    """Return the file name of a shard's table."""
    return f"part-{index:05d}.parquet"


def marker_path(root: Path, index: int) -> Path:
    """Return the file whose presence says that a shard is committed."""
    return root / RUN / f"shard-{index:05d}.json"


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def encode_table(table: pa.Table) -> bytes:
    """Return the parquet bytes of a table; the same table always gives the same bytes.

    Pages carry checksums, so that a reader notices a flipped bit without hashing the file.
    """
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        compression_level=3,
        version="2.6",
        write_page_checksum=True,
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def file_facts(data: bytes, rows: int) -> dict[str, Any]:
    """Return what the manifest says of a table file."""
    return {"rows": rows, "bytes": len(data), "sha256": sha256(data).hexdigest()}


def read_batches(
    path: Path, schema: pa.Schema, *, columns: Sequence[str] | None = None, batch: int = 4096
) -> Iterator[pa.RecordBatch]:
    """Stream a table in constant memory.

    Args:
        path: A parquet file of this corpus.
        schema: What it must hold; anything else is refused.
        columns: Which columns to read, None = all.
        batch: Rows at a time.

    Raises:
        MissingInput: If the file is not there.
        CorruptInput: If it is truncated, damaged, or holds other columns.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(schema):
                raise CorruptInput(
                    "a table of the corpus has other columns than it should",
                    where=path,
                    expected=", ".join(schema.names),
                    got=", ".join(file.schema_arrow.names),
                )
            yield from file.iter_batches(
                batch_size=batch, columns=None if columns is None else list(columns)
            )
    except FileNotFoundError as error:
        raise MissingInput("a table of the corpus is missing", where=path) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        # ValueError: texts, also those of the footer, that are not UTF-8.
        raise unreadable(path, error) from error


def read_rows(
    path: Path, schema: pa.Schema, *, columns: Sequence[str] | None = None, batch: int = 4096
) -> Iterator[dict[str, Any]]:
    """Stream the rows of a table as dictionaries; see ``read_batches``."""
    for records in read_batches(path, schema, columns=columns, batch=batch):
        try:
            rows = records.to_pylist()
        except (pa.ArrowException, ValueError) as error:
            raise unreadable(path, error) from error
        yield from rows


def unreadable(path: Path, error: Exception) -> CorruptInput:
    """Say that a table was damaged."""
    return CorruptInput(
        "a table of the corpus cannot be read",
        where=path,
        got=(str(error).splitlines() or [type(error).__name__])[0],
        hint="it was damaged after it was written: fetch or generate it again",
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        MissingInput: If the file is not there.
        CorruptInput: If it is no JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingInput("a file of the corpus is missing", where=path) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptInput("not a JSON file", where=path, got=error) from error
    if not isinstance(value, dict):
        raise CorruptInput("not a JSON object", where=path, got=type(value).__name__)
    return value


def samples_table(columns: dict[str, list[Any]]) -> pa.Table:
    """Return a table of ``SCHEMA`` from its columns."""
    arrays = [pa.array(columns[field.name], type=field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
