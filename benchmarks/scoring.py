"""Time and memory of ``sextant score`` on made-up replies to made-up questions like VSI-Bench's.

    python benchmarks/scoring.py [--rows 40000 1000000] [--profile all] [--format tsv] [--keep DIR]

Every measurement is the whole command in a process of its own, on one core: start of Python,
reading questions and replies, scoring, bootstrap, tables, JSON. Of the replies a third are bare
answers, a third sentences, a sixth reasoned at length (600 to 1,400 characters), a twelfth inside
of think tags, the rest empty, refusals or several answers. Aims: 40,000 replies in 3 s, 1,000,000
in 60 s below 2 GB.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

LETTERS = "ABCD"
NUMBERS = {
    "object_counting": (1, 12), "object_abs_distance": (0.3, 9.0),
    "object_size_estimation": (10, 300), "room_size_estimation": (6, 60),
}  # fmt: skip
CHOICES = {
    "object_rel_direction_easy": 2, "object_rel_direction_medium": 3,
    "object_rel_direction_hard": 4, "object_rel_distance": 4,
    "route_planning": 4, "obj_appearance_order": 4,
}  # fmt: skip
WORDS = "chair table sofa lamp shelf door window stool cabinet bed sink plant screen basket".split()
FILLER = (
    "Looking at the frames in order, the camera first passes the {0} and turns towards the {1}. "
    "The {0} seems to be about {2} meters from the {1}, although the {3} hides part of it. "
)


def questions(rows: int, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    kinds = [*NUMBERS, *CHOICES]
    for k, (kind, seen) in enumerate(
        zip(rng.integers(0, len(kinds), rows), rng.random(rows), strict=True)
    ):
        name = kinds[kind]
        options, truth = None, ""
        if name in NUMBERS:
            low, high = NUMBERS[name]
            value = low + seen * (high - low)
            truth = str(round(value)) if name == "object_counting" else f"{value:.1f}"
        else:
            first = int(seen * len(WORDS))
            options = [
                f"{LETTERS[j]}. {WORDS[(first + j) % len(WORDS)]}" for j in range(CHOICES[name])
            ]
            truth = LETTERS[int(seen * 1000) % len(options)]
        yield {
            "id": k, "dataset": "arkitscenes", "scene_name": f"{k // 18}", "question_type": name,
            "question": f"What about the {WORDS[k % len(WORDS)]} of question {k}?",
            "ground_truth": truth, "options": options,
        }  # fmt: skip


def reply(row: dict[str, object], rng: np.random.Generator) -> str:
    options = row["options"]
    draw, style = rng.random(), rng.random()
    if isinstance(options, list):
        answer = str(row["ground_truth"]) if draw < 0.6 else str(rng.choice(list(LETTERS)))
        answer = answer if style < 0.5 else f"**{answer}**" if style < 0.6 else answer + "."
    else:
        value = float(str(row["ground_truth"])) * (1.0 if draw < 0.3 else rng.uniform(0.6, 1.5))
        answer = (
            f"{value:.1f}" if style < 0.7 else f"{value:.1f} meters" if style < 0.9 else "three"
        )
    kind = rng.random()
    if kind < 1 / 3:
        return answer
    if kind < 2 / 3:
        return f"The answer is {answer}" if style < 0.5 else f"I think it is {answer} in this room."
    picked = rng.choice(WORDS, 3)
    talk = FILLER.format(*picked[:2], f"{rng.uniform(1, 5):.1f}", picked[2])
    talk *= int(rng.integers(3, 8))
    if kind < 5 / 6:
        return f"{talk}\n\nSo the answer is {answer}."
    if kind < 11 / 12:
        return f"<think>{talk}</think>\n{answer}"
    return ["", "I cannot determine this from the frames.", "A or B", "2 or 3", talk][
        int(rng.integers(5))
    ]


def write(folder: Path, rows: int, form: str) -> Path:
    """Write questions and replies; return the file of replies."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"predictions.{form}"
    if out.exists():
        return out
    rng = np.random.default_rng(20260101)
    sheet = [["index", "question", "answer", "prediction"]]
    with open(folder / "test.jsonl", "w") as data, open(folder / "p.jsonl", "w") as said:
        for row in questions(rows, rng):
            data.write(json.dumps(row) + "\n")
            text = reply(row, rng)
            said.write(json.dumps({"id": row["id"], "reply": text}) + "\n")
            if form != "jsonl":
                sheet.append([str(row["id"]), str(row["question"]), str(row["ground_truth"]),
                              text or " "])  # fmt: skip
    (folder / "p.jsonl").rename(folder / "predictions.jsonl")
    if form == "tsv":
        with open(out, "w", newline="") as stream:
            csv.writer(stream, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(sheet)
    elif form == "xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        page = book.create_sheet()
        for line in sheet:
            page.append(line)
        book.save(out)
    return out


def measure(folder: Path, predictions: Path, profile: str) -> tuple[float, float, float, dict]:
    """Run the command; return seconds, seconds of CPU, peak MiB, and its figures."""
    out = folder / "score.json"
    command = [
        str(Path(sys.executable).parent / "sextant"), "score", "--benchmark", "vsi_bench",
        "--data", str(folder), "--predictions", str(predictions), "--profile", profile,
        "--json", str(out), "--quiet", "--disagreements", "0",
    ]  # fmt: skip
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # As after any first run of an installation, modules are compiled.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([*command, "--dry-run"], stdout=subprocess.DEVNULL, check=True, env=env)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, check=False, env=env,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"sextant score ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # The peak is that of the largest child so far: sizes are measured in rising order.
    return seconds, busy, after.ru_maxrss / 1024, json.loads(out.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[40_000, 1_000_000])
    parser.add_argument("--profile", default="strict")
    parser.add_argument("--format", choices=("jsonl", "tsv", "xlsx"), default="jsonl")
    parser.add_argument("--keep", type=Path, help="folder for the made-up files")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        print(f"{'rows':>10} {'profile':>10} {'format':>6} {'seconds':>8} {'CPU s':>7} {'MiB':>6}")
        for rows in sorted(args.rows):
            folder = (args.keep or Path(temporary)) / f"{args.format}_{rows}"
            predictions = write(folder, rows, args.format)
            seconds, busy, peak, made = measure(folder, predictions, args.profile)
            scores = {p: s["headline"]["score"] for p, s in made["profiles"].items()}
            print(f"{rows:10,} {args.profile:>10} {args.format:>6} {seconds:8.2f} {busy:7.2f} "
                  f"{peak:6,.0f}  "
                  + " ".join(f"{p} {100 * s:.1f}" for p, s in scores.items()))  # fmt: skip


if __name__ == "__main__":
    main()
