"""The corpus at full size: rows true to SenseNova-SI's layout, imported, mixed, checked.

    python benchmarks/corpus.py [--rows 100000 1000000 8000000] [--workers 2] [--folder /tmp/corpus]
    python benchmarks/corpus.py --combined --rows 8000000 --workers 2

Rows are made up: a third choices, a third numbers, a third sentences, of 0 to 3 pictures that are
referred to and not there, ``image`` a list, a path or missing, every fiftieth row of two turns.
Stages run in a process of their own, whose peak memory is told: resident, of it and its workers
together, looked at five times a second, so that pages that they share count twice. ``--combined``
is the whole way of a corpus: import, mix (shares, caps, holdout), dedupe (questions asked twice,
written again without them), export as ShareGPT lines. Aims: import >= 40,000 rows a second and
core; mix, dedupe and export of 8M rows in 15 minutes; everything of 8M rows below 4 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
THINGS = ("chair", "lamp", "sofa", "table", "window", "door", "shelf", "bed", "desk", "monitor")
LOOK_S = 0.2
SIDES = ("left", "right", "behind", "in front")
STAGES = ("import", "mix", "check")
COMBINED = ("import", "mix", "dedupe", "export")


def write_rows(path: Path, rows: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, rows, 10_000):
            n = min(10_000, rows - start)
            shown = rng.integers(0, 4, n)
            frames = rng.integers(0, 3000, (n, 3))
            picks = rng.integers(0, len(THINGS), (n, 3))
            sides = np.argsort(rng.random((n, 4)), axis=1)
            values = rng.random(n)
            for i in range(n):
                file.write(json.dumps(_row(start + i, int(shown[i]), frames[i], picks[i],
                                           sides[i], float(values[i]))) + "\n")  # fmt: skip


def _row(number, shown, frames, picks, sides, value):
    # Twenty rows about one of 60,000 scenes.
    scene = number // 20 % 60_000
    name = f"scannet/scene{scene // 10:04d}_{scene % 10:02d}/color"
    images = [f"{name}/{frame:06d}.jpg" for frame in frames[:shown]]
    a, b, c = (THINGS[k] for k in picks)
    if number % 3 == 0:
        listed = "\n".join(f"{'ABCD'[k]}. {SIDES[s]}" for k, s in enumerate(sides))
        asked = (
            f"Standing at the {a} and facing the {b}, on which side is the {c}?\nOptions:\n{listed}"
            "\nAnswer with the option's letter from the given choices directly."
        )
        answer = "ABCD"[int(value * 4)]
    elif number % 3 == 1:
        asked = f"How far is the {a} from the {b}, measured between their nearest points, in m?"
        answer = f"{value * 5:.1f}"
    else:
        asked = f"Describe in one sentence where the {a} stands, seen from the {b}, in these views."
        answer = f"The {a} stands {value * 3:.1f} m to the left of the {b}, next to the {c}."
    turns = [
        {"from": "human", "value": "<image>\n" * shown + asked},
        {"from": "gpt", "value": answer},
    ]
    if number % 50 == 0:
        turns += [
            {"from": "human", "value": f"And the {c}?"},
            {"from": "gpt", "value": "It is further away."},
        ]
    row = {"id": number, "conversations": turns}
    if shown:
        row["image"] = images[0] if shown == 1 and number % 2 else images
    return row


def stage(name: str, folder: Path, workers: int) -> None:
    from sextant.commands.audit import AuditJob
    from sextant.commands.audit import run as audit
    from sextant.corpus.exporting.run import export_corpus
    from sextant.corpus.importing.job import ImportJob
    from sextant.corpus.importing.run import import_set
    from sextant.corpus.mixing.job import MixJob, mix
    from sextant.corpus.mixing.recipe import MixRecipe
    from sextant.samples.check import CorpusCheck
    from sextant.samples.store import CorpusStore

    started, before = time.monotonic(), _cpu_s()
    corpus, mixed, clean = folder / "corpus", folder / "mixed", folder / "clean"
    if name == "import":
        rows = import_set(
            ImportJob("sensenova_si", folder / "rows.jsonl", corpus), workers=workers, quiet=True
        )["samples"]
    elif name == "mix":
        given = {"name": "all", "corpus": str(corpus)}
        recipe = MixRecipe.model_validate(
            {
                "inputs": [given],
                "shares": {"answer_type": {"choice": 0.3, "number": 0.3, "text": 0.4}},
                "caps": {"scene": 190},
                "holdout": {"share": 0.005},
            }
        )
        rows = mix(MixJob(recipe, mixed), workers=workers, quiet=True)["samples"]
    elif name == "dedupe":
        with redirect_stdout(sys.stderr):
            audit(AuditJob(mixed, duplicates=True, drop=clean, workers=workers))
        rows = CorpusStore.open(mixed).count
    elif name == "export":
        rows = export_corpus(CorpusStore.open(clean), folder / "rows_out.jsonl").written
    else:
        check = CorpusCheck(mixed, external=False)
        problems = list(check.problems())
        assert not problems, problems[:5]
        rows = json.loads((mixed / "manifest.json").read_text())["samples"]
    print(json.dumps({
        "rows": rows, "wall_s": time.monotonic() - started, "cpu_s": _cpu_s() - before,
    }))  # fmt: skip


def watched(command: list[str]) -> dict[str, float]:
    """Run a stage; return its figures and the peak of its processes' resident memory."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak_kb, output = 0, ""
        while True:
            try:
                output += process.communicate(timeout=LOOK_S)[0]
                break
            except subprocess.TimeoutExpired:
                peak_kb = max(peak_kb, _resident_kb(process.pid))
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return {**json.loads(output), "peak_mb": peak_kb / 1024}


def _resident_kb(pid: int) -> int:
    """Return the resident memory of a process and all below it (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return 0
    own = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
    return sum(own) + sum(_resident_kb(int(child)) for child in below)


def _cpu_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("out/benchmark_corpus"))
    parser.add_argument("--combined", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    parser.add_argument("--stage", choices=(*STAGES, *COMBINED))
    arguments = parser.parse_args()
    if arguments.stage:
        stage(arguments.stage, arguments.folder, arguments.workers)
        return
    print(f"load before: {os.getloadavg()}")
    for rows in arguments.rows:
        folder = arguments.folder / str(rows)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_rows(folder / "rows.jsonl", rows)
        size = (folder / "rows.jsonl").stat().st_size
        print(f"{rows} rows, {size / 1e9:.2f} GB of JSONL", flush=True)
        spent = {"wall_s": 0.0, "cpu_s": 0.0}
        for name in COMBINED if arguments.combined else STAGES:
            found = watched(
                [sys.executable, __file__, "--stage", name, "--folder", str(folder),
                 "--workers", str(arguments.workers)],
            )  # fmt: skip
            for key in spent:
                spent[key] += found[key] if name != "import" else 0
            print(
                f"  {name:6} {found['rows']:>9} rows  {found['wall_s']:7.1f} s wall  "
                f"{found['cpu_s']:7.1f} s cpu  {found['rows'] / found['cpu_s']:9.0f} rows/s/core  "
                f"{found['peak_mb']:6.0f} MB  load {os.getloadavg()[0]:.1f}", flush=True,
            )  # fmt: skip
        print(f"  after import: {spent['wall_s']:.1f} s wall, {spent['cpu_s']:.1f} s cpu")
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
