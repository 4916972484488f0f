"""Rows a second of every export, and its memory.

    python benchmarks/export.py [--rows 200000] [--pictures 4000] [--folder out/benchmark_export]

Layouts of paths export rows made as in ``corpus.py`` (0 to 3 pictures that are referred to, a third
choices), imported first. Layouts that embed export ``--pictures`` rows of two pictures each, of 200
different ones of 640 x 480 as JPEG. Each export runs in a process of its own, whose processor time
and peak memory are told; on a busy machine the wall says little. Aim: 8,000,000 rows of a layout of
paths in 15 minutes, 9,000 rows a second.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from corpus import write_rows

EMBEDDED = ("webdataset", "hf")


def path_corpus(folder: Path, rows: int) -> None:
    from sextant.corpus.importing.job import ImportJob
    from sextant.corpus.importing.run import import_set

    folder.mkdir(parents=True)
    write_rows(folder / "rows.jsonl", rows)
    import_set(ImportJob("sensenova_si", folder / "rows.jsonl", folder / "corpus"), quiet=True)


def picture_corpus(folder: Path, rows: int) -> None:
    from PIL import Image

    from sextant.samples.sample import Sample, sample_id
    from sextant.samples.writer import CorpusWriter

    rng = np.random.default_rng(0)
    head = {
        "recipe": {}, "recipe_hash": "", "source": {"name": "made", "root": None, "options": {}},
        "versions": {}, "shards": 1,
    }  # fmt: skip
    shard = CorpusWriter(folder / "corpus", head).shard(0)
    images = []
    for _ in range(200):
        small = rng.integers(0, 255, (15, 20, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(small).resize((640, 480), Image.Resampling.BICUBIC).save(
            file, "JPEG", quality=90
        )
        images.append(shard.image(file.getvalue(), ".jpg"))
    row = Sample(
        id="", capability="SR", task="sr.relative_distance", source="made", scene_id="s",
        split="train", images=(), frame_ids=(), question="<image>\n<image>\nWhich is closest?",
        answer="B", answer_type="choice", options=("table", "lamp", "sofa"), answer_index=1,
        value=1.25, unit="m", evidence='{"value": 1.25}', difficulty="easy", template="t", seed=0,
        rationale=None, turns=None, license="CC0-1.0", generator="made 1",
    )  # fmt: skip
    shard.commit(
        [
            replace(
                row, id=sample_id("made", i), scene_id=f"s{i // 20}",
                images=(images[i % 200], images[(i * 7 + 1) % 200]),
            )
            for i in range(rows)
        ],
        [], {},
    )  # fmt: skip
    CorpusWriter(folder / "corpus", head).finish()


def export(name: str, folder: Path, full: bool) -> None:
    from sextant.corpus.exporting.run import export_corpus
    from sextant.samples.store import CorpusStore

    store = CorpusStore.open(folder / "corpus")
    started, cpu = time.monotonic(), time.process_time()
    rows = export_corpus(store, folder / f"out_{name}", name, full=full).written
    wall_s, cpu_s = time.monotonic() - started, time.process_time() - cpu
    out = folder / f"out_{name}"
    files = [out] if out.is_file() else [p for p in out.rglob("*") if p.is_file()]
    print(json.dumps({
        "rows": rows, "wall_s": wall_s, "cpu_s": cpu_s,
        "bytes": sum(p.stat().st_size for p in files),
        "peak_mb": _peak_mb(),
    }))  # fmt: skip


def _peak_mb() -> float:
    # Not ru_maxrss: a child begins with its parent's.
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def measured(name: str, folder: Path, full: bool = False) -> None:
    done = subprocess.run(
        [sys.executable, __file__, "--export", name, "--folder", str(folder),
         *(["--full"] if full else [])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    rate = found["rows"] / found["cpu_s"]
    print(
        f"| {name}{' --full' if full else ''} | {found['rows']:,} | {found['wall_s']:.1f} | "
        f"{found['cpu_s']:.1f} | {rate:,.0f} | {found['bytes'] / found['rows']:,.0f} | "
        f"{found['peak_mb']:.0f} | {8e6 / rate / 60:.1f} |", flush=True,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--pictures", type=int, default=4_000)
    parser.add_argument("--folder", type=Path, default=Path("out/benchmark_export"))
    parser.add_argument("--export")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    if arguments.export:
        export(arguments.export, arguments.folder, arguments.full)
        return
    from sextant.corpus.exporters import exporter_names

    shutil.rmtree(arguments.folder, ignore_errors=True)
    path_corpus(arguments.folder / "paths", arguments.rows)
    picture_corpus(arguments.folder / "pictures", arguments.pictures)
    print(f"load before: {os.getloadavg()}")
    print("| export | rows | wall, s | cpu, s | rows/s/core | bytes a row | peak, MB | 8M, min |")
    print("|---|---|---|---|---|---|---|---|")
    for name in exporter_names():
        kind = "pictures" if name in EMBEDDED else "paths"
        measured(name, arguments.folder / kind)
        shutil.rmtree(arguments.folder / kind / f"out_{name}", ignore_errors=True)
    (arguments.folder / "paths" / "out_sharegpt").unlink(missing_ok=True)
    measured("sharegpt", arguments.folder / "paths", full=True)
    print(f"load after: {os.getloadavg()}")
    shutil.rmtree(arguments.folder)


if __name__ == "__main__":
    main()
