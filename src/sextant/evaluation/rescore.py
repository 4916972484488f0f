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

from sextant.errors import ConventionError, InputError, SextantError
from sextant.evaluation.benchmark import Benchmark, Scored
from sextant.evaluation.items import Item, identity_line
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction
from sextant.evaluation.predictions.replies import Answer, Replies
from sextant.evaluation.predictions.truths import agrees
from sextant.evaluation.score_table import ScoreTable, ScoreTableBuilder, group_names

PEEK = 1000
"""Items that are looked at before the first is scored: to learn groups and the kind of ids."""

MAX_OTHER_TRUTHS = 0.2
"""Above this share of rows with another answer than the data's, rows are not the questions'."""

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
    groups = _group_names(benchmark, profiles, first)
    builders = {profile: ScoreTableBuilder(groups) for profile in profiles}
    digest = hashlib.sha256()
    truths = _Truths(notes)
    matched = missing = disagreements = total = 0
    for position, item in enumerate(chain(first, items)):
        total += 1
        digest.update(identity_line(item))
        answer = replies.find(item, position)
        row_id = item.id
        if answer is None:
            missing += 1
            notes.add("missing", item.id)
        else:
            matched += 1
            truths.check(item, answer)
            if answer.id == item.id:
                row_id = answer.id  # one object in memory, not two
        scored = {profile: _scored(benchmark, item, answer, profile) for profile in profiles}
        for profile, builder in builders.items():
            builder.add(item, scored[profile], row_id=row_id)
        if answer is not None and answer.reply is not None and _differ(scored):
            disagreements += 1
            if on_disagreement is not None:
                worth = {profile: s for profile, s in scored.items() if s is not None}
                on_disagreement(Disagreement(item, answer.reply, worth))
        if on_items is not None and total % PEEK == 0:
            on_items(PEEK)
    if on_items is not None:
        on_items(total % PEEK)
    _check_broken(notes, "broken_items", total, root)
    _check_broken(notes, "broken_rows", len(replies), "the prediction files")
    _check_matches(replies, matched, total, first, notes, limit)
    truths.judge()
    tables = {profile: builder.done() for profile, builder in builders.items()}
    replies.close()
    return Rescored(tables, total, matched, replies.by_position, disagreements, digest.hexdigest())


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


def _scored(benchmark: Benchmark, item: Item, answer: Answer | None, profile: str) -> Scored | None:
    if answer is None or answer.reply is None:
        return None
    reply = answer.reply
    if profile == HARNESS_SCORED_FILTERED and answer.filtered is not None:
        reply = answer.filtered
    return benchmark.score(item, reply, profile)


def _differ(scored: Mapping[str, Scored | None]) -> bool:
    points = [None if s is None else s.points for s in scored.values()]
    return any(p != points[0] for p in points[1:])


class _Truths:
    """Compares the answers that a file names with the data's."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._checked = self._different = 0
        self._shown: list[str] = []

    def check(self, item: Item, answer: Answer) -> None:
        """Compare one row."""
        same = None if answer.truth is None else agrees(answer.truth, item)
        if same is None:
            return
        self._checked += 1
        if not same:
            self._different += 1
            self._notes.add("truth_differs", item.id)
            if len(self._shown) < 3:
                self._shown.append(f"{item.id}: {answer.truth!r} for {item.answer!r}")

    def judge(self) -> None:
        """Refuse a file most likely made for other questions.

        Raises:
            ConventionError: If more rows differ than versions of a benchmark do.
        """
        if self._different > MAX_OTHER_TRUTHS * self._checked:
            raise ConventionError(
                "the predictions were made for other questions than the data holds",
                expected="the answers of the data in the file's answer or target column",
                got=f"{self._different:,} of {self._checked:,} differ ({'; '.join(self._shown)})",
                hint="name the data the predictions were made from; ids or order differ",
            )  # fmt: skip


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
