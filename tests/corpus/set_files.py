"""Small sets in the layouts in which they are published, and their import."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.run import import_set
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore


def talk(question: str, answer: str, *more: str) -> list[dict[str, str]]:
    """A conversation."""
    texts = (question, answer, *more)
    return [{"from": ("human", "gpt")[i % 2], "value": text} for i, text in enumerate(texts)]


def jsonl(path: Path, rows: Iterable[Any]) -> Path:
    """Write rows as lines; bytes stand as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode()
             for r in rows]  # fmt: skip
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def picture(path: Path, color: tuple[int, int, int] = (90, 120, 30), size: int = 96) -> Path:
    """Write a small picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = BytesIO()
    Image.new("RGB", (size, size * 3 // 4), color).save(
        stream, "PNG" if path.suffix == ".png" else "JPEG"
    )
    path.write_bytes(stream.getvalue())
    return path


def embedded(color: tuple[int, int, int] = (90, 120, 30)) -> bytes:
    """A small picture's bytes."""
    stream = BytesIO()
    Image.new("RGB", (16, 12), color).save(stream, "PNG")
    return stream.getvalue()


def parquet(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    """Write rows as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def imported(set_name: str, root: Path, out: Path, **options: Any) -> CorpusStore:
    """Import and open."""
    workers = options.pop("workers", 1)
    options.setdefault("max_broken", 1.0)
    manifest = import_set(ImportJob(set_name, root, out, **options), workers=workers, quiet=True)
    assert manifest is not None
    return CorpusStore.open(out)


def samples(store: CorpusStore) -> list[Sample]:
    """All rows."""
    return list(store.samples())


def reasons(store: CorpusStore) -> dict[str, int]:
    """Why records were left out."""
    return {row["reason"]: row["count"] for row in store.drops()}


IN_A_CHILD = r"""
import re, sys
from pathlib import Path
from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.run import import_set
from sextant.errors import SextantError
job = ImportJob(sys.argv[1], Path("set"), Path("out"), max_broken=1.0)
try:
    import_set(job, quiet=True)
except SextantError as error:
    print(str(error)[:2000])
# Not ru_maxrss: a child begins with its parent's.
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


def peak_of_import(place: Path, name: str) -> int:
    """Import the set ``place / "set"`` in a process of its own; return its peak in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD, name], capture_output=True, text=True, timeout=110,
        cwd=place, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])
