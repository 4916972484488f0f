"""Families of some million weights: large enough that what a plan counts outweighs what it leaves
out. Tokenizers and everything but sizes are the goldens'; weights are random."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from sextant.models.family import Family, Message, Packed, Renderer, Slot
from sextant.training.families import open_family

DATA = Path(__file__).parents[2].parent / "shared" / "data"
GOLDEN = Path(os.environ.get("SEXTANT_TEST_DATA", DATA)).parent / "golden" / "models"
LANGUAGE = {
    "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2,
}  # fmt: skip
VISION = {"hidden_size": 128, "intermediate_size": 512}
FAMILIES = ("qwen3_vl", "internvl", "bagel")


@dataclass(frozen=True)
class Medium:
    """A family whose weights are made up when they are asked for."""

    family: Family

    def __getattr__(self, name: str) -> Any:
        return getattr(self.family, name)

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Any:
        model = self.family.load(dtype=dtype, attention=attention, meta=True)
        if meta:
            return model
        model = model.to_empty(device="cpu")
        torch.manual_seed(0)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.02)
        model.restore_buffers()
        return model


def medium(name: str, folder: Path) -> Medium:
    """Write a folder of a family and open it; skip where there are no goldens."""
    if not (GOLDEN / name).is_dir():
        pytest.skip(f"no golden folder of {name}")
    to = folder / name
    shutil.copytree(GOLDEN / name, to, ignore=shutil.ignore_patterns("*.safetensors", "*.npz"))
    if name == "qwen3_vl":
        rope = {"mrope_interleaved": True, "mrope_section": [12, 10, 10], "rope_theta": 5e6,
                "rope_type": "default"}  # fmt: skip
        _edit(to / "config.json", lambda c: (
            c["text_config"].update(LANGUAGE, head_dim=64, rope_parameters=rope),
            c["vision_config"].update(VISION, depth=2, out_hidden_size=256,
                                      deepstack_visual_indexes=[0, 1]),
        ))  # fmt: skip
        size = {"longest_edge": 16777216, "shortest_edge": 65536}
        _edit(to / "processor_config.json", lambda c: c["image_processor"].update(size=size))
    elif name == "internvl":
        _edit(to / "config.json", lambda c: (
            c.update(force_image_size=448), c["llm_config"].update(LANGUAGE),
            c["vision_config"].update(VISION, num_hidden_layers=2, image_size=448),
        ))  # fmt: skip
        _edit(to / "preprocessor_config.json", lambda c: c.update(crop_size=448, size=448))
    else:
        _edit(to / "llm_config.json", lambda c: c.update(LANGUAGE))
        _edit(to / "vit_config.json", lambda c: c.update(VISION, num_hidden_layers=3))
    return Medium(open_family(name, to))


def _edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def packed_row(
    renderer: Renderer, samples: int = 2, pictures: int = 1
) -> tuple[Packed, list[Slot]]:
    """Return a row of samples with pictures, and all slots of it."""
    shown = [Image.new("RGB", (300, 300), (9, 9, 9))] * pictures
    rendered, slots = [], []
    for number in range(samples):
        messages = [
            Message("user", "<image>" * pictures + "where is it? " * (5 + number)),
            Message("assistant", "left of the table", supervised=True),
        ]
        sample = renderer.render(messages, [p.size for p in shown])
        slots += sample.slots
        rendered.append((sample, renderer.pixels(shown, sample)))
    return renderer.pack(rendered), slots
