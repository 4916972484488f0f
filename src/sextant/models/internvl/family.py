"""InternVL's ``Family``: a checkpoint folder of either layout, opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PIL import Image

from sextant.models.family import Message, Renderer, Shape, Trainable, Use
from sextant.models.internvl.config import Config, Layout, config_of, layout_of, read_json, shape_of
from sextant.models.internvl.layouts import to_hf
from sextant.models.internvl.renderer import InternVLRenderer
from sextant.models.internvl.rules import rules_of
from sextant.models.internvl.tokens import Tokens, read_tokens

if TYPE_CHECKING:
    import torch

    from sextant.models.internvl.model import InternVL

_PREFIX = "network."
"""Of all names in the trained module's ``state_dict``."""


class InternVLFamily:
    """See ``Family``.

    Args:
        folder: With config, tokenizer and, for ``load`` and ``save``, weights.

    Raises:
        MissingInput: If a file is missing.
        CorruptInput: If a file is not what it should be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        where = folder / "config.json"
        raw = read_json(where)
        self.layout: Layout = layout_of(raw, where)
        if self.layout == "opengvlab":
            raw = to_hf(raw, image_token=0, end_token=0, where=where)
        self.config: Config = config_of(raw, where)
        self.tokens: Tokens = read_tokens(folder, self.config.vocabulary)
        if self.layout == "opengvlab":
            raw["image_token_id"] = self.tokens.context
            raw["text_config"]["eos_token_id"] = self.tokens.end
        self._raw: dict[str, Any] = raw

    @property
    def name(self) -> str:
        """Name of the family, as recipes give it."""
        return "internvl"

    @property
    def shape(self) -> Shape:
        """Numbers for plans, from the config alone."""
        return shape_of(self.config)

    def renderer(self, use: Use, **rules: Any) -> Renderer:
        """Return the renderer with published settings of a use, some of them changed.

        Args:
            use: Training or inference.
            rules: Fields of ``Rules``.

        Raises:
            RecipeError: For an unknown rule, with those that there are.
        """
        return InternVLRenderer(self.config, self.tokens, rules_of(use, rules))

    @property
    def attentions(self) -> tuple[str, ...]:
        """Names of attentions, the best first."""
        from sextant.models.internvl.model import ATTENTIONS

        return ATTENTIONS

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Trainable:
        """Read the weights; see ``Family``.

        Raises:
            MissingInput: If there are none.
            CorruptInput: If a file is damaged, or keys are missing, unexpected or of another shape.
            RecipeError: For an unknown attention.
        """
        from sextant.models.internvl.checkpoint import is_tied, load_weights
        from sextant.models.internvl.model import build

        tied = self.config.tied and (meta or is_tied(self.folder, self.layout))
        model = build({**self._raw, "tie_word_embeddings": tied}, attention, dtype)
        if not meta:
            load_weights(model, self.folder, self.layout)
        return cast(Trainable, model)

    def save(
        self, weights: Mapping[str, torch.Tensor], folder: Path, layout: Layout | None = None
    ) -> None:
        """Write a folder, all or nothing; see ``Family``.

        Types, shapes and the files that weights are spread over are those of the source.

        Args:
            weights: The trained module's ``state_dict``, complete, on the CPU.
            folder: New.
            layout: ``opengvlab`` or ``hf``; None = that of the source.

        Raises:
            ConventionError: If the weights are not those of this model.
            OutputError: If the folder is there already, or cannot be written.
        """
        from sextant.models.internvl.convert import save_weights

        named = {name.removeprefix(_PREFIX): tensor for name, tensor in weights.items()}
        save_weights(named, self.folder, folder, layout)

    def generate(
        self, model: Trainable, renderer: Renderer, messages: Sequence[Message],
        pictures: Sequence[Image.Image], max_new_tokens: int,
    ) -> str:  # fmt: skip
        """Return the greedy answer to a conversation that ends with a user's turn."""
        from sextant.models.internvl.generate import generate_ids

        rendered = renderer.render(messages, [picture.size for picture in pictures])
        prompt = renderer.pack([(rendered, renderer.pixels(pictures, rendered))])
        found = generate_ids(
            cast("InternVL", model), prompt, end=self.tokens.end, max_new_tokens=max_new_tokens
        )
        return self.tokens.decode(found).strip()
