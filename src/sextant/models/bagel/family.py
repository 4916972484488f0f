"""An opened BAGEL folder: BAGEL's ``Family``. Weights, and torch with them, wait for ``load``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PIL import Image

from sextant.models.bagel.config import Config, read_config, shape_of
from sextant.models.bagel.renderer import BagelRenderer
from sextant.models.bagel.tokens import Tokens, read_tokens
from sextant.models.bagel.vision import rules_of
from sextant.models.family import Message, Renderer, Shape, Trainable, Use

if TYPE_CHECKING:
    import torch


class BagelFamily:
    """A checkpoint folder in BAGEL's own layout; see ``Family``.

    Args:
        folder: With ``config.json``, ``llm_config.json``, ``vit_config.json``, the tokenizer, and
            ``ema.safetensors`` (or shards), which may come later.

    Raises:
        MissingInput: If a config is missing.
        CorruptInput: If one is not what it should be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._config = read_config(folder)

    @property
    def name(self) -> str:
        """``bagel``."""
        return "bagel"

    @property
    def config(self) -> Config:
        """Sizes, as the folder states them."""
        return self._config

    @property
    def shape(self) -> Shape:
        """Numbers for plans; of the twin that understands."""
        return shape_of(self._config)

    @cached_property
    def tokens(self) -> Tokens:
        """The tokenizer.

        Raises:
            MissingInput: If there is none.
            CorruptInput: If it is not what it should be.
        """
        return read_tokens(self._folder, self._config.vocabulary)

    def renderer(self, use: Use, **rules: Any) -> BagelRenderer:
        """Return the renderer with published settings of a use; ``rules`` are ``vision.Rules``.

        Raises:
            RecipeError: For an unknown rule, with those that there are.
        """
        longest = self._config.side * self._config.patch
        return BagelRenderer(self._config, self.tokens, rules_of(use, rules, longest))

    @property
    def attentions(self) -> tuple[str, ...]:
        """Names of attentions, the best first."""
        from sextant.models.bagel.model import ATTENTIONS

        return ATTENTIONS

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Trainable:
        """Read the weights; see ``Family``.

        Args:
            dtype: Of all weights; the fixed table of places stays float32.
            attention: ``sdpa`` (a dense mask: up to some 16,000 tokens), ``flex_attention`` (a mask
                of blocks: longer rows on a GPU), or ``eager``.
            meta: Shapes only. After they were given memory, call ``restore_buffers``.
        """
        from sextant.models.bagel.checkpoint import load_model

        made = load_model(self._folder, self._config, dtype=dtype, attention=attention, meta=meta)
        return cast("Trainable", made)

    def save(self, weights: Mapping[str, torch.Tensor], folder: Path) -> None:
        """Write a folder like the one that was opened; see ``checkpoint.save_model``."""
        from sextant.models.bagel.checkpoint import save_model

        save_model(weights, self._folder, folder)

    def generate(
        self,
        model: Trainable,
        renderer: Renderer,
        messages: Sequence[Message],
        pictures: Sequence[Image.Image],
        max_new_tokens: int,
    ) -> str:
        """Return the greedy answer to a conversation that ends with a user's turn."""
        from sextant.models.bagel.generate import generate_ids
        from sextant.models.bagel.model import BagelForUnderstanding

        rendered = renderer.render(messages, [picture.size for picture in pictures])
        prompt = renderer.pack([(rendered, renderer.pixels(pictures, rendered))])
        found = generate_ids(
            cast("BagelForUnderstanding", model),
            prompt,
            end=self.tokens.end,
            max_new_tokens=max_new_tokens,
        )
        return self.tokens.decode([token for token in found if token != self.tokens.end])
