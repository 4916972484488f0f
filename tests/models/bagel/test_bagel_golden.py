"""Features, logits, losses, gradients and answers against upstream's own numbers."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from tiny_bagel import GOLDEN, golden, golden_rules, golden_sample, needs_golden
from torch.nn.functional import cross_entropy

from sextant.models.bagel.checkpoint import TABLE
from sextant.models.bagel.generate import generate_ids
from sextant.models.bagel.vision_encoder import sine_cosine_table

pytestmark = needs_golden

FEATURES, HIDDEN, LOSSES, CURVES = 2e-6, 1e-5, 5e-6, 1e-4
"""Tolerances that the golden folder states; of the largest value, where that is above 1.

The goldens are float32 numbers themselves: features of up to 3.3 are 3.3e-6 from those that float64
gives, and how far float32 is from either hangs on the processor.
"""


@pytest.fixture
def golden_model(golden_family):
    return golden_family.load(dtype=torch.float32)


def packed_case(family, case):
    plans = golden()[1]
    renderer = family.renderer("train", **golden_rules(plans))
    return renderer.pack([golden_sample(renderer, plans["plans"][name]) for name in case])


def apart(tensor, array):
    wanted = torch.from_numpy(array)
    return float((tensor.detach() - wanted).abs().max() / wanted.abs().max().clamp_min(1))


@pytest.mark.parametrize("case", ["a", "b", "abc"])
def test_features(golden_family, golden_model, case):
    arrays = golden()[0]
    inputs = packed_case(golden_family, case).inputs
    patches, positions = inputs["patches"], inputs["patch_positions"]
    tokens = tuple(inputs["picture_tokens"].tolist())
    with torch.no_grad():
        encoded = golden_model.vit_model.vision_model(patches, positions, tokens)
        connected = golden_model.connector(encoded)
        features = golden_model.picture_features(patches, positions, tokens)
    assert apart(encoded, arrays[f"{case}.vit_out"]) <= FEATURES
    assert apart(connected, arrays[f"{case}.connector_out"]) <= FEATURES
    assert apart(features, arrays[f"{case}.vit_features"]) <= FEATURES


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("case", ["a", "b", "c", "abc"])
def test_logits_and_losses(golden_family, case, attention):
    arrays, plans, _ = golden()
    model = golden_family.load(dtype=torch.float32, attention=attention)
    packed = packed_case(golden_family, case)
    hidden = []
    model.language_model.model.norm.register_forward_hook(lambda *args: hidden.append(args[-1]))
    with torch.no_grad():
        logits = model(packed.inputs)
        everywhere = {**packed.inputs, "predict_at": torch.arange(sum(packed.lengths))}
        whole = model(everywhere)
    assert apart(hidden[0][0], arrays[f"{case}.final_hidden"]) <= HIDDEN
    assert apart(whole, arrays[f"{case}.logits"]) <= HIDDEN
    assert len(logits) == len(packed.labels)
    losses = cross_entropy(logits, packed.labels, reduction="none")
    assert apart(losses, arrays[f"{case}.ce_per_token"]) <= LOSSES
    said = plans["cases"][case]
    assert float(losses.mean()) == pytest.approx(said["loss_token_mean"], abs=LOSSES)
    weights = torch.from_numpy(arrays[f"{case}.square_weights"])
    weights = weights[packed.inputs["predict_at"]]
    weighted = float((losses * weights).sum() / weights.sum())
    assert weighted == pytest.approx(said["loss_square_weighted"], abs=LOSSES)


def test_the_formula_gives_the_stored_table(golden_model):
    stored = golden_model.state_dict()[TABLE]
    assert torch.equal(sine_cosine_table(70, stored.shape[1]), stored)


@pytest.mark.parametrize("curve", ["all_understanding_parameters", "vision_encoder_frozen"])
def test_training_curves(golden_family, golden_model, curve):
    said = golden()[2]
    expected = said["curves"][curve]
    packed = packed_case(golden_family, "abc")
    if curve == "vision_encoder_frozen":
        golden_model.part("vision").requires_grad_(False)
    trained = [p for p in golden_model.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == expected["n_trainable"]
    settings = said["optimizer"]
    optimizer = torch.optim.AdamW(
        trained,
        lr=settings["lr"],
        betas=tuple(settings["betas"]),
        eps=settings["eps"],
        weight_decay=settings["weight_decay"],
    )
    losses, norms = [], []
    for _ in range(6):
        optimizer.zero_grad()
        loss = cross_entropy(golden_model(packed.inputs), packed.labels)
        loss.backward()
        assert all(p.grad is not None for p in trained)
        losses.append(float(loss.detach()))
        norms.append(float(torch.nn.utils.get_total_norm([p.grad for p in trained])))
        optimizer.step()
    assert losses == pytest.approx(expected["loss_before_step_1_to_5_and_after_step_5"], abs=CURVES)
    assert norms == pytest.approx(expected["grad_norm_at_each_of_these"], rel=CURVES)


@pytest.mark.parametrize("case", ["a", "c", "a_first_image_then_text_two_images"])
def test_greedy_answers(golden_family, golden_model, case):
    plans = golden()[1]
    said = plans["greedy"][case]
    renderer = golden_family.renderer("inference", **golden_rules(plans))
    prompt = renderer.pack([golden_sample(renderer, said["plan"], open_turn=True)])
    expected = said["generated_ids_including_start"]
    tokens = golden_family.tokens
    found = generate_ids(golden_model, prompt, end=tokens.end, max_new_tokens=len(expected) - 1)
    assert [tokens.start, *found] == expected


def test_the_folder_is_written_back_as_it_was(golden_family, golden_model, tmp_path):
    golden_family.save(golden_model.state_dict(), tmp_path / "again")
    for path in sorted((tmp_path / "again").iterdir()):
        assert path.read_bytes() == (GOLDEN / path.name).read_bytes(), path.name
    assert (tmp_path / "again" / "ema.safetensors").is_file()
