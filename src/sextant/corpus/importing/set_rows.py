"""What an importer is, and what it makes of one record of its set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

GENERAL = "GENERAL"

UNKNOWN = "unknown"


class BrokenRow(Exception):
    """A record that cannot be imported; the text is the reason, the same for all of a kind.

    Args:
        reason: Counted in the drop table, so without the record's own values.
        detail: What was found, for the quarantine.
    """

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = repr(detail)[:200] if detail != "" else ""


class Mark(NamedTuple):
    """A point or box to be drawn into a picture before it is shown.

    Attributes:
        image: Index among the row's images.
        color: red, green, blue or yellow.
        place: (x, y) or (left, top, right, bottom), of 1000 of the picture's width and height.
        label: Written beside it; "" = nothing.
    """

    image: int
    color: str
    place: tuple[float, ...]
    label: str = ""


class SetRow(NamedTuple):
    """One record, in the terms of the sample schema; made millions of times, so a plain tuple.

    Attributes:
        images: Paths relative to the set's folder of pictures, in prompt order.
        question: With one ``<image>`` for each.
        answer, answer_type, options, answer_index: As in the sample.
        task: The set's own name of the kind of question; "" = it has none.
        scene: Scene the question is about; "" = follows from the first picture's path.
        style: How it is shown: a prompt style of ``samples.prompt``.
        name: The set's own id of the record, if any.
        source: Where its pictures come from; "" = the set.
        split: ``train``, ``val`` or ``test``.
        frame_ids: Names of the frames.
        value, unit, rationale, turns: As in the sample.
        more: Further evidence.
        marks: To be drawn into the pictures.
        video: A video whose frames are the images; ``images`` is empty then, and the question has
            one ``<image>`` in their place.
        repaired: What was put right, to be counted; "" = nothing.
        whole: A whole sample, column by column, where the set is our own export.
        pictures: The pictures themselves, where the set's file holds them; ``images`` are names for
            them then, one for each, and no paths.
    """

    images: Sequence[str]
    question: str
    answer: str
    answer_type: str
    options: list[str] | None = None
    answer_index: int | None = None
    task: str = ""
    scene: str = ""
    style: str = "verbatim"
    name: object = None
    source: str = ""
    split: str = "train"
    frame_ids: Sequence[str] = ()
    value: float | None = None
    unit: str | None = None
    rationale: str | None = None
    turns: str | None = None
    more: Mapping[str, Any] | None = None
    marks: tuple[Mark, ...] = ()
    video: str = ""
    repaired: str = ""
    whole: Mapping[str, Any] | None = None
    pictures: Sequence[bytes] = ()


class SetFile(NamedTuple):
    """A file of a set.

    Attributes:
        path: Relative to the set's folder.
        kind: ``jsonl``, ``array`` (one JSON array of objects), ``members`` (one JSON object: each
            of its members is a record, an object of one key), ``parquet``, or ``tar`` (members
            that share a key are a record).
        split: Of its rows.
        task: The set's name for the kind of question, where file names say it.
        start: Where its array begins, if it is a value inside a JSON object.
        beside: A file or folder that rows are looked up in, absolute.
    """

    path: str
    kind: str = "jsonl"
    split: str = "train"
    task: str = ""
    start: int = 0
    beside: str = ""


class Importer(Protocol):
    """A set of questions made by others; one file in ``corpus/importers``.

    Attributes:
        name: Of the set, also the name its pictures are referred to by.
        title: For people.
        license: Terms of its rows.
        tasks: The set's names of kinds of questions -> (family or own id, capability).
        row_version: Raised when ``row`` or ``tasks`` change, so that a run never mixes both.
    """

    name: str
    title: str
    license: str
    tasks: Mapping[str, tuple[str, str]]
    row_version: int

    def files(self, root: Path) -> list[SetFile]:
        """Return the set's files below a folder, in a fixed order."""
        ...

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return what a record says.

        Raises:
            BrokenRow: If it cannot be imported.
        """
        ...
