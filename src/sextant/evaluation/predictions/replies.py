"""All replies of a file, found by question: texts on disk, a few bytes each in memory."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import chain, islice

from sextant.errors import ConventionError, InputError
from sextant.evaluation.items import Item
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction, is_failure
from sextant.evaluation.predictions.texts import TextStore

NONE = -1
SHOWN = 5
MAX_TRUTH = 200
PEEK = 1000
_PART = re.compile(r"^(image|video)_")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a file says about one question.

    Attributes:
        id: Of the question; the very object that the store holds.
        reply: None if it failed.
        filtered: What the harness scored instead, where that is another text.
        error: Why it failed.
        truth: The answer that the file names; None where it names none.
    """

    id: str | None
    reply: str | None
    filtered: str | None
    error: str | None
    truth: str | None


class Replies:
    """Collects predictions; then finds them by the id or the position of an item.

    Args:
        notes: Where repeated and failed rows are counted.
    """

    def __init__(self, notes: Notes) -> None:
        self.by_position = False
        self.used = bytearray()
        self._notes = notes
        self._texts = TextStore()
        self._ids: list[str | None] = []
        self._by_id: dict[str, int] = {}
        self._by_place: dict[tuple[int, int], int] = {}
        self._reply, self._filtered = array("i"), array("i")
        self._names: dict[str, int] = {}
        self._error, self._truth = array("i"), array("i")
        self._files = 0
        self._name_list: tuple[str, ...] = ()
        self._ids_collide = False
        self._contradictions: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def close(self) -> None:
        """Give the texts back."""
        self._texts.close()

    def add_file(self, predictions: Iterable[Prediction], known: Set[str] = frozenset()) -> None:
        """Add the rows of one file.

        Args:
            predictions: Its rows.
            known: Ids of questions, by which the field that holds them is chosen.

        Raises:
            ConventionError: If two rows give one question different replies.
        """
        rows = iter(predictions)
        first = list(islice(rows, PEEK))
        field = _id_field(first, known)
        for row in chain(first, rows):
            self._add(row, row.ids[field] if field < len(row.ids) else "")
        self._files += 1
        if self._contradictions:
            names = list(self._contradictions)
            raise ConventionError(
                "predictions contradict each other: one question has different replies",
                expected="one reply a question",
                got=", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else ""),
                hint="keep the rows of one run: a second run may have been appended to the file",
            )  # fmt: skip

    def _add(self, row: Prediction, name: str) -> None:
        known = self._known(row, name)
        if known is not None:
            if self._same(known, row):
                self._notes.add("identical_duplicates", _shown(row, name))
            else:
                self._contradictions[_shown(row, name)] = None
            return
        reply, error = row.reply, row.error
        if reply is not None and is_failure(reply):
            error = " ".join(reply.split())[:200]
            reply = None
        if reply is None and error is None:
            error = "no reply"
        if reply is None:
            self._notes.add("failed_replies", _shown(row, name))
        number = len(self._ids)
        if name and self._by_id.setdefault(name, number) != number:
            self._ids_collide = True
        if row.position is not None:
            self._by_place[self._files, row.position] = number
        self._ids.append(name or None)
        self.used.append(0)
        filtered = None if reply is None else row.filtered
        self._reply.append(NONE if reply is None else self._texts.add(reply))
        self._filtered.append(NONE if filtered is None else self._texts.add(filtered))
        self._error.append(self._named(error))
        self._truth.append(self._named(None if row.truth is None else row.truth[:MAX_TRUTH]))

    def _known(self, row: Prediction, name: str) -> int | None:
        """Return the row that is about the same question.

        An id that a log gives to several positions is none: it tells no questions apart.
        """
        if row.position is not None:
            return self._by_place.get((self._files, row.position))
        return self._by_id.get(name) if name else None

    def _same(self, known: int, row: Prediction) -> bool:
        stored = self._reply[known]
        if row.reply is None or stored == NONE:
            return stored == NONE and (row.reply is None or is_failure(row.reply))
        return self._texts.get(stored) == row.reply.encode("utf-8", "replace").decode("utf-8")

    def _named(self, name: str | None) -> int:
        return NONE if name is None else self._names.setdefault(name, len(self._names))

    def settle(self, items: Sequence[Item]) -> None:
        """Decide between ids and positions.

        Args:
            items: The first ones of the benchmark. Ids decide unless they are of another kind.

        Raises:
            InputError: If neither can work.
        """
        self._name_list = tuple(self._names)
        if not self._ids_collide:
            if any(item.id in self._by_id for item in items):
                return
            # What pandas makes of whole numbers in a column with gaps.
            whole = {name.removesuffix(".0"): k for name, k in self._by_id.items()}
            if len(whole) == len(self._by_id) and any(item.id in whole for item in items):
                self._by_id = whole
                return
        if self._by_place and self._files == 1:
            self.by_position = True
            return
        if self._by_place:
            raise InputError(
                "rows of several files cannot be told apart: they have positions and no ids",
                expected="ids of the benchmark, e.g. " + _examples(item.id for item in items),
                got=_examples(name for name in self._ids if name is not None),
                hint="score each file by itself, with the part of the data that it is about",
            )  # fmt: skip

    def find(self, item: Item, position: int) -> Answer | None:
        """Return what the file says about an item; None if nothing."""
        if self.by_position:
            number = self._by_place.get((0, position))
        else:
            number = self._by_id.get(item.id)
        if number is None:
            return None
        self.used[number] = 1
        names, texts = self._name_list, self._texts
        reply, filtered = self._reply[number], self._filtered[number]
        error, truth = self._error[number], self._truth[number]
        return Answer(
            self._ids[number],
            None if reply == NONE else texts.get(reply),
            None if filtered == NONE else texts.get(filtered),
            None if error == NONE else names[error],
            None if truth == NONE else names[truth],
        )

    def unused(self) -> tuple[int, list[str]]:
        """Return how many rows belong to no item that was asked for, and the ids of some."""
        n = self.used.count(0)
        found: list[str] = []
        number = self.used.find(0)
        while number >= 0 and len(found) < SHOWN:
            found.append(self._ids[number] or f"row {number}")
            number = self.used.find(0, number + 1)
        return n, found

    def examples(self) -> str:
        """Return some ids for a message."""
        return _examples(name for name in self._ids if name is not None)


def _id_field(rows: Sequence[Prediction], known: Set[str]) -> int:
    """Return which of the rows' fields holds most known ids; the fullest if none holds any.

    A benchmark's first questions may be of one part only: ``video_3`` counts as ``image_3``.
    """
    of_any_part = {_PART.sub("part_", name) for name in known}
    width = min((len(row.ids) for row in rows), default=0)

    def worth(field: int) -> tuple[int, int]:
        names = [row.ids[field] for row in rows]
        hits = sum(_PART.sub("part_", name) in of_any_part for name in names)
        return hits, sum(map(bool, names))

    return max(range(width), key=worth, default=0)  # the first of equals


def _shown(row: Prediction, name: str) -> str:
    return name or f"doc_id {row.position}"


def _examples(names: Iterable[str]) -> str:
    found = []
    for name in names:
        found.append(name)
        if len(found) == SHOWN:
            break
    return ", ".join(found) or "none"
