"""Which reader a prediction file needs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.evaluation.predictions.jsonl import jsonl_format, read_jsonl
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction
from sextant.evaluation.predictions.streams import beginning, lines
from sextant.evaluation.predictions.table import read_delimited, read_json, read_xlsx

RUN_FILE = "predictions.jsonl"
"""Where a run keeps its replies."""

LMMS_FILES = "*samples_*.jsonl"
_PART = re.compile(r"site_?bench_?(image|video)", re.IGNORECASE)
_DELIMITERS = {"tsv": "\t", "csv": ","}


@dataclass(frozen=True, slots=True)
class PredictionFile:
    """A file and how it is read.

    Attributes:
        path: The file.
        format: ``jsonl``, ``json``, ``tsv``, ``csv`` or ``xlsx``.
        written_by: ``run``, ``lmms-eval``, ``vlmevalkit`` or ``anybody``.
    """

    path: Path
    format: str
    written_by: str

    @property
    def part(self) -> str:
        """Part of a benchmark that has two, by the name its harness gives the file.

        SITE-Bench is run as two tasks, whose rows are counted from 0 in both: VLMEvalKit's
        SiteBenchImage and SiteBenchVideo, lmms-eval's site_bench_image and site_bench_video.
        """
        found = _PART.search(self.path.name)
        return found[1].lower() if found else ""

    def read(self, notes: Notes) -> Iterator[Prediction]:
        """Yield its rows; what is odd goes into the notes.

        Raises:
            InputError: If it is not what it looks like.
        """
        if self.format == "xlsx":
            return read_xlsx(self.path, notes, self.part)
        if self.format in _DELIMITERS:
            return read_delimited(self.path, _DELIMITERS[self.format], notes, self.part)
        return (read_json if self.format == "json" else read_jsonl)(self.path, notes, self.part)

    def sha256(self) -> str:
        """Return the hash of the file as it lies there."""
        with open(self.path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def open_predictions(paths: Sequence[Path]) -> tuple[PredictionFile, ...]:
    """Find out what files are; a folder is a run, or holds the samples of one lmms-eval run.

    Raises:
        MissingInput: If one is not there, or a folder has no predictions in it.
        CorruptInput: If one cannot be a prediction file.
        RecipeError: If one is given twice, or a folder holds several runs.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise RecipeError("no prediction file is given", hint="--predictions FILE")
    resolved = [file.resolve() for file in files]
    for k, file in enumerate(resolved):
        if file in resolved[:k]:
            raise RecipeError("a prediction file is given twice", got=files[k])
    return tuple(_opened(file) for file in files)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if (path / RUN_FILE).is_file():
        return [path / RUN_FILE]
    found = sorted(path.glob(LMMS_FILES))
    runs = {file.name.split("_samples_")[0] for file in found}
    if len(runs) > 1:
        raise RecipeError(
            "the folder holds the samples of several runs", expected="one run",
            got=", ".join(sorted(runs)[:5]), hint="name the files: --predictions A --predictions B",
        )  # fmt: skip
    if not found:
        raise MissingInput(
            "no predictions in this folder", where=path, expected=f"{RUN_FILE} or {LMMS_FILES}",
            got=", ".join(sorted(p.name for p in path.iterdir())[:8]) or "an empty folder",
            hint="name the file itself",
        )  # fmt: skip
    return found


def _opened(path: Path) -> PredictionFile:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in (".pkl", ".pickle", ".pt", ".npy", ".npz") and path.exists():
        raise CorruptInput(
            "a pickle is never loaded, since it can run code", where=path,
            expected="jsonl, json, tsv, csv or xlsx", got=suffix,
            hint="write it as a table: PRED_FORMAT=tsv, or data.to_csv('x.tsv', sep='\\t')",
        )  # fmt: skip
    head = beginning(path)
    if head.startswith(b"PK\x03\x04"):
        return PredictionFile(path, "xlsx", "vlmevalkit")
    if suffix in (".xlsx", ".xlsm"):
        raise CorruptInput("not a workbook", where=path, expected="a zip file", got=repr(head[:16]))
    if suffix in (".tsv", ".csv"):
        return PredictionFile(path, suffix[1:], "vlmevalkit")
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text.startswith("["):
        return PredictionFile(path, "json", "vlmevalkit")
    if text.startswith("{") or suffix in (".json", ".jsonl"):
        return _json_or_lines(path, suffix)
    first = text.split("\n", 1)[0]
    if "\t" in first or "," in first:
        return PredictionFile(path, "tsv" if "\t" in first else "csv", "vlmevalkit")
    raise CorruptInput(
        "not a prediction file that can be read", where=path,
        expected="jsonl, json, tsv, csv or xlsx", got=repr(first[:60]),
    )  # fmt: skip


def _json_or_lines(path: Path, suffix: str) -> PredictionFile:
    """Tell one JSON document from JSON lines; a single line may be either."""
    two = list(islice(lines(path), 2))
    if not two:
        raise CorruptInput("the prediction file is empty", where=path, expected="rows",
                           got="blank lines")  # fmt: skip
    try:
        record = json.loads(two[0][1])
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        # The reader says which line is wrong.
        return PredictionFile(path, "json" if suffix != ".jsonl" else "jsonl", "anybody")
    if len(two) == 1 and suffix != ".jsonl":
        return PredictionFile(path, "json", "anybody")
    name = jsonl_format(record, f"{path}: line {two[0][0]}")[0]
    return PredictionFile(path, "jsonl", "anybody" if name == "jsonl" else name)
