"""What a run shall do, apart from where it puts it: enough to do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sextant.errors import RecipeError
from sextant.evaluation.benchmark import Benchmark, FrameRule
from sextant.evaluation.failures import MAX_FAILED
from sextant.evaluation.prompts import FramePath, Placement


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything that decides the scores of a run, apart from data and model.

    Attributes:
        benchmark: Its name.
        prompts: Profile of the prompts.
        profile: Profile of extraction and scoring; the others are computed beside it.
        frame_path: Frames of a video as ``images`` or as ``video``.
        placement: Where pictures go; see ``evaluation.prompts``.
        frames: Instead of the profile's rule; None = the profile's.
        stress: Names of stress tests, with settings (``frames:4,16``).
        tasks: Sub-tasks that are asked; empty = all.
        limit: Only so many items; None = all.
        max_new_tokens: Instead of the profile's.
        max_failed_share: Above this share of failed requests there is no headline.
        seed: Of everything random.
    """

    benchmark: str
    prompts: str = "official"
    profile: str = "strict"
    frame_path: FramePath = "images"
    placement: Placement = "inline"
    frames: FrameRule | None = None
    stress: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    limit: int | None = None
    max_new_tokens: int | None = None
    max_failed_share: float = MAX_FAILED
    seed: int = 0

    def check(self, benchmark: Benchmark) -> None:
        """Refuse profiles that the benchmark does not have.

        Raises:
            RecipeError: If it has no such prompts or rules.
        """
        for what, wanted, known in (
            ("prompts", self.prompts, benchmark.prompts),
            ("profile", self.profile, benchmark.rules),
        ):
            if wanted not in known:
                raise RecipeError(
                    f"{benchmark.name} has no {what} {wanted!r}", expected=" or ".join(known)
                )
        if not 0 <= self.max_failed_share <= 1:
            raise RecipeError("a share lies between 0 and 1", got=self.max_failed_share)

    def frame_rule(self, benchmark: Benchmark) -> FrameRule:
        """Return which frames of videos are shown."""
        return benchmark.frames(self.prompts) if self.frames is None else self.frames

    def to_json(self) -> Mapping[str, Any]:
        """Return it as JSON values."""
        return asdict(self)
