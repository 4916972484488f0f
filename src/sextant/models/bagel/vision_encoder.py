"""SigLIP for pictures of any shape, the connector, and the table of places.

The encoder's layers are transformers'. All patches of a row go through them as one sequence;
attention alone is cut at the pictures' borders, which is the same as a block mask and costs no more
than the pictures do. Patch embedding, connector and table are written from their formulas.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import SiglipVisionConfig
from transformers.modeling_utils import AttentionInterface
from transformers.models.siglip.modeling_siglip import SiglipEncoder

from sextant.models.bagel.config import Config

WITHIN_PICTURES = "sextant_within_pictures"
"""Name under which transformers finds our attention."""


def attend_within_pictures(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: tuple[int, ...],
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each picture; what transformers calls an attention function.

    Args:
        module: The layer; not used.
        query: (1, heads, patches, width).
        key: The same.
        value: The same.
        attention_mask: Patches of each picture, in order; not a mask.
        scaling: Of the scores.
        dropout: Of the weights.

    Returns:
        (1, patches, heads, width), and no weights.
    """
    lengths = list(attention_mask)
    parts = zip(*(x.split(lengths, dim=2) for x in (query, key, value)), strict=True)
    found = [
        functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scaling)
        for q, k, v in parts
    ]
    return torch.cat(found, dim=2).transpose(1, 2).contiguous(), None


AttentionInterface.register(WITHIN_PICTURES, attend_within_pictures)


class Embeddings(nn.Module):
    """Patches to vectors: a linear layer, and the learned vector of their place."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.patch_embedding = nn.Linear(config.patch_values, config.vision_hidden)
        self.position_embedding = nn.Embedding(config.side**2, config.vision_hidden)

    def forward(self, patches: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Return (patches, hidden) of patches as bytes and their places."""
        # Bytes to -1..1 in float32 and in this order gives the numbers of upstream's transform.
        scaled = (patches.to(torch.float32) / 255 - 0.5) / 0.5
        embedded = self.patch_embedding(scaled.to(self.patch_embedding.weight.dtype))
        return embedded + self.position_embedding(positions)


class VisionTransformer(nn.Module):
    """Embeddings, encoder, last norm."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        siglip = SiglipVisionConfig(
            hidden_size=config.vision_hidden,
            intermediate_size=config.vision_intermediate,
            num_hidden_layers=config.vision_layers,
            num_attention_heads=config.vision_heads,
            image_size=config.side * config.patch,
            patch_size=config.patch,
            layer_norm_eps=config.vision_norm_eps,
            hidden_act="gelu_pytorch_tanh",
            attention_dropout=0.0,
        )
        siglip._attn_implementation = WITHIN_PICTURES
        self.embeddings = Embeddings(config)
        self.encoder = SiglipEncoder(siglip)
        self.post_layernorm = nn.LayerNorm(config.vision_hidden, eps=config.vision_norm_eps)

    def forward(
        self, patches: torch.Tensor, positions: torch.Tensor, tokens: tuple[int, ...]
    ) -> torch.Tensor:
        """Return (patches, hidden).

        Args:
            patches: (patches, values) uint8.
            positions: (patches,) place in the table.
            tokens: Patches of each picture.
        """
        embedded = self.embeddings(patches, positions)
        encoded = self.encoder(embedded[None], attention_mask=tokens).last_hidden_state[0]
        found: torch.Tensor = self.post_layernorm(encoded)
        return found


class VisionModel(nn.Module):
    """A level of names that the checkpoint has."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.vision_model = VisionTransformer(config)


class Connector(nn.Module):
    """Vision vectors to the language model's: linear, GELU (tanh form), linear."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.vision_hidden, config.hidden)
        self.fc2 = nn.Linear(config.hidden, config.hidden)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (patches, hidden of the language model)."""
        # A frozen encoder may have fewer digits than what is trained behind it.
        given = features.to(self.fc1.weight.dtype)
        found: torch.Tensor = self.fc2(functional.gelu(self.fc1(given), approximate="tanh"))
        return found


class Places(nn.Module):
    """The fixed table that is added to what the connector gives; never trained, always float32."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.pos_embed: torch.Tensor
        self.register_buffer("pos_embed", sine_cosine_table(config.side, config.hidden))

    def forward(self, positions: torch.Tensor) -> torch.Tensor:
        """Return (patches, hidden) of places."""
        return self.pos_embed[positions]


def sine_cosine_table(side: int, width: int) -> torch.Tensor:
    """Return the vectors of a square of places, (side * side, width) float32, row by row.

    The sine and cosine code of Vaswani et al. (2017), section 3.5, of both coordinates: half of the
    width for the column, then half for the row; in each half the sines of all frequencies
    ``10000 ** (-k / (width / 4))``, then the cosines.
    """
    # On the CPU in float64 whatever the default device is: a model that is built as shapes only
    # still gets its table.
    with torch.device("cpu"):
        quarter = width // 4
        steps = torch.arange(quarter, dtype=torch.float64)
        frequencies = 10_000.0 ** (-steps / quarter)
        angles = torch.arange(side, dtype=torch.float64)[:, None] * frequencies
        code = torch.cat([angles.sin(), angles.cos()], dim=1)  # (side, width / 2)
        columns = code[None, :, :].expand(side, side, -1)
        rows = code[:, None, :].expand(side, side, -1)
        return torch.cat([columns, rows], dim=-1).reshape(side * side, width).to(torch.float32)
