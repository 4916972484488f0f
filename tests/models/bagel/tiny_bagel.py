"""A tiny BAGEL folder with both twins, made here; and where the golden numbers are."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

DATA = Path(__file__).parents[3].parent / "shared" / "data"
GOLDEN = Path(os.environ.get("SEXTANT_TEST_DATA", DATA)).parent / "golden" / "models" / "bagel"

needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden numbers of upstream's code are not at hand"
)

SPECIAL = ("<|im_end|>", "<|endoftext|>", "<|im_start|>", "<|vision_start|>", "<|image_pad|>")
ADDED = ("<|vision_end|>", "<tool_call>")  # known, but not as special

LANGUAGE = {
    "model_type": "qwen2", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 320, "rope_theta": 1e6,
    "rms_norm_eps": 1e-6, "max_position_embeddings": 4096, "hidden_act": "silu",
}  # fmt: skip
VISION = {
    "model_type": "siglip_vision_model", "hidden_size": 16, "intermediate_size": 24,
    "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 84, "patch_size": 14,
}  # fmt: skip
WHOLE = {"model_type": "bagel", "vit_max_num_patch_per_side": 6}

RULES = {"max_side": 84, "min_side": 28, "max_pixels": 6000}
"""For pictures of some 30 tokens."""


def write_tokenizer(folder: Path) -> None:
    """A byte-level BPE with a few merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    made.train_from_iterator(["the chair is left of the table", "im_start vision_end"], trainer)
    made.add_special_tokens(list(SPECIAL))
    made.add_tokens([AddedToken(text, normalized=False) for text in ADDED])
    made.save(str(folder / "tokenizer.json"))


def write_folder(folder: Path, dtype: str = "bfloat16", seed: int = 3) -> Path:
    """Configs, tokenizer, and random weights of both twins."""
    import torch
    from safetensors.torch import save_file

    from sextant.models.bagel.config import read_config
    from sextant.models.bagel.model import BagelForUnderstanding

    folder.mkdir(parents=True)
    for name, values in (("llm_config", LANGUAGE), ("vit_config", VISION), ("config", WHOLE)):
        (folder / f"{name}.json").write_text(json.dumps(values))
    write_tokenizer(folder)
    (folder / "ae.safetensors").write_bytes(b"the weights of another model")
    (folder / "notes.py").write_text("raise SystemExit")
    model = BagelForUnderstanding(read_config(folder))
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Any] = {}
    for key, tensor in model.state_dict().items():
        value = torch.randn(tensor.shape, generator=generator) * 0.3
        if key.endswith("norm.weight") or ("_norm" in key and key.endswith("weight")):
            value = 1 + value / 3
        weights[key] = tensor if key.startswith("vit_pos_embed") else value
        if ".layers." in key and key.startswith("language"):
            stem, _, last = key.rpartition(".")
            weights[f"{stem}_moe_gen.{last}"] = torch.randn(tensor.shape, generator=generator)
    for root in ("time_embedder.mlp.0", "vae2llm", "llm2vae"):
        weights[f"{root}.weight"] = torch.randn((5, 7), generator=generator)
    weights["latent_pos_embed.pos_embed"] = torch.randn((9, 32), generator=generator)
    kind = getattr(torch, dtype)
    weights = {key: value.to(kind).contiguous() for key, value in weights.items()}
    save_file(weights, folder / "ema.safetensors", metadata={"format": "pt"})
    return folder


def picture(seed: int, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@cache
def golden() -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Arrays, plans, training curves."""
    with np.load(GOLDEN / "golden.npz") as found:
        arrays = dict(found)
    texts = [json.loads((GOLDEN / f"{n}.json").read_text()) for n in ("golden", "training")]
    return arrays, texts[0], texts[1]


def golden_rules(plans: dict[str, Any]) -> dict[str, int]:
    """The rules of the golden cases."""
    said = plans["image_transform_of_the_cases"]
    return {
        "max_side": said["max_size"],
        "min_side": said["min_size"],
        "max_pixels": said["max_pixels"],
    }


def golden_sample(renderer: Any, plan: list[dict[str, Any]], *, open_turn: bool = False) -> Any:
    """Ids and patches of a plan."""
    from sextant.models.bagel.prompt import Piece

    arrays = golden()[0]
    pieces = [Piece(p.get("text"), bool(p.get("loss", 0))) for p in plan]
    shown = [Image.fromarray(arrays[f"raw.{p['image']}"]) for p in plan if p["type"] == "image"]
    rendered = renderer.render_pieces(pieces, [p.size for p in shown], open_turn=open_turn)
    return rendered, renderer.pixels(shown, rendered)
