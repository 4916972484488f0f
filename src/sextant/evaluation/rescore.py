"""Scores of replies that somebody has already got, under one or several profiles at once.

Items and replies are streamed side by side: of a million questions only ids, points and a few codes
stay in memory. The same loop serves the four profiles, so a reply is looked up once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from sextant.errors import InputError, SextantError
from sextant.evaluation.benchmark import Benchmark, Scored
from sextant.evaluation.items import Item, identity_line
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction
from sextant.evaluation.predictions.replies import Answer, Replies
from sextant.evaluation.predictions.truths import Truths
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.table_builder import ProfileTablesBuilder, group_names

PEEK = 1000
"""Items that are looked at before the first is scored: to learn groups and the kind of ids."""

MAX_BROKEN = 0.05
"""Share of unreadable rows above which a file is not what it is taken for."""

HARNESS_SCORED_FILTERED = "lmms-eval"
"""The profile of the harness that scores filtered replies where it logs both."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row that is worth different points under different profiles.

    Attributes:
        item: The question.
        reply: What the model said.
        scored: Profile -> what that is worth.
    """

    item: Item
    reply: str
    scored: Mapping[str, Scored]

    @property
    def spread(self) -> float:
        """Most points minus fewest."""
        points = [scored.points for scored in self.scored.values()]
        return max(points) - min(points)

    @property
    def readings(self) -> int:
        """How many different answers were read; where it is one, some just read nothing."""
        return len({scored.value for scored in self.scored.values()} - {None})


@dataclass(frozen=True, slots=True)
class Rescored:
    """What came out.

    Attributes:
        tables: Profile -> its scores, all with the same rows in the order of the data.
        items: Questions that were asked for.
        matched: Those that the predictions say something about, failures included.
        by_position: They were found by their position in the data, not by ids.
        disagreements: Rows that are worth different points under different profiles.
        items_sha256: Hash of ids, questions, options and answers; equal for equal questions,
            whatever their files look like.
    """

    tables: Mapping[str, ScoreTable]
    items: int
    matched: int
    by_position: bool
    disagreements: int
    items_sha256: str


def rescore(
    benchmark: Benchmark,
    root: Path,
    sources: Iterable[Iterable[Prediction]],
    profiles: Sequence[str],
    notes: Notes,
    *,
    limit: int | None = None,
    on_disagreement: Callable[[Disagreement], None] | None = None,
    on_items: Callable[[int], None] | None = None,
) -> Rescored:
    """Score replies under each of some profiles.

    Args:
        benchmark: Its questions and rules.
        root: Its data.
        sources: Predictions, file by file; each is read once, after the first questions.
        profiles: Names of rules of the benchmark.
        notes: Told of what is missing, unknown or broken.
        limit: Only so many questions, the first ones.
        on_disagreement: Called with every row on which profiles disagree.
        on_items: Called now and then with the number of further questions done.

    Raises:
        InputError: If there is no question, or no prediction belongs to one, or the answers that
            the file names are others than the data's.
    """
    items = _items(benchmark, root, notes, limit)
    first = list(islice(items, PEEK))
    if not first:
        raise InputError(
            "the benchmark has no question", where=root,
            got="; ".join(notes.examples.get("broken_items", [])) or "no record",
        )  # fmt: skip
    replies = Replies(notes)
    known = frozenset(item.id for item in first)
    for source in sources:
        replies.add_file(source, known)
    replies.settle(first)
    scores = _Scores(benchmark, profiles, first)
    digest = hashlib.sha256()
    truths = Truths(notes)
    matched = disagreements = total = 0
    for position, item in enumerate(chain(first, items)):
        total += 1
        digest.update(identity_line(item))
        answer = replies.find(item, position)
        if answer is None:
            notes.add("missing", item.id)
        else:
            matched += 1
            if answer.truth is not None:
                truths.check(item, answer.truth)
        apart = scores.add(item, answer)
        if apart is not None:
            disagreements += 1
            if on_disagreement is not None:
                on_disagreement(apart)
        if on_items is not None and total % PEEK == 0:
            on_items(PEEK)
    if on_items is not None:
        on_items(total % PEEK)
    _check_broken(notes, "broken_items", total, root)
    _check_broken(notes, "broken_rows", len(replies), "the prediction files")
    _check_matches(replies, matched, total, first, notes, limit)
    truths.judge()
    replies.close()
    return Rescored(
        scores.tables(), total, matched, replies.by_position, disagreements, digest.hexdigest()
    )


def _items(benchmark: Benchmark, root: Path, notes: Notes, limit: int | None) -> Iterator[Item]:
    def on_broken(error: SextantError) -> None:
        notes.add("broken_items", error.where or error.what)

    return islice(benchmark.items(root, on_broken), limit)


def _group_names(
    benchmark: Benchmark, profiles: Sequence[str], items: Sequence[Item]
) -> tuple[str, ...]:
    """Return the groups of the first items, and those that headlines go by."""
    names = set(group_names(items))
    for profile in profiles:
        for headline in benchmark.headlines(profile):
            names.update(headline.only)
            names.update(() if headline.collapse is None else (headline.collapse,))
    return tuple(sorted(names))


class _Scores:
    """Scores rows under every profile."""

    def __init__(
        self, benchmark: Benchmark, profiles: Sequence[str], first: Sequence[Item]
    ) -> None:
        groups = _group_names(benchmark, profiles, first)
        self._score = benchmark.score
        self._profiles = tuple(profiles)
        self._builder = ProfileTablesBuilder(self._profiles, groups)

    def add(self, item: Item, answer: Answer | None) -> Disagreement | None:
        """Add a row; return it if profiles disagree on it."""
        reply = None if answer is None else answer.reply
        if answer is None or reply is None:
            self._builder.add(item, None)
            return None
        # One object in memory, not two: the store holds the id as well.
        row_id = answer.id if answer.id == item.id else item.id
        found: dict[str, Scored] = {}
        for profile in self._profiles:
            text = reply
            if answer.filtered is not None and profile == HARNESS_SCORED_FILTERED:
                text = answer.filtered
            found[profile] = self._score(item, text, profile)
        self._builder.add(item, found, row_id=row_id)
        if len(found) == 1 or len({scored.points for scored in found.values()}) == 1:
            return None
        return Disagreement(item, reply, found)

    def tables(self) -> dict[str, ScoreTable]:
        """Return the table of every profile."""
        return self._builder.done()


def _check_broken(notes: Notes, name: str, good: int, where: object) -> None:
    broken = notes.counts[name]
    if broken > MAX_BROKEN * (good + broken):
        raise InputError(
            "too many records cannot be read", where=where, expected=f"at most {MAX_BROKEN:.0%}",
            got=f"{broken:,} beside {good:,} good ones ({', '.join(notes.examples[name])})",
        )  # fmt: skip


def _check_matches(
    replies: Replies, matched: int, total: int, first: Sequence[Item], notes: Notes,
    limit: int | None,
) -> None:  # fmt: skip
    unused, ids = replies.unused()
    if matched == 0 or (limit is None and unused and matched * 2 < min(len(replies), total)):
        raise InputError(
            "the predictions belong to other questions than the data holds",
            expected="ids such as " + ", ".join(item.id for item in first[:5]),
            got=f"{matched:,} of {total:,} questions found; ids such as {replies.examples()}",
            hint="name the data the predictions were made from: VLMEvalKit's ids are those of its "
            ".tsv",
        )  # fmt: skip
    if unused and limit is None:
        notes.add("unknown_ids", n=unused)
        for name in ids:
            notes.examples["unknown_ids"].append(name)
