"""MMBench, English development set (arXiv 2307.06281), with its rotated rows.

Data: ``MMBench_DEV_EN.tsv`` or ``MMBench_DEV_EN_V11.tsv``. Options were rotated beforehand; a
question counts as right only if it is right in all rotations (circular evaluation). The test set
has no answers.

Profiles. The authors evaluate with VLMEvalKit, so ``official`` is ``vlmevalkit``: its prompt, and
``mcq_circular_eval`` without a judge, under which a rotation whose letter cannot be read is wrong
(published numbers mostly use a judge for those). ``lmms-eval``: prompt of
``tasks/mmbench/en_utils.py`` and its static rule (``MMBench_Evaluator.eval_result`` with
``static``).
"""

from __future__ import annotations

from typing import ClassVar

from sextant.evaluation.benchmark import PROFILES, Prompt, Scored
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._vlmevalkit import images_first
from sextant.evaluation.benchmarks.tsv import CircularTsv
from sextant.evaluation.items import Item
from sextant.samples.sample import LETTERS

LMMS_SENTENCE = "There are several options:"
LMMS_POST = "\nAnswer with the option's letter from the given choices directly."


class MMBenchEn(CircularTsv):
    """MMBench DEV EN."""

    name: ClassVar[str] = "mmbench_en"
    title: ClassVar[str] = "MMBench (en, dev)"
    license: ClassVar[str] = "Apache-2.0"
    prompts: ClassVar[tuple[str, ...]] = PROFILES
    rules: ClassVar[tuple[str, ...]] = PROFILES
    files: ClassVar[tuple[str, ...]] = (
        "MMBench_DEV_EN.tsv", "MMBench_DEV_EN_V11.tsv", "**/MMBench_DEV_EN*.tsv",
        "mmbench_dev*.tsv",
    )  # fmt: skip

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return VLMEvalKit's prompt, or that of lmms-eval."""
        if profile != "lmms-eval":
            return super().prompt(item, profile)
        assert item.options is not None  # refused by items()
        lines = [LMMS_SENTENCE, *(f"{LETTERS[k]}. {text}" for k, text in enumerate(item.options))]
        parts = [item.raw.get("hint", ""), item.question, "\n".join(lines)]
        text = " ".join(part for part in parts if part) + "\n" + LMMS_POST
        return Prompt(images_first(text, len(item.pictures)))

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a rotation; that all of them must be right is the headline's rule."""
        check_profile(profile, self.rules, self.name)
        harness = "vlmevalkit" if profile == "official" else profile
        return score_choice(item, reply, None if profile == STRICT else f"{harness}/{self.name}")


BENCHMARK = MMBenchEn()
