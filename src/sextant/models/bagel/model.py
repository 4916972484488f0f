"""The module that is trained; its names are those of the checkpoint, so no key is translated.

The language model is transformers' Qwen3: Qwen2.5 with queries and keys normalised per head, which
BAGEL is too, but for two things: its query, key and value projections have biases, and its output
projections have none.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention, Qwen3RotaryEmbedding

from sextant.errors import RecipeError
from sextant.models.bagel.config import Config
from sextant.models.bagel.packing import block_mask, dense_mask
from sextant.models.bagel.vision_encoder import Connector, Places, VisionModel, sine_cosine_table
from sextant.models.family import Part, learns

ATTENTIONS = ("sdpa", "flex_attention", "eager")
"""Those that take a mask of blocks; flash attention does not."""

# transformers 5.24 calls the cache "cache", 5.17 "past_key_values"; a wrong name is swallowed
# without a word.
_CACHE = (
    "cache"
    if "cache" in inspect.signature(Qwen3Attention.forward).parameters
    else "past_key_values"
)


class BagelForUnderstanding(nn.Module):
    """BAGEL without its twin that makes pictures; see ``Trainable``.

    Args:
        config: Sizes.
        attention: One of ``ATTENTIONS``, of the language model.

    Raises:
        RecipeError: For another attention.
    """

    def __init__(self, config: Config, attention: str = "sdpa") -> None:
        super().__init__()
        if attention not in ATTENTIONS:
            raise RecipeError(
                "BAGEL's mask needs another attention",
                expected=" or ".join(ATTENTIONS),
                got=repr(attention),
            )
        self.config = config
        self.attention = attention
        qwen = _qwen_config(config)
        qwen._attn_implementation = attention
        self.language_model = Qwen3ForCausalLM(qwen)
        for layer in self.language_model.model.layers:
            layer.self_attn.o_proj.register_parameter("bias", None)
        self.vit_model = VisionModel(config)
        self.connector = Connector(config)
        self.vit_pos_embed = Places(config)

    def forward(
        self, inputs: Mapping[str, torch.Tensor], cache: DynamicCache | None = None
    ) -> torch.Tensor:
        """Return (m, vocabulary) logits at the places ``predict_at``.

        Args:
            inputs: Of ``packing.pack``. Those of a single further token have no ``patches`` (the
                vision encoder is not run then) and no ``sample_ids`` (it sees all that is cached).
            cache: Keys and values of what stands before, and of this from now on.
        """
        embedded = self.language_model.model.embed_tokens(inputs["ids"])
        if "patches" in inputs:
            embedded = self._with_pictures(embedded, inputs)
        # A dict of masks is taken as it is; transformers would read a tensor's shape otherwise.
        mask = {"full_attention": self._mask(inputs, embedded.dtype)}
        hidden = self.language_model.model(
            inputs_embeds=embedded[None],
            attention_mask=mask,
            position_ids=inputs["position_ids"][None],
            use_cache=cache is not None,
            **({} if cache is None else {_CACHE: cache}),
        ).last_hidden_state[0]
        found: torch.Tensor = self.language_model.lm_head(hidden[inputs["predict_at"]])
        return found

    def picture_features(
        self, patches: torch.Tensor, positions: torch.Tensor, tokens: tuple[int, ...]
    ) -> torch.Tensor:
        """Return (patches, hidden) as the language model sees them; see ``VisionTransformer``."""
        seen = self.connector(self.vit_model.vision_model(patches, positions, tokens))
        added: torch.Tensor = seen + self.vit_pos_embed(positions)
        return added

    def part(self, name: Part) -> nn.Module:
        """Return a part, for freezing and learning rates. The table of places is in none."""
        parts: dict[Part, nn.Module] = {
            "vision": self.vit_model,
            "projector": self.connector,
            "language": self.language_model,
        }
        return parts[name]

    def blocks(self) -> Iterator[nn.Module]:
        """Yield the layers of the vision encoder, then those of the language model."""
        yield from self.vit_model.vision_model.encoder.layers
        yield from self.language_model.model.layers

    def restore_buffers(self, *, keep_table: bool = False) -> None:
        """Compute again what is no weight, after shapes were given memory (``to_empty``).

        Args:
            keep_table: Whether the table of places was read from a checkpoint.
        """
        device = self.language_model.lm_head.weight.device
        with torch.device("cpu"):
            rotary = Qwen3RotaryEmbedding(self.language_model.config)
        self.language_model.model.rotary_emb = rotary.to(device)
        if not keep_table:
            table = sine_cosine_table(self.config.side, self.config.hidden)
            self.vit_pos_embed.pos_embed = table.to(device)

    def _with_pictures(
        self, embedded: torch.Tensor, inputs: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        patches, positions = inputs["patches"], inputs["patch_positions"]
        if len(patches):
            tokens = tuple(inputs["picture_tokens"].tolist())
            features = self.picture_features(patches, positions, tokens)
            return embedded.index_copy(0, inputs["vision_at"], features.to(embedded.dtype))
        if not learns(self.part("vision"), self.part("projector")):
            return embedded
        # No picture in this row, but maybe in another rank's: a patch of zeros, times 0.
        empty = patches.new_zeros((1, self.config.patch_values))
        features = self.picture_features(empty, positions.new_zeros(1), (1,))
        return embedded + 0 * features.sum().to(embedded.dtype)

    def _mask(self, inputs: Mapping[str, torch.Tensor], dtype: torch.dtype) -> Any:
        if "sample_ids" not in inputs:
            return None
        sample_ids, picture_ids = inputs["sample_ids"], inputs["picture_ids"]
        if self.attention == "flex_attention":
            return block_mask(sample_ids, picture_ids)
        seen = dense_mask(sample_ids, picture_ids)[None, None]
        if self.attention == "sdpa":
            return seen
        # Eager attention adds its mask to the scores.
        hidden = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
        return hidden.masked_fill(~seen, torch.finfo(dtype).min)


def _qwen_config(config: Config) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=config.vocabulary,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.key_value_heads,
        head_dim=config.head_dim,
        hidden_act="silu",
        max_position_embeddings=config.max_positions,
        rms_norm_eps=config.norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        attention_bias=True,
        attention_dropout=0.0,
        tie_word_embeddings=False,
        use_cache=False,
        pad_token_id=None,
    )
