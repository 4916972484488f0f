"""Samples in one row: positions, and none sees another."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_qwen3_vl import asked, picture

from sextant.errors import ConventionError
from sextant.models.family import Rendered
from sextant.models.qwen3_vl.packing import pack, positions


def sample(renderer, sizes, question="Which?", answer="the left", seed=0):
    rendered = renderer.render(asked(len(sizes), question, answer), sizes)
    pictures = [picture(*size, seed=seed + k) for k, size in enumerate(sizes)]
    return rendered, renderer.pixels(pictures, rendered)


@pytest.fixture(scope="module")
def samples(renderer):
    """Pictures of many shapes, none, and a sample that is nothing but one token long."""
    one = Rendered(np.array([5]), np.array([False]), ())
    empty = renderer.pixels([], one)
    return [
        sample(renderer, [(64, 48)], "one?", "A"),
        sample(renderer, [], "no picture?", "no answer is longer than this one, by far"),
        (one, empty),
        sample(renderer, [(100, 60), (32, 32), (40, 90)], "three?", "left", seed=3),
        sample(renderer, [], "again?", "B"),
        sample(renderer, [(128, 32)] * 2, "two?", "", seed=9),
    ]


def test_golden_rows(golden):
    packed = golden.renderer.pack([(r, p) for r, p, _ in golden.samples.values()])
    arrays, inputs = golden.arrays, {k: v.numpy() for k, v in packed.inputs.items()}
    assert np.array_equal(inputs["input_ids"][0], arrays["packed.input_ids"])
    assert np.array_equal(inputs["position_ids"][:, 0], arrays["packed.position_ids"])
    assert np.array_equal(inputs["grid_thw"], arrays["packed.image_grid_thw"])
    assert packed.lengths == tuple(arrays["packed.sample_lens"])
    places = np.flatnonzero(arrays["packed.labels"] != -100)
    assert np.array_equal(inputs["keep"], places - 1)
    assert np.array_equal(packed.labels.numpy(), arrays["packed.labels"][places])
    counts = [case["n_supervised"] for case in golden.cases.values()]
    assert packed.sample.tolist() == [k for k, n in enumerate(counts) for _ in range(n)]
    for name, (rendered, _, _) in golden.samples.items():
        mrope = positions(rendered, 32)
        assert np.array_equal(mrope[1:], arrays[f"{name}.mrope_position_ids"])
        delta = golden.cases[name]["mrope_delta"]
        assert mrope[1:].max() + 1 - len(rendered) == delta


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=st.lists(st.tuples(st.integers(20, 300), st.integers(20, 300)), max_size=4),
    text=st.text(st.characters(codec="ascii"), max_size=12),
)
def test_positions_are_transformers(renderer, model, sizes, text):
    question = text.replace("<image>", "").join(["<image>"] * len(sizes)) or text
    messages = [*asked(0, question, "A")]
    rendered = renderer.render(messages, sizes)
    kinds = torch.zeros(1, len(rendered), dtype=torch.int32)
    for slot in rendered.slots:
        kinds[0, slot.start : slot.start + slot.tokens] = 1
    grid = torch.tensor([[1, s.size[1] // 16, s.size[0] // 16] for s in rendered.slots])
    wanted, _ = model.hf.model.get_rope_index(
        torch.from_numpy(rendered.ids)[None],
        mm_token_type_ids=kinds,
        image_grid_thw=grid if len(sizes) else None,
    )
    found = positions(rendered, 32)
    assert np.array_equal(found[1:], wanted[:, 0].numpy())
    assert np.array_equal(found[0], np.arange(len(rendered)))


@pytest.mark.parametrize("attention", ["sdpa", "eager", "segments"])
def test_packed_equals_alone(family, renderer, samples, attention):
    model = family.load(dtype=torch.float32, attention=attention)
    together = renderer.pack(samples)
    with torch.no_grad():
        row = model(together.inputs)
        alone = [model(renderer.pack([s]).inputs) for s in samples]
    assert len(row) == len(together.labels) == sum(map(len, alone))
    scale = row.abs().max()
    assert (row - torch.cat(alone)).abs().max() <= 1e-6 * scale
    for k, logits in enumerate(alone):
        assert len(logits) == int((together.sample == k).sum())


def test_segments_learn_what_a_mask_learns(family, renderer, samples):
    packed = renderer.pack(samples)
    gradients = []
    for attention in ("sdpa", "segments"):
        model = family.load(dtype=torch.float32, attention=attention)
        torch.nn.functional.cross_entropy(model(packed.inputs), packed.labels).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    masked, cut = gradients
    assert masked.abs().max() > 0.1
    assert (masked - cut).abs().max() <= 1e-5 * masked.abs().max()


def test_segments_are_those_of_the_row(family, renderer, samples):
    model = family.load(dtype=torch.float32, attention="segments")
    inputs = dict(renderer.pack(samples).inputs)
    inputs["lengths"] = inputs["lengths"][:-1]
    with pytest.raises(ValueError, match="in a row of"):
        model(inputs)


def test_the_order_of_samples_does_not_matter(renderer, model, samples):
    order = [3, 0, 5, 1, 4, 2]
    with torch.no_grad():
        row = model(renderer.pack(samples).inputs)
        other = renderer.pack([samples[k] for k in order])
        moved = model(other.inputs)
    owner = renderer.pack(samples).sample
    back = torch.cat([moved[other.sample == order.index(k)] for k in range(len(samples))])
    assert torch.equal(owner, owner.sort().values)
    assert (row - back).abs().max() <= 1e-6 * row.abs().max()


def test_a_cache_left_on_is_caught(golden):
    """The trap: transformers' default makes a cache, and samples see those before them.

    The checkpoint's config asks for a cache, as all published ones do. Ours must not follow it; the
    same call with the default does, and is wrong by far more than rounding.
    """
    model = golden.family.load(dtype=torch.float32)
    assert model.hf.config.text_config.use_cache
    packed = golden.renderer.pack([(r, p) for r, p, _ in golden.samples.values()])
    inputs, wanted = packed.inputs, golden.arrays["packed.logits"]
    kinds = (inputs["input_ids"] == golden.family.config.image_id).int()
    given = {
        "input_ids": inputs["input_ids"],
        "position_ids": inputs["position_ids"],
        "pixel_values": torch.from_numpy(golden.arrays["packed.pixel_values"]),
        "image_grid_thw": inputs["grid_thw"],
        "mm_token_type_ids": kinds,
        "attention_mask": None,
    }
    with torch.no_grad():
        ours = model(inputs).numpy()
        theirs = model.hf(**given, use_cache=False).logits[0].numpy()
        trapped = model.hf(**given).logits[0].numpy()
        masked = model.hf(
            **{**given, "attention_mask": torch.ones_like(inputs["input_ids"])}, use_cache=False
        ).logits[0].numpy()  # fmt: skip
    keep = inputs["keep"].numpy()
    assert np.abs(ours - wanted[keep]).max() <= 1e-5
    assert np.abs(theirs - wanted).max() <= 1e-5
    assert np.abs(trapped - wanted).max() > 0.05
    assert np.abs(masked - wanted).max() > 0.05


def test_what_cannot_be_packed(family, renderer, samples):
    with pytest.raises(ConventionError, match="without samples"):
        renderer.pack([])
    rendered, pixels = samples[0]
    other = samples[3][1]
    with pytest.raises(ConventionError, match="sample 1"):
        renderer.pack([samples[1], (rendered, other)])
    with pytest.raises(ConventionError, match="other pictures"):
        renderer.pack([(rendered, {**pixels, "patches": pixels["patches"][:-1]})])
    first = Rendered(np.array([1, 2]), np.array([True, False]), ())
    with pytest.raises(ConventionError, match="before the first"):
        pack([(first, samples[1][1])], family.config)
