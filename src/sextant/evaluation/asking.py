"""From a variant of an item to the request that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sextant.errors import InputError
from sextant.evaluation.benchmark import Benchmark, FrameRule, Prompt
from sextant.evaluation.items import Item
from sextant.evaluation.prompts import FramePath, Placement, parts_of
from sextant.evaluation.variants import Variant
from sextant.evaluation.video import clip_of
from sextant.models.messages import Clip, Reply, Request


@dataclass(frozen=True, slots=True)
class Asking:
    """How items become requests.

    Attributes:
        benchmark: Whose prompts.
        prompts: The profile of the prompts.
        frames: Which frames of videos are shown.
        frame_path: Whether they are shown as pictures or as a video.
        placement: Where pictures go.
        frame_cache: Folder of decoded frames.
        max_new_tokens: Instead of the profile's.
    """

    benchmark: Benchmark
    prompts: str
    frames: FrameRule
    frame_path: FramePath
    placement: Placement
    frame_cache: Path
    max_new_tokens: int | None = None

    def render(self, item: Item) -> Prompt:
        """Return the profile's prompt of an item."""
        return self.benchmark.prompt(item, self.prompts)

    def request(self, variant: Variant) -> Request:
        """Return what is sent for a variant; frames of a video are decoded now.

        Raises:
            InputError: If the video cannot be decoded, or the prompt's marks do not match.
            MissingDependency: If a video has to be decoded and PyAV is not installed.
        """
        prompt = variant.prompt(self.render)
        item = variant.item
        clip = None
        if item.video is not None:
            found = clip_of(item.video, variant.frames or self.frames, self.frame_cache)
            clip = Clip(variant.shown(found.frames), found.times_s)
            pictures = item.pictures
        else:
            pictures = variant.shown(item.pictures)
        parts = parts_of(
            prompt.text, pictures, clip,
            placement=self.placement, frame_path=self.frame_path, where=variant.id,
        )  # fmt: skip
        limit = prompt.max_new_tokens if self.max_new_tokens is None else self.max_new_tokens
        return Request(variant.id, parts, prompt.system, max_new_tokens=limit)


def requests_of(
    asking: Asking, variants: Iterable[Variant], failed: dict[str, Reply]
) -> Iterator[Request]:
    """Yield requests; what cannot be asked becomes a failed reply.

    Args:
        asking: How items become requests.
        variants: Drawn lazily.
        failed: Filled with the replies of variants that cannot be asked.
    """
    for variant in variants:
        try:
            request = asking.request(variant)
        except InputError as error:
            failed[variant.id] = Reply(variant.id, None, " ".join(str(error).split()), tries=0)
            continue
        yield request
