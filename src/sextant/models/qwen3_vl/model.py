"""The module that is trained: transformers' Qwen3-VL behind one row of packed samples.

The parts of ``Qwen3VLForConditionalGeneration`` are called one after the other, instead of its
``forward``: vision tokens go to places that are known already, a row without pictures still runs
the vision encoder, and logits are made only where they are needed. Parameters and their names stay
as they are.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from sextant.models.family import Part, learns
from sextant.models.qwen3_vl.config import Config
from sextant.models.qwen3_vl.looking import look_together, pictures_of
from sextant.models.qwen3_vl.vision import values_of
from sextant.models.segments import SEGMENTS, segments_of

PREFIX = "hf."
"""Before each name of ``state_dict``; the rest is the name in a checkpoint."""


class Qwen3VL(nn.Module):
    """See ``Trainable``.

    Args:
        hf: ``Qwen3VLForConditionalGeneration``.
        config: Of its checkpoint.
    """

    def __init__(self, hf: Any, config: Config) -> None:
        super().__init__()
        self.hf = hf
        self.config = config
        hf.model.visual.patch_embed = _Patches(hf.model.visual.patch_embed.proj)
        look_together(hf.model.visual)
        known = inspect.signature(hf.model.language_model.forward).parameters
        # Renamed in the midst of the releases that are supported.
        self._cache_name = "cache" if "cache" in known else "past_key_values"

    def forward(self, inputs: Mapping[str, torch.Tensor], cache: Any = None) -> torch.Tensor:
        """Return (m, vocabulary) logits for the labels of a pack.

        Args:
            inputs: Of ``packing.pack``.
            cache: Keys and values of what came before, for answers; the row is one sample then.
        """
        language = self.hf.model.language_model
        embedded = language.embed_tokens(inputs["input_ids"])
        places = inputs["vision_places"]
        shown: dict[str, Any] = {}
        if len(places):
            merged, deep = self.seen(inputs["patches"], inputs["grid_thw"])
            row = embedded[0].index_copy(0, places, merged.to(embedded.dtype))
            embedded = row[None]
            mask = torch.zeros(inputs["input_ids"].shape, dtype=torch.bool, device=row.device)
            mask[0, places] = True
            shown = {"visual_pos_masks": mask, "deepstack_visual_embeds": deep}
        elif (cache is None or not cache.get_seq_length()) and learns(self.hf.model.visual):
            embedded = embedded + self._nothing(embedded)
        if cache is not None:
            shown[self._cache_name] = cache
        if language.config._attn_implementation == SEGMENTS and len(inputs["lengths"]):
            shown["segments"] = segments_of(inputs["lengths"].tolist(), inputs["input_ids"])
        # The language model finds the samples by row 0 of the positions, and only if there is
        # neither a mask nor a cache. Its default is to make a cache, and all samples would see
        # those before them without a word said.
        hidden = language(
            inputs_embeds=embedded,
            position_ids=inputs["position_ids"],
            attention_mask=None,
            use_cache=cache is not None,
            **shown,
        ).last_hidden_state
        logits: torch.Tensor = self.hf.lm_head(hidden[0, inputs["keep"]])
        return logits

    def seen(
        self, patches: torch.Tensor, grid_thw: torch.Tensor
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the vision tokens of pictures: (v, hidden), and those of each DeepStack layer.

        Args:
            patches: (p, 3 * patch * patch) uint8.
            grid_thw: (pictures, 3) int64: (1, rows, columns) of patches.
        """
        visual = self.hf.model.visual
        values = self._values(patches).to(visual.pos_embed.weight.dtype)
        out = visual(values, grid_thw=grid_thw, segments=pictures_of(grid_thw, patches))
        return out.pooler_output, list(out.deepstack_features)

    def part(self, name: Part) -> nn.Module:
        """Return a part; see ``Trainable``. The projector is all mergers, DeepStack's too."""
        visual = self.hf.model.visual
        mergers = [visual.merger, visual.deepstack_merger_list]
        if name == "projector":
            return nn.ModuleList(mergers)
        if name == "vision":
            return nn.ModuleList([m for m in visual.children() if m not in mergers])
        return nn.ModuleList([self.hf.model.language_model, self.hf.lm_head])

    def blocks(self) -> Iterator[nn.Module]:
        """Yield the layers of the vision encoder, then those of the language model."""
        yield from self.hf.model.visual.blocks
        yield from self.hf.model.language_model.layers

    def restore_buffers(self) -> None:
        """Compute anew what no checkpoint holds, after a model made on ``meta`` got memory."""
        device = self.hf.lm_head.weight.device
        for owner, name in (
            (self.hf.model.language_model, "rotary_emb"),
            (self.hf.model.visual, "rotary_pos_emb"),
        ):
            old = getattr(owner, name)
            with torch.device("cpu"):
                fresh = type(old)(config=old.config)
            setattr(owner, name, fresh.to(device))

    def _nothing(self, embedded: torch.Tensor) -> torch.Tensor:
        """Return 0, by way of the vision encoder: sharded ranks must all take part in it."""
        device, side = embedded.device, self.config.merge
        black = torch.zeros(
            (side * side, 3 * self.config.patch**2), dtype=torch.uint8, device=device
        )
        merged, deep = self.seen(black, torch.tensor([[1, side, side]], device=device))
        # Times 0 first: a sum of many values might overflow, and infinity times 0 is no number.
        zero = sum((tokens * 0).sum() for tokens in (merged, *deep))
        return torch.as_tensor(zero).to(embedded.dtype)

    def _values(self, patches: torch.Tensor) -> torch.Tensor:
        """Return bytes as the encoder wants them: (p, 3 * frames * patch * patch) float32."""
        size = self.config.patch**2
        table = torch.from_numpy(values_of(self.config)).to(patches.device)
        if (
            self.config.mean[0] == self.config.mean[1] == self.config.mean[2]
            and len(set(self.config.std)) == 1
        ):
            values = table[0][patches.int()].view(-1, 3, 1, size)
        else:
            offset = torch.arange(3, device=patches.device, dtype=torch.int32)[:, None] * 256
            index = patches.view(-1, 3, size).int() + offset
            values = table.flatten()[index].view(-1, 3, 1, size)
        return values.expand(-1, -1, self.config.frames, -1).reshape(len(patches), -1)


class _Patches(nn.Module):
    """The first layer of the vision encoder as the product of matrices that it is.

    Upstream's convolution has the stride of its kernel; called as one it takes three to four times
    as long on a CPU.
    """

    def __init__(self, proj: nn.Conv3d) -> None:
        super().__init__()
        self.proj = proj

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        weight = self.proj.weight.flatten(1)
        return nn.functional.linear(values.to(weight.dtype), weight, self.proj.bias)
