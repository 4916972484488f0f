"""The module that is trained: transformers' InternVL, run on packed rows."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache, InternVLConfig, InternVLForConditionalGeneration
from transformers.models.qwen2.modeling_qwen2 import Qwen2Attention

from sextant.errors import RecipeError
from sextant.models.family import Part, learns
from sextant.models.internvl.vision import MEAN, STD
from sextant.models.segments import SEGMENTS, register, segments_of

ATTENTIONS = (SEGMENTS, "sdpa", "flex_attention", "eager", "flash_attention_2")
"""Of the language model, the best first. ``flash_attention_2`` needs a package that is nobody's
dependency; ``segments`` is the flash attention that comes with PyTorch."""

# transformers 5.24 calls the cache "cache", 5.17 "past_key_values"; a wrong name is swallowed
# without a word.
_CACHE = (
    "cache"
    if "cache" in inspect.signature(Qwen2Attention.forward).parameters
    else "past_key_values"
)


class InternVL(nn.Module):
    """Transformers' module behind the family's contract; see ``Trainable``.

    Args:
        config: Of transformers' class. Its attention is set here.
        attention: One of ``ATTENTIONS``, of the language model. The vision encoder has no mask and
            takes "sdpa" where that one is "flex_attention" or "segments".

    Raises:
        RecipeError: For an unknown attention.
    """

    def __init__(self, config: InternVLConfig, attention: str = "sdpa") -> None:
        super().__init__()
        if attention not in ATTENTIONS:
            raise RecipeError(
                "unknown attention", expected=" or ".join(ATTENTIONS), got=repr(attention)
            )
        register()
        self.attention = attention
        seeing = "sdpa" if attention in ("flex_attention", SEGMENTS) else attention
        config._attn_implementation = {
            "": attention, "text_config": attention, "vision_config": seeing
        }  # fmt: skip
        try:
            self.network = InternVLForConditionalGeneration(config)
        except ImportError as error:
            raise RecipeError("this attention is not installed", got=attention) from error

    def forward(
        self, inputs: Mapping[str, torch.Tensor], cache: DynamicCache | None = None
    ) -> torch.Tensor:
        """Return (m, vocabulary) logits at the places ``predict_at``.

        Args:
            inputs: Of ``packing.pack``. Those of a single further token have no ``tiles`` (the
                vision encoder is not run then).
            cache: Keys and values of what stands before, and of this from now on. With one, the row
                must be a single sample.
        """
        inner = self.network.model
        embedded = inner.language_model.embed_tokens(inputs["ids"])
        if "tiles" in inputs:
            embedded = self._with_pictures(embedded, inputs)
        more: dict[str, Any] = {} if cache is None else {_CACHE: cache}
        if self.attention == SEGMENTS and cache is None:
            more["segments"] = segments_of(inputs["lengths"].tolist(), inputs["ids"])
        hidden = inner.language_model(
            inputs_embeds=embedded[None],
            attention_mask=None,  # see ``packing``: these three keep samples apart
            position_ids=inputs["position_ids"][None],
            use_cache=cache is not None,
            **more,
        ).last_hidden_state[0]
        found: torch.Tensor = self.network.lm_head(hidden[inputs["predict_at"]])
        return found

    def tile_features(self, tiles: torch.Tensor) -> torch.Tensor:
        """Return (n, tokens, hidden) as the language model sees tiles.

        Args:
            tiles: (n, tile, tile, 3) uint8.
        """
        inner = self.network.model
        seen = inner.vision_tower(pixel_values=_normalized(tiles)).last_hidden_state[:, 1:]
        side = int(seen.shape[1] ** 0.5)
        folded = inner.pixel_shuffle(
            seen.reshape(len(seen), side, side, -1), scale_factor=inner.config.downsample_ratio
        )
        found: torch.Tensor = inner.multi_modal_projector(folded.flatten(1, 2))
        return found

    def part(self, name: Part) -> nn.Module:
        """Return a part, for freezing and learning rates."""
        inner = self.network.model
        if name == "language":
            # A head that is the input table is found once: parameters are listed without repeats.
            return nn.ModuleList([inner.language_model, self.network.lm_head])
        found: nn.Module = inner.vision_tower if name == "vision" else inner.multi_modal_projector
        return found

    def blocks(self) -> Iterator[nn.Module]:
        """Yield the layers of the vision encoder, then those of the language model."""
        yield from self.network.model.vision_tower.encoder.layer
        yield from self.network.model.language_model.layers

    def restore_buffers(self) -> None:
        """Compute again what is no weight, after shapes were given memory (``to_empty``)."""
        language = self.network.model.language_model
        with torch.device("cpu"):
            rotary = type(language.rotary_emb)(language.config)
        language.rotary_emb = rotary.to(self.network.lm_head.weight.device)

    def _with_pictures(
        self, embedded: torch.Tensor, inputs: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        tiles = inputs["tiles"]
        if len(tiles):
            features = self.tile_features(tiles).flatten(0, 1).to(embedded.dtype)
            return embedded.index_copy(0, inputs["vision_at"], features)
        if not learns(self.part("vision"), self.part("projector")):
            return embedded
        # No picture in this row, but maybe in another rank's: one white tile, times 0.
        white = tiles.new_full((1, *tiles.shape[1:]), 255)
        return embedded + 0 * self.tile_features(white).mean().to(embedded.dtype)


def build(config: Mapping[str, Any], attention: str, dtype: torch.dtype) -> InternVL:
    """Build the module on the device "meta": shapes, no weights.

    Args:
        config: In transformers' form.
        attention: One of ``ATTENTIONS``.
        dtype: Of all parameters; buffers keep theirs.
    """
    with torch.device("meta"):
        model = InternVL(InternVLConfig.from_dict(dict(config)), attention)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(parameter.to(dtype)))
    tie(model)
    return model


def tie(model: InternVL) -> None:
    """Make the output layer the input table, where the config says so."""
    if model.network.config.tie_word_embeddings:
        model.network.lm_head.weight = model.network.model.language_model.embed_tokens.weight


def _normalized(tiles: torch.Tensor) -> torch.Tensor:
    """Return (n, 3, tile, tile) float32, bit for bit as ``vision.normalized``.

    Divisors are tensors on the device: by a number, CUDA would multiply with its inverse.
    """
    values = tiles.permute(0, 3, 1, 2).to(torch.float32)
    full = torch.full((), 255.0, device=tiles.device)
    mean, std = (torch.tensor(v, device=tiles.device)[:, None, None] for v in (MEAN, STD))
    return (values / full - mean) / std
