"""The trained module against upstream's numbers: features, logits, curves, sizes."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from tiny_qwen3_vl import asked, config_of, picture, write_checkpoint
from torch.nn.functional import cross_entropy

from sextant.errors import CorruptInput, InputError, MissingInput, RecipeError
from sextant.models.family import PARTS
from sextant.models.qwen3_vl import open_family

VISION_S = {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16,
            "deepstack_visual_indexes": [5, 11, 17]}  # fmt: skip
VISION_L = {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16,
            "deepstack_visual_indexes": [8, 16, 24]}  # fmt: skip
PUBLISHED = {
    # name: (layers, hidden, intermediate, heads, tied, vision, parameters in billions)
    "2b": (28, 2048, 6144, 16, True, VISION_S, 2.127),
    "4b": (36, 2560, 9728, 32, True, VISION_S, 4.438),
    "8b": (36, 4096, 12288, 32, False, VISION_L, 8.767),
    "32b": (64, 5120, 25600, 64, False, VISION_L, 33.36),
}


@pytest.fixture(scope="module")
def golden_model(golden):
    return golden.family.load(dtype=torch.float32)


def test_golden_vision_features(golden, golden_model):
    for name in ("a", "b"):
        packed = golden.renderer.pack([golden.samples[name][:2]])
        with torch.no_grad():
            merged, deep = golden_model.seen(packed.inputs["patches"], packed.inputs["grid_thw"])
        assert np.abs(merged.numpy() - golden.arrays[f"{name}.vision_features"]).max() <= 5e-6
        assert len(deep) == 2
        for k, tokens in enumerate(deep):
            assert np.abs(tokens.numpy() - golden.arrays[f"{name}.deepstack_{k}"]).max() <= 5e-6


def test_golden_logits_and_losses(golden, golden_model):
    for name, case in golden.cases.items():
        packed = golden.renderer.pack([golden.samples[name][:2]])
        with torch.no_grad():
            logits = golden_model(packed.inputs)
        wanted = golden.arrays[f"{name}.logits"][packed.inputs["keep"].numpy()]
        assert np.abs(logits.numpy() - wanted).max() <= 5e-6
        assert abs(cross_entropy(logits, packed.labels).item() - case["loss"]) <= 2e-6
    packed = golden.renderer.pack([s[:2] for s in golden.samples.values()])
    with torch.no_grad():
        logits = golden_model(packed.inputs)
    wanted = golden.arrays["packed.logits"][packed.inputs["keep"].numpy()]
    assert np.abs(logits.numpy() - wanted).max() <= 1e-5
    assert abs(cross_entropy(logits, packed.labels).item() - golden.golden["packed_loss"]) <= 2e-6


@pytest.mark.parametrize("curve", ["all_parameters", "vision_encoder_frozen"])
def test_golden_training_curves(golden, curve):
    model = golden.family.load(dtype=torch.float32)
    wanted = golden.training["curves"][curve]
    if curve == "vision_encoder_frozen":
        for name in ("vision", "projector"):
            model.part(name).requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == wanted["n_trainable"]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.05, betas=(0.9, 0.999), eps=1e-8)
    packed = golden.renderer.pack([s[:2] for s in golden.samples.values()])
    losses, norms = [], []
    for step in range(6):
        optimizer.zero_grad()
        loss = cross_entropy(model(packed.inputs), packed.labels)
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.stack([p.grad.norm() for p in trained]).norm().item())
        if step < 5:
            optimizer.step()
    assert (
        np.abs(np.subtract(losses, wanted["loss_before_step_1_to_5_and_after_step_5"])).max()
        <= 1e-4
    )
    assert np.allclose(norms, wanted["grad_norm_at_each_of_these"], rtol=1e-4)


@pytest.mark.parametrize("name", PUBLISHED)
def test_shape_is_that_of_the_published_models(tmp_path, name):
    layers, hidden, intermediate, heads, tied, vision, billions = PUBLISHED[name]
    config = config_of({f"<|{m}|>": 10 + k for k, m in enumerate(
        ("image_pad", "video_pad", "vision_start", "vision_end"))}, tied=tied)  # fmt: skip
    config["text_config"] |= {
        "vocab_size": 151936, "hidden_size": hidden, "intermediate_size": intermediate,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": 8,
        "head_dim": 128, "max_position_embeddings": 262144,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_interleaved": True,
                            "mrope_section": [24, 20, 20]},
    }  # fmt: skip
    config["vision_config"] |= {
        **vision,
        "out_hidden_size": hidden,
        "num_position_embeddings": 2304,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    pixels = {"min_pixels": 65536, "max_pixels": 16777216}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(pixels))
    family = open_family(tmp_path)
    shape = family.shape
    model = family.load(dtype=torch.bfloat16, meta=True)
    assert {
        p: sum(v.numel() for v in model.part(p).parameters()) for p in PARTS
    } == shape.parameters
    total = sum(p.numel() for p in model.parameters())
    assert total == sum(shape.parameters.values())
    assert abs(total / 1e9 - billions) < 0.001 * billions
    inside = shape.parameters["language"] - shape.embedding_parameters - shape.head_parameters
    blocks = sum(p.numel() for p in model.hf.model.language_model.layers.parameters())
    assert inside == blocks + hidden
    assert shape.head_parameters == model.hf.lm_head.weight.numel()
    assert len(list(model.blocks())) == layers + vision["depth"]
    assert all(p.is_meta for p in model.parameters())


def test_parts_are_all_of_the_model(model):
    parts = [{id(p) for p in model.part(name).parameters()} for name in PARTS]
    assert set.union(*parts) == {id(p) for p in model.parameters()}
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert {n.split(".")[3] for n, p in model.named_parameters() if id(p) in parts[1]} == {
        "merger", "deepstack_merger_list",
    }  # fmt: skip


def test_a_row_without_pictures_runs_the_vision_encoder(family, renderer):
    """Ranks meet in the same collectives: same modules called, gradients for all, of value 0."""
    model = family.load(dtype=torch.float32)
    called: list[str] = []
    for name, module in model.named_modules():
        module.register_forward_hook(lambda *_, name=name: called.append(name))

    def run(sizes):
        rendered = renderer.render(asked(len(sizes), "Q", "A b"), sizes)
        pixels = renderer.pixels([picture(*s) for s in sizes], rendered)
        packed = renderer.pack([(rendered, pixels)])
        called.clear()
        model.zero_grad()
        logits = model(packed.inputs)
        cross_entropy(logits, packed.labels).backward()
        return logits.detach(), list(called)

    _, seeing = run([(64, 64)])
    blind, order = run([])
    assert order == seeing
    assert any("visual.blocks" in name for name in order)
    gradients = {n: p.grad for n, p in model.named_parameters()}
    assert all(g is not None for g in gradients.values())
    visual = [g for n, g in gradients.items() if "visual" in n]
    assert all(not g.any() for g in visual)
    assert any(g.any() for n, g in gradients.items() if "language" in n)
    # The same numbers as without the detour.
    rendered = renderer.render(asked(0, "Q", "A b"), [])
    ids = torch.from_numpy(rendered.ids)[None]
    with torch.no_grad():
        plain = model.hf(input_ids=ids, use_cache=False).logits[0]
    keep = torch.from_numpy(np.flatnonzero(rendered.targets) - 1)
    assert torch.allclose(blind, plain[keep], atol=1e-6)


def test_every_picture_and_every_layer_of_it_matters(renderer, model):
    sizes = [(64, 64), (96, 40)]
    rendered = renderer.render(asked(2, "Q", "A"), sizes)
    shown = [picture(*s, seed=k) for k, s in enumerate(sizes)]
    with torch.no_grad():
        base = model(renderer.pack([(rendered, renderer.pixels(shown, rendered))]).inputs)
        for k in range(2):
            other = list(shown)
            other[k] = picture(*sizes[k], seed=99)
            changed = model(renderer.pack([(rendered, renderer.pixels(other, rendered))]).inputs)
            assert (changed - base).abs().max() > 1e-3
    packed = renderer.pack([(rendered, renderer.pixels(shown, rendered))])
    model.zero_grad()
    cross_entropy(model(packed.inputs), packed.labels).backward()
    for module in (*model.hf.model.visual.deepstack_merger_list, model.hf.model.visual.merger):
        assert module.linear_fc2.weight.grad.abs().max() > 0


def test_no_supervised_token_no_logits(renderer, model):
    packed = renderer.pack([(r := renderer.render(asked(0, "Q"), []), renderer.pixels([], r))])
    assert model(packed.inputs).shape == (0, 336)


def test_meta_then_memory(folder, family, renderer, model):
    """As sharded training starts: shapes first, memory and weights later."""
    made = family.load(dtype=torch.float32, meta=True)
    made.to_empty(device="cpu")
    made.load_state_dict(model.state_dict())
    made.restore_buffers()
    rendered = renderer.render(asked(1, "Q", "A"), [(64, 96)])
    packed = renderer.pack([(rendered, renderer.pixels([picture(64, 96)], rendered))])
    with torch.no_grad():
        assert torch.equal(made(packed.inputs), model(packed.inputs))


def test_bfloat16(family, renderer, model):
    half = family.load(dtype=torch.bfloat16)
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    rendered = renderer.render(asked(1, "Q", "A"), [(64, 96)])
    packed = renderer.pack([(rendered, renderer.pixels([picture(64, 96)], rendered))])
    with torch.no_grad():
        exact, rough = model(packed.inputs), half(packed.inputs).float()
    assert (exact - rough).abs().max() < 0.1 * exact.abs().max()


def test_no_such_attention(family):
    for name in ("nonsense", "flex_attention"):
        with pytest.raises(RecipeError, match=name):
            family.load(dtype=torch.float32, attention=name)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"model_type": "qwen3_vl_moe"}, InputError, "mixtures of experts"),
        ({"model_type": "qwen2_5_vl"}, InputError, "another family"),
        ({"model_type": None}, InputError, "another family"),
        ({"text_config": 3}, CorruptInput, "text_config"),
        ({"image_token_id": "x"}, CorruptInput, "image_token_id"),
        ({"image_token_id": -1}, CorruptInput, "image_token_id"),
    ],
)
def test_other_models_are_refused_by_name(folder, tmp_path, change, error, word):
    shutil.copytree(folder, tmp_path / "m")
    path = tmp_path / "m" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(error, match=word):
        open_family(tmp_path / "m")
    path.write_text("[1")
    with pytest.raises(CorruptInput, match="not JSON"):
        open_family(tmp_path / "m")
    path.unlink()
    with pytest.raises(MissingInput, match=r"config\.json"):
        open_family(tmp_path / "m")


def test_tied_models_share_one_table(tmp_path):
    family = open_family(write_checkpoint(tmp_path / "m", tied=True))
    model = family.load(dtype=torch.float32)
    assert model.hf.lm_head.weight is model.hf.model.language_model.embed_tokens.weight
    assert family.shape.embedding_parameters == 0
    assert sum(p.numel() for p in model.parameters()) == sum(family.shape.parameters.values())
