"""Variants of an item: the same question asked differently, to see what an answer hangs on.

A stress test turns an item into variants. A variant is asked and scored like an item: its prompt is
the item's own prompt with an edit, so that nothing else can differ, and its reply is scored against
the altered item (options in the order shown, the letter where the right one went). Rows of variants
stand in the same table as the plain ones; the groups ``base``, ``stress`` and ``setting`` say what
they are of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from sextant.evaluation.benchmark import FrameRule, Prompt
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.models.messages import Picture, Question

PLAIN = "plain"

BASE, STRESS, SETTING, FORM = "base", "stress", "setting", "form"
VARIANT_GROUPS = (BASE, STRESS, SETTING, FORM)
"""Groups that every row of a run has: the item, the test, its setting, and the answer type."""

Render = Callable[[Item], Prompt]
"""What a profile makes of an item: ``benchmark.prompt`` with the profile filled in."""

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking an item.

    Attributes:
        id: Of the request: ``<item id>`` plain, ``<item id>#<stress>:<setting>`` else.
        base: The item as the benchmark gives it.
        item: What the reply is scored against, and whose pictures are shown. Its id is the base's.
        stress: Name of the test, ``plain`` for none.
        setting: Of the test; "" for plain.
        frames: Overrides which frames of a video are shown.
        edit: Applied to the text of the base's prompt; None = as it is.
        repaint: (picture, its index) to what is shown instead; None = as it is.
        labels: Further groups of the row.
    """

    id: str
    base: Item
    item: Item
    stress: str = PLAIN
    setting: str = ""
    frames: FrameRule | None = None
    edit: Callable[[str], str] | None = None
    repaint: Callable[[Picture, int], Picture] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> dict[str, str]:
        """Groups of the row in a table, on top of the item's own."""
        return {
            **self.labels,
            BASE: self.base.id,
            STRESS: self.stress,
            SETTING: self.setting,
            FORM: self.base.answer_type,
        }

    def prompt(self, render: Render) -> Prompt:
        """Return the prompt: that of the base, edited.

        Args:
            render: Makes the prompt of an item.
        """
        prompt = render(self.base)
        if self.edit is None:
            return prompt
        return Prompt(self.edit(prompt.text), prompt.system, prompt.max_new_tokens)

    def shown(self, pictures: Iterable[Picture]) -> tuple[Picture, ...]:
        """Return what is shown in place of the item's pictures, or of the frames of its video."""
        if self.repaint is None:
            return tuple(pictures)
        return tuple(self.repaint(picture, k) for k, picture in enumerate(pictures))

    def question(self) -> Question:
        """Return what a text-only baseline sees of it; folds are made of base items."""
        item = self.item
        return Question(
            id=self.id,
            fold_key=self.base.id,
            task=item.task,
            text=item.question,
            options=item.options,
            answer=item.answer,
            answer_type=item.answer_type,
            value=item.value,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a test may know beside the item at hand.

    Attributes:
        items: Every item of the run by id. Pictures are read when needed, so none are held here.
        render: Makes the prompt of an item under the run's profile.
        frames: Which frames of a video the run shows.
        memo: Where a test keeps what it worked out once for all items, by its name.
    """

    items: Mapping[str, Item]
    render: Render
    frames: FrameRule = field(default_factory=FrameRule)
    memo: dict[str, object] = field(default_factory=dict)


@runtime_checkable
class Stress(Protocol):
    """A stress test: one file in ``evaluation/stress`` whose ``STRESS`` is one of these."""

    @property
    def name(self) -> str:
        """The file's name."""
        ...

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that are run, in order; empty for a test that asks nothing."""
        ...

    @property
    def answered_by(self) -> str | None:
        """Which model answers instead of the one under test, e.g. ``blind:prior``."""
        ...

    def choose(self, settings: Sequence[str]) -> Stress:
        """Return the test with these settings instead.

        Raises:
            RecipeError: If it has no such setting.
        """
        ...

    def applies(self, item: Item, context: Context) -> str | None:
        """Return why an item cannot be varied so, None if it can."""
        ...

    def labels(self, item: Item) -> Mapping[str, str]:
        """Return groups that the test needs on the plain row; names are the test's own."""
        ...

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """Yield the variants of an item to which the test applies, without the plain one."""
        ...

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Return the test's result from a table of plain rows and variants, as JSON."""
        ...


def plain(item: Item, labels: Mapping[str, str] | None = None) -> Variant:
    """Return an item as it is."""
    return Variant(item.id, item, item, labels=labels or {})


def variant_id(item: Item, stress: str, setting: str) -> str:
    """Return the id of a variant's request."""
    return f"{item.id}#{stress}:{setting}"


Skipped = Counter[tuple[str, str]]
"""(test, reason) to the number of items to which it does not apply."""


def variants_of(
    items: Iterable[Item], tests: Sequence[Stress], seed: int, context: Context, skipped: Skipped
) -> Iterator[Variant]:
    """Yield every request of a run: of each item the plain one, then those of every test.

    Args:
        items: In order.
        tests: The stress tests, in order.
        seed: Of everything random.
        context: Of the run.
        skipped: Counts the items that a test leaves out, with the reason.
    """
    for item in items:
        labels: dict[str, str] = {}
        for test in tests:
            labels.update(test.labels(item))
        yield plain(item, labels)
        for test in tests:
            reason = test.applies(item, context)
            if reason is not None:
                skipped[test.name, reason] += 1
            else:
                yield from test.variants(item, seed, context)


def label_names(tests: Sequence[Stress], items: Iterable[Item]) -> tuple[str, ...]:
    """Return the names of all groups that rows of a run have, beside the items' own."""
    found = {name for item in items for test in tests for name in test.labels(item)}
    return (*VARIANT_GROUPS, *sorted(found))
