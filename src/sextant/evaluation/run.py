"""A run: items, variants, requests, replies, scores, and the folder they end in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sextant.evaluation.asking import Asking, requests_of
from sextant.evaluation.benchmark import Benchmark, Scored
from sextant.evaluation.plan import RunPlan
from sextant.evaluation.questions import Questions
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress import open_stress
from sextant.evaluation.table_builder import ScoreTableBuilder, group_names
from sextant.evaluation.variants import (
    PLAIN,
    Context,
    Skipped,
    Stress,
    Variant,
    label_names,
    variants_of,
)
from sextant.execution.progress import Progress
from sextant.models.cache import ReplyCache, cached_replies
from sextant.models.messages import BlindModel, Model, Reply


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Replies to every request of a run.

    Attributes:
        replies: By request id; a request that could not be sent has a failed one.
        skipped: (stress test, reason) to the number of items it left out.
    """

    replies: Mapping[str, Reply]
    skipped: Skipped


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of every request.

    Attributes:
        table: Plain rows and variants, under the plan's profile.
        plain: Profile -> plain rows alone, for every profile of the benchmark.
    """

    table: ScoreTable
    plain: Mapping[str, ScoreTable]


class Run:
    """One benchmark asked of one model, as a plan says.

    Args:
        plan: What shall be done.
        benchmark: Its prompts and rules.
        questions: Its items.
        frame_cache: Folder for decoded frames of videos.
    """

    def __init__(
        self, plan: RunPlan, benchmark: Benchmark, questions: Questions, frame_cache: Path
    ) -> None:
        plan.check(benchmark)
        self.plan, self.benchmark, self.questions = plan, benchmark, questions
        self.tests: tuple[Stress, ...] = tuple(open_stress(name) for name in plan.stress)
        self.asking = Asking(
            benchmark, plan.prompts, plan.frame_rule(benchmark), plan.frame_path, plan.placement,
            frame_cache, plan.max_new_tokens,
        )  # fmt: skip
        self.context = Context(questions.items, self.asking.render, self.asking.frames)

    def variants(self, skipped: Skipped | None = None) -> Iterator[Variant]:
        """Yield every request of the run in order; the same ones each time."""
        count = Counter() if skipped is None else skipped
        items = self.questions.items.values()
        yield from variants_of(items, self.tests, self.plan.seed, self.context, count)

    def ask(self, models: Mapping[str | None, Model], cache: ReplyCache | None,
            progress: Progress) -> Asked:  # fmt: skip
        """Ask every variant of the model that shall answer it.

        Args:
            models: ``None`` -> the model under test, and the name in a stress test's
                ``answered_by`` -> the one that answers instead.
            cache: Replies that are known, and where new ones go.
            progress: Told of every reply.

        Raises:
            SextantError: If the model cannot go on at all. What was answered is in the cache.
        """
        answered_by = {test.name: test.answered_by for test in self.tests}
        replies: dict[str, Reply] = {}
        skipped: Skipped = Counter()
        for name, model in models.items():

            def mine(name: str | None = name) -> Iterator[Variant]:
                count: Skipped = skipped if name is None else Counter()
                for variant in self.variants(count):
                    if answered_by.get(variant.stress) == name:
                        yield variant

            if hasattr(model, "study"):
                cast(BlindModel, model).study(variant.question() for variant in mine())
                skipped.clear()
            failed: dict[str, Reply] = {}
            for reply in cached_replies(model, requests_of(self.asking, mine(), failed), cache):
                replies[reply.id] = reply
                progress.advance(1, failed=int(reply.text is None), known=int(reply.tries == 0))
            replies |= failed
            progress.advance(len(failed), failed=len(failed))
        return Asked(replies, skipped)

    def score(self, asked: Asked) -> Scores:
        """Score every reply by the plan's profile, and the plain ones by all others as well."""
        names = sorted({*group_names(self.questions.items.values()), *self._headline_groups(),
                        *label_names(self.tests, self.questions.items.values())})  # fmt: skip
        whole = ScoreTableBuilder(names)
        plain = {profile: ScoreTableBuilder(names) for profile in self.benchmark.rules}
        for variant in self.variants():
            text = asked.replies[variant.id].text
            for profile, builder in [(self.plan.profile, whole), *plain.items()]:
                if builder is whole or variant.stress == PLAIN:
                    scored = self._scored(variant, text, profile)
                    builder.add(variant.item, scored, row_id=variant.id, groups=variant.groups)
        return Scores(whole.done(), {p: builder.done() for p, builder in plain.items()})

    def _scored(self, variant: Variant, text: str | None, profile: str) -> Scored | None:
        if text is None:
            return None
        return self.benchmark.score(variant.item, text, profile)

    def _headline_groups(self) -> set[str]:
        names: set[str] = set()
        for profile in self.benchmark.rules:
            for headline in self.benchmark.headlines(profile):
                names |= {*headline.only, *([headline.collapse] if headline.collapse else [])}
        return names
