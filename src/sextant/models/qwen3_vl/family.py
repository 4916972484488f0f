"""An opened folder: Qwen3-VL's ``Family``. Weights, and torch with them, wait for ``load``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PIL import Image

from sextant.models.family import Message, Renderer, Shape, Trainable, Use
from sextant.models.qwen3_vl.config import Config, read_config, shape_of
from sextant.models.qwen3_vl.renderer import Qwen3VLRenderer
from sextant.models.qwen3_vl.template import check_template
from sextant.models.qwen3_vl.tokens import Tokens, read_tokens
from sextant.models.qwen3_vl.vision import rules_of

if TYPE_CHECKING:
    import torch

    from sextant.models.qwen3_vl.model import Qwen3VL


class Qwen3VLFamily:
    """A checkpoint folder as transformers reads and writes it; see ``Family``.

    Args:
        folder: With ``config.json``, the settings of the image processor, ``tokenizer.json``; and
            weights, for ``load`` and ``save``.

    Raises:
        MissingInput: If a config is missing.
        CorruptInput: If one is not what it should be.
        InputError: If it is another family.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._config = read_config(folder)

    @property
    def name(self) -> str:
        """``qwen3_vl``."""
        return "qwen3_vl"

    @property
    def config(self) -> Config:
        """Sizes, as the folder states them."""
        return self._config

    @property
    def shape(self) -> Shape:
        """Numbers for plans."""
        return shape_of(self._config)

    @cached_property
    def tokens(self) -> Tokens:
        """The tokenizer.

        Raises:
            MissingInput: If there is none.
            CorruptInput: If it, or the chat template beside it, is not Qwen3-VL's.
        """
        check_template(self._folder)
        return read_tokens(self._folder, self._config)

    @cached_property
    def ends(self) -> frozenset[int]:
        """Ids that end an answer."""
        from sextant.models.qwen3_vl.generate import ends_of

        return ends_of(self._folder, self.tokens.end)

    def renderer(self, use: Use, **rules: Any) -> Qwen3VLRenderer:
        """Return the renderer with published settings of a use; ``rules`` are ``vision.Rules``.

        Raises:
            RecipeError: For an unknown rule, with those that there are.
        """
        return Qwen3VLRenderer(self._config, self.tokens, rules_of(use, rules, self._config))

    @property
    def attentions(self) -> tuple[str, ...]:
        """Names of attentions, the best first."""
        return ("segments", "sdpa", "eager", "flash_attention_2")

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Trainable:
        """Read the weights; see ``Family``.

        Args:
            dtype: Of all weights.
            attention: ``segments`` (each sample by itself: rows of any length, and the fastest of
                those that need no further package), ``sdpa`` (transformers' dense mask: up to some
                16,000 tokens a row), ``eager``, or ``flash_attention_2`` where that is installed.
            meta: Shapes only. After they were given memory, call ``restore_buffers``.
        """
        from sextant.models.qwen3_vl.checkpoint import load_model

        made = load_model(self._folder, self._config, dtype=dtype, attention=attention, meta=meta)
        return cast("Trainable", made)

    def save(self, weights: Mapping[str, torch.Tensor], folder: Path) -> None:
        """Write a folder like the one that was opened; see ``checkpoint.save_model``."""
        from sextant.models.qwen3_vl.checkpoint import save_model

        save_model(weights, self._folder, folder, self._config)

    def generate(
        self,
        model: Trainable,
        renderer: Renderer,
        messages: Sequence[Message],
        pictures: Sequence[Image.Image],
        max_new_tokens: int,
    ) -> str:
        """Return the greedy answer to a conversation that ends with a user's turn."""
        from sextant.models.qwen3_vl.generate import generate_ids

        rendered = renderer.render(messages, [picture.size for picture in pictures])
        found = generate_ids(
            cast("Qwen3VL", model),
            renderer.pack([(rendered, renderer.pixels(pictures, rendered))]),
            ends=self.ends,
            max_new_tokens=max_new_tokens,
        )
        return self.tokens.decode([token for token in found if token not in self.ends])
