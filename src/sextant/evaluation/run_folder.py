"""The folder of a run: what lies where, and how it is kept from being mixed with another.

::

    run.json            what shall be done, by which model, on which questions; written first
    replies.sqlite      every reply as it arrives: the same command goes on where it stopped
    predictions.jsonl   one line a request, in order; `sextant score` reads it
    scores.parquet      one row a request (evaluation.score_table)
    summary.json        scores, intervals, rates, tables, stress tests
    manifest.json       versions, hashes, settings; written last: with it the run is finished
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, MissingInput, OutputError
from sextant.evaluation.variants import Render, Variant
from sextant.execution.atomic import atomic_path, make_folder, write_text
from sextant.models.messages import Reply

RUN, REPLIES, PREDICTIONS = "run.json", "replies.sqlite", "predictions.jsonl"
SCORES, SUMMARY, MANIFEST = "scores.parquet", "summary.json", "manifest.json"

FORMAT = "sextant evaluation run"
FORMAT_VERSION = 1

MAX_PROMPT = 20_000
"""Characters of a prompt that are kept with its reply."""


def begin(out: Path, head: Mapping[str, Any]) -> None:
    """Claim a folder for a run, or go on in one that was claimed for the very same.

    Args:
        out: The folder; made if missing.
        head: Plan, model identity and hash of the questions, as JSON values.

    Raises:
        OutputError: If the folder holds another run, or something else.
    """
    make_folder(out)
    path = out / RUN
    told = json.loads(json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, **head}))
    if path.exists():
        known = read_json(path)
        if known != told:
            changed = sorted(k for k in {*known, *told} if known.get(k) != told.get(k))
            raise OutputError(
                "the folder holds another run",
                where=path,
                expected="the same plan, model and questions",
                got=f"another {', '.join(changed)}",
                hint="choose another --out; with --cache the two can share their replies",
            )
        return
    strange = sorted(p.name for p in out.iterdir() if not p.name.startswith("."))
    if set(strange) - {REPLIES, REPLIES + "-wal", REPLIES + "-shm", "frames"}:
        raise OutputError(
            "the folder is not empty and holds no run",
            where=out,
            got=", ".join(strange[:5]),
            hint="choose an empty folder",
        )
    write_json(path, told)


def write_predictions(out: Path, rows: Iterable[tuple[Variant, Reply]], render: Render) -> None:
    """Write every request with its reply, all or nothing.

    Args:
        out: The run's folder.
        rows: In order.
        render: Makes the prompt of an item.
    """
    with atomic_path(out / PREDICTIONS) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            for variant, reply in rows:
                line = json.dumps(
                    prediction(variant, reply, render), ensure_ascii=False, allow_nan=False
                )
                # A lone surrogate in a reply cannot be written as UTF-8.
                file.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")


def prediction(variant: Variant, reply: Reply, render: Render) -> dict[str, Any]:
    """Return a line of the predictions."""
    item = variant.item
    return {
        "id": variant.id,
        "item": variant.base.id,
        "stress": variant.stress,
        "setting": variant.setting,
        "task": item.task,
        "prompt": _begun(variant.prompt(render).text),
        "options": None if item.options is None else list(item.options),
        "answer": item.answer,
        "reply": reply.text,
        "error": reply.error,
        "finish": reply.finish,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "seconds": round(reply.seconds, 4),
    }


def _begun(text: str) -> str:
    """Return a prompt, or the beginning of a very long one."""
    return text if len(text) <= MAX_PROMPT else text[:MAX_PROMPT] + " [...]"


def read_predictions(out: Path) -> Iterator[dict[str, Any]]:
    """Stream the lines of a finished run's predictions.

    Raises:
        MissingInput: If there are none.
        CorruptInput: Naming the line, if one is no JSON object.
    """
    path = out / PREDICTIONS
    if not path.is_file():
        raise MissingInput("no predictions here", where=path)
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise CorruptInput("not JSON", where=f"{path}: line {number}") from error
            if not isinstance(row, dict):
                raise CorruptInput("not a JSON object", where=f"{path}: line {number}")
            yield row


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file of the run, all or nothing."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a file of the run.

    Raises:
        MissingInput: If it is not there.
        CorruptInput: If it is no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingInput(
            "no finished run here", where=path,
            hint="the same evaluate command goes on with an unfinished one",
        ) from error  # fmt: skip
    except (OSError, ValueError) as error:
        raise CorruptInput("not JSON", where=path, got=error) from error
    if not isinstance(value, dict):
        raise CorruptInput("not a JSON object", where=path)
    return value
