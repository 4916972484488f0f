"""ms-swift's standard layout: JSONL of ``messages`` and ``images``.

    {"messages":[{"role":"user","content":"<image>\\nWhich …"},{"role":"assistant","content":"A"}],
     "images":["images/ab/….png"]}

ms-swift joins relative paths to ``ROOT_IMAGE_DIR``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import messages, write_lines
from sextant.corpus.exporting.rows import ExportRow

GUESSED_BYTES = 4 << 20
"""``load_dataset`` guesses the type of a JSON column from the first 10 MiB; this leaves room for
keys and escapes."""


def ms_swift_row(row: ExportRow) -> dict[str, Any]:
    """Return one line as a dictionary."""
    return {"messages": messages(row.texts), "images": row.images}


class MsSwift:
    """JSONL of messages."""

    name = "ms_swift"
    title = "JSONL of messages and images, ms-swift's standard layout"
    folder = False
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = False
    whole = False
    taken: Sequence[str] = (
        "<video>", "<audio>", "<bbox>", "<ref-object>", "<cot-process>", "<start-image>",
        "<IMG_CONTEXT>", "<|image_pad|>", "<|video_pad|>",
    )  # fmt: skip

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the file; see ``Exporter``."""
        first = _FirstPicture()
        write_lines(target.path, first.watch(rows), ms_swift_row)
        advice = [f"ROOT_IMAGE_DIR={target.pictures.root} swift sft --dataset {target.final}"]
        if first.late:
            advice.append(
                "the first megabytes show no picture, so that datasets may guess a wrong type for "
                "images: if it fails, give ms-swift --format llama_factory's train.parquet instead"
            )
        return advice


class _FirstPicture:
    def __init__(self) -> None:
        self.late = False
        self._before = 0
        self._seen = False

    def watch(self, rows: Iterator[ExportRow]) -> Iterator[ExportRow]:
        for row in rows:
            if not self._seen:
                self._seen = bool(row.images)
                self.late = self._seen and self._before > GUESSED_BYTES
                self._before += 100 + sum(len(text.encode()) for text in row.texts)
            yield row


EXPORTER = MsSwift()
