"""A family for tests of the loop: a few hundred weights, and the whole contract.

Texts are characters. A picture is two tokens; its pixels are two rows of four numbers. Samples of a
row attend only to themselves, causally. The base folder holds a tensor file, as real ones do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from sextant.errors import ConventionError
from sextant.execution.atomic import atomic_folder
from sextant.models.family import Message, Packed, Part, Pixels, Rendered, Shape, Size, Slot

VOCABULARY, WIDTH, LAYERS, PICTURE = 96, 16, 2, 1
WEIGHTS = "weights.safetensors"


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(WIDTH, WIDTH)
        self.v_proj = nn.Linear(WIDTH, WIDTH)
        self.up_proj = nn.Linear(WIDTH, 2 * WIDTH)
        self.down_proj = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        scores = (self.q_proj(x) @ x.transpose(-1, -2)) / WIDTH**0.5
        share = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        x = x + share @ self.v_proj(x)
        return x + self.down_proj(functional.silu(self.up_proj(x)))


class Language(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)


class TinyModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.vision = nn.Sequential(nn.Linear(4, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH))
        self.projector = nn.Linear(WIDTH, WIDTH)
        self.language = Language()

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        ids, sample, rows = inputs["ids"], inputs["sample_of_token"], inputs["pixels"]
        x = self.language.table(ids)
        seen = rows if len(rows) else torch.zeros(1, 4, device=ids.device, dtype=rows.dtype)
        features = self.projector(self.vision(seen)).to(x.dtype)
        if len(rows):
            x = x.masked_scatter((ids == PICTURE)[:, None], features)
        else:
            x = x + 0 * features.sum()
        order = torch.arange(len(ids), device=ids.device)
        mask = (sample[:, None] == sample[None]) & (order[:, None] >= order[None])
        for layer in self.language.layers:
            x = layer(x, mask)
        places = inputs["places"]
        return self.language.head(self.language.norm(x[places]))

    def part(self, name: Part) -> nn.Module:
        return getattr(self, name)

    def blocks(self) -> Iterator[nn.Module]:
        yield from self.language.layers

    def restore_buffers(self) -> None:
        pass


class TinyRenderer:
    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        return tuple(Slot(0, 2, (2, 2)) for _ in pictures)

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        ids: list[int] = []
        targets: list[bool] = []
        slots: list[Slot] = []
        for message in messages:
            pieces = message.text.split("<image>") if message.role == "user" else [message.text]
            for number, piece in enumerate(pieces):
                if number:
                    slots.append(Slot(len(ids), 2, (2, 2)))
                    ids += [PICTURE, PICTURE]
                    targets += [False, False]
                ids += [2 + ord(c) % (VOCABULARY - 2) for c in piece]
                targets += [message.supervised] * len(piece)
            ids.append(0)
            targets.append(message.supervised)
        if len(slots) != len(pictures):
            raise ConventionError("pictures and marks differ")
        return Rendered(np.array(ids), np.array(targets), tuple(slots))

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        rows = [np.asarray(p.convert("L").resize((4, 2)), dtype=np.float32) / 255 for p in pictures]
        return {"pixels": np.concatenate([*rows, np.zeros((0, 4), np.float32)])}

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        ids = np.concatenate([r.ids for r, _ in samples])
        targets = np.concatenate([r.targets for r, _ in samples])
        owner = np.concatenate([np.full(len(r), i) for i, (r, _) in enumerate(samples)])
        rows = np.concatenate([p["pixels"] for _, p in samples])
        places = np.flatnonzero(targets) - 1
        return Packed(
            {
                "ids": torch.from_numpy(ids),
                "sample_of_token": torch.from_numpy(owner),
                "pixels": torch.from_numpy(rows),
                "places": torch.from_numpy(places),
            },
            torch.from_numpy(ids[targets]),
            torch.from_numpy(owner[targets]),
            tuple(len(r) for r, _ in samples),
        )


class TinyFamily:
    name = "tiny"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def shape(self) -> Shape:
        with torch.device("meta"):
            model = TinyModel()
        parts: dict[Part, int] = {
            "vision": _count(model.vision),
            "projector": _count(model.projector),
            # A gated layer of the build that FLOPs are counted for, near enough for tests.
            "language": 2 * VOCABULARY * WIDTH + WIDTH + LAYERS * (4 * 256 + 3 * 256 + 2 * WIDTH),
        }
        table = VOCABULARY * WIDTH
        return Shape(parts, table, table, LAYERS, WIDTH, 1, 1, WIDTH, VOCABULARY, 1, WIDTH, WIDTH, 2, 1)  # fmt: skip # noqa: E501

    @property
    def attentions(self) -> tuple[str, ...]:
        return ("sdpa",)

    def renderer(self, use: str, **rules: Any) -> TinyRenderer:
        return TinyRenderer()

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> TinyModel:
        if meta:
            with torch.device("meta"):
                return TinyModel().to(dtype)
        model = TinyModel()
        model.load_state_dict(load_file(self.folder / WEIGHTS))
        return model.to(dtype)

    def save(self, weights: Mapping[str, torch.Tensor], folder: Path) -> None:
        assert weights.keys() == load_file(self.folder / WEIGHTS).keys()
        with atomic_folder(folder) as temporary:
            save_file({n: t.contiguous() for n, t in weights.items()}, temporary / WEIGHTS)


def write_base(folder: Path, seed: int = 0) -> Path:
    """Write a random base, the same for the same seed."""
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        save_file(TinyModel().state_dict(), folder / WEIGHTS)
    return folder


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
