"""What a model family offers to training: text to ids, pictures to pixels, packs to losses.

A family is one folder with the same files: ``prompt`` (messages to ids and supervised spans),
``vision`` (which size a picture is shown at, how many tokens that is, its pixels), ``packing``
(samples to one row of model inputs), ``model`` (the module that is trained), ``checkpoint``
(reading and writing the family's own layout), ``generate``. Its ``open_family(folder)`` returns a
``Family``, its ``open_model(name, options)`` the same weights as a backend for evaluation.

Two rules hold everywhere. Labels come from spans that are noted while the text is built, never from
searching ids: whatever a user writes is never supervised. And a sample's length is known from its
text and the sizes of its pictures alone, before a picture is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    import torch

Role = Literal["system", "user", "assistant"]

Part = Literal["vision", "projector", "language"]
PARTS: tuple[Part, ...] = ("vision", "projector", "language")
"""Parts of a model that recipes freeze or give learning rates of their own."""

Use = Literal["train", "inference"]
"""Published settings differ between training and inference; both are named, neither is silent."""

Size = tuple[int, int]
"""(width, height) in pixels."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn.

    Attributes:
        role: Who speaks.
        text: What is said; a user's text holds one ``<image>`` per picture, in order.
        supervised: Whether an assistant's text (and its end token) is learned.
    """

    role: Role
    text: str
    supervised: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the tokens of a picture are, and at which size it is shown.

    Attributes:
        start: Index of its first vision token in the ids.
        tokens: How many.
        size: (width, height) that the picture, or each tile of it, is scaled to.
        grid: (columns, rows) of tiles; (1, 1) where pictures are not cut.
        thumbnail: Whether a small view of the whole follows the tiles.
    """

    start: int
    tokens: int
    size: Size
    grid: tuple[int, int] = (1, 1)
    thumbnail: bool = False

    @property
    def tiles(self) -> int:
        """Pieces that the vision encoder sees."""
        return self.grid[0] * self.grid[1] + int(self.thumbnail)


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A sample as ids, without pixels.

    Attributes:
        ids: (n,) int64; vision tokens hold the family's placeholder id.
        targets: (n,) bool: this token is predicted, from the one before it.
        slots: One per picture, in order.
    """

    ids: NDArray[np.int64]
    targets: NDArray[np.bool_]
    slots: tuple[Slot, ...]

    def __len__(self) -> int:
        return len(self.ids)


Pixels = Mapping[str, NDArray[Any]]
"""What the vision encoder is fed for one sample, by the family's own names."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Several samples in one row.

    Attributes:
        inputs: Tensors for ``Trainable.forward``, by the family's own names.
        labels: (m,) int64: the ids at all supervised places of the row, in order.
        sample: (m,) int64: which sample of the pack each belongs to.
        lengths: Tokens of each sample.
    """

    inputs: Mapping[str, torch.Tensor]
    labels: torch.Tensor
    sample: torch.Tensor
    lengths: tuple[int, ...]


class Renderer(Protocol):
    """Text and pictures to model inputs. Needs the tokenizer and the config, never the weights."""

    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        """Return how each picture of a sample is shown; ``start`` is 0 in all of them."""
        ...

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        """Return the ids of a conversation.

        Args:
            messages: In order; the last one is an assistant's for training, a user's for inference
                (then the assistant's turn is opened).
            pictures: Sizes of the pictures, in order.

        Raises:
            ConventionError: If the number of ``<image>`` differs from that of the pictures.
        """
        ...

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        """Return what the vision encoder is fed; runs in workers, holds no tensor."""
        ...

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        """Put samples into one row in which none sees another."""
        ...


def learns(*modules: torch.nn.Module) -> bool:
    """Return whether a weight of these modules is trained."""
    return any(p.requires_grad for module in modules for p in module.parameters())


class Trainable(Protocol):
    """The module that is trained; a ``torch.nn.Module``."""

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return (m, vocabulary) logits for the labels of a pack, and at no other place.

        Where something that pictures go through is trained, a row without pictures still runs the
        vision encoder, on a small empty picture times 0, so that all ranks meet in the same
        collectives. Frozen parts lie whole on every rank and meet nobody.
        """
        ...

    def part(self, name: Part) -> torch.nn.Module:
        """Return a part, for freezing and learning rates."""
        ...

    def blocks(self) -> Iterator[torch.nn.Module]:
        """Yield the layers that are sharded and recomputed one by one."""
        ...

    def restore_buffers(self) -> None:
        """Compute what no checkpoint holds, after a model without memory was given some."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers that plans of memory and time need; all of the model as it is, not as it is called.

    Attributes:
        parameters: By part.
        embedding_parameters: Of ``language``, those of the input table (no multiplication).
        head_parameters: Of ``language``, those of the output layer.
        layers, hidden, heads, key_value_heads, intermediate, vocabulary: Of the language model.
        vision_layers, vision_hidden, vision_intermediate: Of the vision encoder.
        patch: Side of a patch in pixels.
        patches_per_token: Patches that become one token.
    """

    parameters: Mapping[Part, int]
    embedding_parameters: int
    head_parameters: int
    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int
    vision_layers: int
    vision_hidden: int
    vision_intermediate: int
    patch: int
    patches_per_token: int


class Family(Protocol):
    """A family's checkpoint folder, opened; weights are read only by ``load``."""

    @property
    def name(self) -> str:
        """Name of the family, as recipes give it."""
        ...

    @property
    def shape(self) -> Shape:
        """Numbers for plans, from the config alone."""
        ...

    @property
    def attentions(self) -> tuple[str, ...]:
        """Names that ``load`` takes as ``attention``, the best first."""
        ...

    def renderer(self, use: Use, **rules: Any) -> Renderer:
        """Return the renderer with published settings of a use, some of them changed.

        Raises:
            RecipeError: For an unknown rule, with those that there are.
        """
        ...

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Trainable:
        """Read the weights; ``meta`` builds the shapes only.

        Raises:
            CorruptInput: If keys are missing, unexpected, or of another shape.
        """
        ...

    def save(self, weights: Mapping[str, torch.Tensor], folder: Path) -> None:
        """Write a folder in the family's own layout, all or nothing.

        Args:
            weights: The trained module's ``state_dict``, complete, on the CPU.
            folder: New; holds config, tokenizer and safetensors afterwards, as the source did.
        """
        ...

    def generate(
        self, model: Trainable, renderer: Renderer, messages: Sequence[Message],
        pictures: Sequence[Image.Image], max_new_tokens: int,
    ) -> str:  # fmt: skip
        """Return the greedy answer to a conversation that ends with a user's turn."""
        ...
