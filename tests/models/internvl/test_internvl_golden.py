"""Ids, pixels, features, logits, losses, curves and answers against upstream's own numbers."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from PIL import Image
from tiny_internvl import GOLDEN
from torch.nn.functional import cross_entropy

from sextant.models.family import Message, Slot
from sextant.models.internvl import open_family
from sextant.models.internvl.generate import generate_batch, generate_ids
from sextant.models.internvl.keys import names_of, source_of
from sextant.models.internvl.model import _normalized
from sextant.models.internvl.prompt import render_turns, turns_of
from sextant.models.internvl.rules import SYSTEM
from sextant.models.internvl.vision import grid_of, normalized

pytestmark = pytest.mark.skipif(
    not (GOLDEN / "golden.npz").is_file(), reason="the golden folder is not here"
)

FEATURES, LOGITS, LOSSES, CURVES = 2e-6, 1e-5, 5e-6, 1e-4
"""Tolerances that the golden folder states."""

CASES = "abcd"


@cache
def golden():
    return json.loads((GOLDEN / "golden.json").read_text()), dict(np.load(GOLDEN / "golden.npz"))


@pytest.fixture(scope="module")
def golden_family():
    return open_family(GOLDEN)


def case_of(family, name, use="train", *, answered=True):
    plan, arrays = golden()
    case = plan["cases"][name]
    pictures = [Image.fromarray(arrays[f"raw.{image}"]) for image in case["images"]]
    most = max(case["max_num"], default=1)
    renderer = family.renderer(use, tiles=most, total_tiles=most * max(1, len(pictures)))
    messages = [Message("user", case["user"]), Message("assistant", case["answer"], True)]
    kept = messages if answered else messages[:1]
    rendered = renderer.render(kept, [picture.size for picture in pictures])
    return renderer, rendered, renderer.pixels(pictures, rendered)


def packed_cases(family, names):
    samples = [case_of(family, name) for name in names]
    return samples[0][0].pack([(rendered, pixels) for _, rendered, pixels in samples])


def apart(tensor, array):
    return float((tensor.detach() - torch.from_numpy(array)).abs().max())


@pytest.mark.parametrize("name", CASES)
def test_ids_labels_and_pixels(golden_family, name):
    plan, arrays = golden()
    _, rendered, pixels = case_of(golden_family, name)
    assert np.array_equal(rendered.ids, arrays[f"{name}.input_ids"])
    labels = np.where(rendered.targets, rendered.ids, -100)
    assert np.array_equal(labels, arrays[f"{name}.labels"])
    assert [slot.tiles for slot in rendered.slots] == plan["cases"][name]["tiles_per_image"]
    if rendered.slots:
        assert np.array_equal(pixels["tiles"], arrays[f"{name}.tiles_uint8"])
        for made in (
            normalized(pixels["tiles"]),
            _normalized(torch.from_numpy(pixels["tiles"])).numpy(),
        ):
            assert np.array_equal(made, arrays[f"{name}.pixel_values"])


def test_prompt_texts(golden_family):
    written = json.loads((GOLDEN / "prompt.json").read_text())
    assert written["system_message"] == SYSTEM
    tokens = golden_family.tokens
    slots = [Slot(0, 8, (56, 56), (2, 1)), Slot(0, 4, (56, 56))]

    def text_of(messages, slots):
        turns = turns_of(messages, system=SYSTEM)
        opened = messages[-1].role == "user"
        ids = render_turns(turns, slots, tokens, open_turn=opened).ids
        return tokens.plain.decode(ids.tolist(), skip_special_tokens=False)

    asked = Message("user", written["question"])
    expanded = "prompt_after_expansion_4_tokens_per_tile_first_image_2_tiles_second_1_tile"
    assert text_of([asked], slots) == written[expanded]
    more = [asked, Message("assistant", "the first"), Message("user", "Sure?")]
    found = text_of(more, [Slot(0, 0, (56, 56))] * 2).replace("<img></img>", "<image>")
    assert found == written["second_turn_prompt"]
    for name, text in written["training_render"].items():
        ids = case_of(golden_family, name)[1].ids.tolist()
        assert tokens.plain.decode(ids, skip_special_tokens=False) == text


def test_tiling_table():
    table = json.loads((GOLDEN / "tiling_table.json").read_text())
    assert table["columns"][:5] == ["width", "height", "max_num", "cols", "rows"]
    assert len(table["rows"]) > 200
    for width, height, most, columns, rows, thumbnail, tiles in table["rows"]:
        found = grid_of((width, height), table["min_num"], most, table["image_size"])
        assert found == (columns, rows), (width, height, most)
        assert (columns * rows > 1) == thumbnail
        assert columns * rows + thumbnail == tiles


@pytest.mark.parametrize("attention", ["segments", "sdpa", "eager"])
def test_features_logits_and_losses(golden_family, attention):
    plan, arrays = golden()
    model = golden_family.load(dtype=torch.float32, attention=attention)
    for name in CASES:
        packed = packed_cases(golden_family, name)
        if len(packed.inputs["tiles"]):
            features = model.tile_features(packed.inputs["tiles"])
            assert apart(features, arrays[f"{name}.vision_features"]) <= FEATURES
        everywhere = {**packed.inputs, "predict_at": torch.arange(packed.lengths[0])}
        assert apart(model(everywhere), arrays[f"{name}.logits"]) <= LOGITS
        loss = cross_entropy(model(packed.inputs), packed.labels)
        assert abs(float(loss.detach()) - plan["cases"][name]["loss"]) <= LOSSES
        assert len(packed.labels) == plan["cases"][name]["n_supervised"]


@pytest.mark.parametrize("curve", ["all_parameters", "vision_encoder_frozen"])
def test_training_curves_on_one_packed_row(golden_family, curve):
    """Upstream pads a batch of four; here they share a row."""
    recorded = json.loads((GOLDEN / "training.json").read_text())["curves"][curve]
    model = golden_family.load(dtype=torch.float32)
    if curve == "vision_encoder_frozen":
        model.part("vision").requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == recorded["n_trainable"]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.05, betas=(0.9, 0.999), eps=1e-8)
    packed = packed_cases(golden_family, CASES)
    losses, norms = [], []
    for _ in range(6):
        optimizer.zero_grad()
        loss = cross_entropy(model(packed.inputs), packed.labels)
        loss.backward()
        losses.append(float(loss.detach()))
        norms.append(float(torch.nn.utils.get_total_norm(p.grad for p in trained)))
        optimizer.step()
    assert np.allclose(losses, recorded["loss_before_step_1_to_5_and_after_step_5"], 0, CURVES)
    assert np.allclose(norms, recorded["grad_norm_at_each_of_these"], 0, CURVES)


@pytest.mark.parametrize("name", ["a", "c", "d"])
def test_greedy_answers(golden_family, name):
    recorded = golden()[0]["greedy"][name]
    model = golden_family.load(dtype=torch.float32)
    renderer, rendered, pixels = case_of(golden_family, name, "inference", answered=False)
    assert rendered.ids.tolist() == recorded["prompt_ids"]
    prompt = renderer.pack([(rendered, pixels)])
    end = golden_family.tokens.end
    new = recorded["new_ids"]
    assert generate_ids(model, prompt, end=end, max_new_tokens=len(new)) == new
    assert generate_batch(model.eval(), [prompt], end=end, max_new_tokens=len(new)) == [new]


def test_key_map():
    """Held against a map that upstream's and transformers' weights were matched by."""
    for entry in json.loads((GOLDEN / "key_map_openvglab_to_hf.json").read_text()):
        theirs, on_disk = entry[:2]
        (name,) = names_of(on_disk, "hf")
        third = int(entry[2].split()[2]) if len(entry) > 2 else None
        assert source_of(name, "opengvlab") == (theirs, third)
        assert source_of(name, "hf") == (on_disk, None)
        assert names_of(theirs, "opengvlab")[third or 0] == name
