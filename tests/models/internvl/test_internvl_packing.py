"""Samples in one row give what they give alone; what happens when one rule is broken."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from tiny_internvl import picture, sample
from torch.nn.functional import cross_entropy

from sextant.errors import ConventionError, RecipeError
from sextant.models.family import PARTS, Message, Rendered
from sextant.models.internvl.generate import generate_batch, generate_ids
from sextant.models.internvl.model import InternVL


@pytest.fixture
def renderer(family):
    return family.renderer("train", tiles=3, total_tiles=6)


def samples_of(renderer):
    counts = [(1, "left"), (0, "the chair is left"), (3, "B"), (0, "A"), (2, "1.5 m")]
    return [sample(renderer, n, answer, seed=k) for k, (n, answer) in enumerate(counts)]


@pytest.mark.parametrize(
    "attention",
    [
        "segments",
        "sdpa",
        "eager",
        pytest.param("flex_attention", marks=pytest.mark.slow),
    ],  # it is compiled
)
def test_packed_is_unpacked(family, renderer, attention):
    model = family.load(dtype=torch.float32, attention=attention)
    samples = samples_of(renderer)
    together = renderer.pack(samples)
    with torch.no_grad():
        found = model(together.inputs)
        alone = [model(renderer.pack([one]).inputs) for one in samples]
    # Of logits of size 10, float32 keeps 1e-6; compiled attention sums in another order.
    bound = {"flex_attention": 3e-6}.get(attention, 1e-6) * float(found.abs().max())
    assert (found - torch.cat(alone)).abs().max() <= bound
    assert together.lengths == tuple(len(rendered) for rendered, _ in samples)
    labels = [renderer.pack([one]).labels for one in samples]
    assert torch.equal(together.labels, torch.cat(labels))
    of = [torch.full((len(one),), k) for k, one in enumerate(labels)]
    assert torch.equal(together.sample, torch.cat(of))


def test_gradients_of_a_pack_are_the_sum_of_those_alone(renderer, model):
    samples = samples_of(renderer)

    def gradients(packs):
        model.zero_grad()
        for pack in packs:
            cross_entropy(model(pack.inputs), pack.labels, reduction="sum").backward()
        return {name: p.grad.clone() for name, p in model.named_parameters()}

    found = gradients([renderer.pack(samples)])
    expected = gradients([renderer.pack([one]) for one in samples])
    for name, gradient in expected.items():
        scale = max(1.0, float(gradient.abs().max()))
        assert (found[name] - gradient).abs().max() <= 2e-5 * scale, name


@pytest.mark.parametrize("broken", ["use_cache", "attention_mask", "position_ids"])
def test_each_of_the_three_rules_is_needed(renderer, model, broken):
    """The trap: without one of them samples see each other, and no error says so."""
    packed = renderer.pack(samples_of(renderer))
    language = model.network.model.language_model
    with torch.no_grad():
        whole = model(packed.inputs)
        forward = language.forward

        def careless(**arguments):
            n = arguments["inputs_embeds"].shape[1]
            change = {
                "use_cache": True,
                "attention_mask": torch.ones((1, n), dtype=torch.int64),
                "position_ids": torch.arange(n)[None],
            }
            return forward(**{**arguments, broken: change[broken]})

        language.forward = careless
        found = model(packed.inputs)
    first = int((packed.sample == 0).sum())
    assert (found[:first] - whole[:first]).abs().max() < 1e-5  # the first has nobody before it
    assert (found[first:] - whole[first:]).abs().max() > 0.01


def test_other_samples_have_no_influence(renderer, model):
    samples = samples_of(renderer)
    changed = [*samples[:2], sample(renderer, 3, "C", seed=50), *samples[3:]]
    with torch.no_grad():
        a, b = (renderer.pack(s) for s in (samples, changed))
        before, after = model(a.inputs), model(b.inputs)
    kept_a, kept_b = a.sample != 2, b.sample != 2
    assert torch.allclose(before[kept_a], after[kept_b], atol=1e-5)


def test_a_row_without_pictures_runs_the_vision_encoder(renderer, model):
    row = renderer.pack([sample(renderer, 0)])
    assert row.inputs["tiles"].shape == (0, 32, 32, 3)
    seen = []
    model.part("vision").register_forward_hook(lambda *_: seen.append(1))
    loss = cross_entropy(model(row.inputs), row.labels)
    loss.backward()
    assert seen == [1]
    for part in ("vision", "projector"):
        for parameter in model.part(part).parameters():
            assert parameter.grad is not None
            assert not parameter.grad.any()


def test_pixels_of_another_sample_are_refused(renderer):
    (one, pixels), (two, _) = sample(renderer, 1), sample(renderer, 3)
    with pytest.raises(ConventionError, match="another sample"):
        renderer.pack([(one, pixels), (two, pixels)])
    first = Rendered(np.array([5, 6]), np.array([True, False]), ())
    with pytest.raises(ConventionError, match="first token"):
        renderer.pack([(first, sample(renderer, 0)[1])])
    shown = [picture(0, (30, 200))]
    with pytest.raises(ConventionError, match="other numbers or sizes"):
        renderer.pixels(shown, one)


def test_parts_are_the_whole(renderer, model):
    parts = {name: list(model.part(name).parameters()) for name in PARTS}
    counted = [id(p) for found in parts.values() for p in found]
    assert len(counted) == len(set(counted))
    assert set(counted) == {id(p) for p in model.parameters()}
    assert sum(1 for _ in model.blocks()) == 4
    assert isinstance(model, torch.nn.Module)


def test_answers_alone_and_in_batches(family, renderer, model):
    asking = family.renderer("inference", tiles=3)
    prompts = []
    for pictures in (0, 1, 3, 2):
        shown = [picture(k, (70, 30)) for k in range(pictures)]
        asked = [Message("user", "<image>" * pictures + "Why?" * (pictures + 1))]
        rendered = asking.render(asked, [p.size for p in shown])
        prompts.append(asking.pack([(rendered, asking.pixels(shown, rendered))]))
    end = family.tokens.end
    alone = [generate_ids(model, p, end=end, max_new_tokens=12) for p in prompts]
    together = generate_batch(model.eval(), prompts, end=end, max_new_tokens=12)
    assert together == alone
    # Each further token is what the whole row gives without a cache.
    inputs = {**prompts[2].inputs}
    for token in alone[2][:4]:
        n = len(inputs["ids"])
        row = {**inputs, "position_ids": torch.arange(n), "predict_at": torch.tensor([n - 1])}
        with torch.no_grad():
            assert int(model(row)[-1].argmax()) == token
        inputs["ids"] = torch.cat([inputs["ids"], torch.tensor([token])])


def test_an_answer_ends_and_the_mode_stays(family, model):
    model.train()
    model.part("vision").eval()
    asking = family.renderer("inference")
    head = model.network.lm_head.weight
    with torch.no_grad():
        head.zero_()  # all logits are 0, the first id wins
    prompt = asking.pack([(asking.render([Message("user", "x")], []), asking.pixels([], EMPTY))])
    assert generate_ids(model, prompt, end=0, max_new_tokens=5) == [0]
    assert generate_ids(model, prompt, end=7, max_new_tokens=5) == [0] * 5
    assert model.training
    assert not model.part("vision").training
    said = family.generate(model, asking, [Message("user", "x")], [], 3)
    assert said == family.tokens.decode([0, 0, 0]).strip()


EMPTY = Rendered(np.zeros(0, np.int64), np.zeros(0, np.bool_), ())


def test_unknown_attention(family):
    with pytest.raises(RecipeError, match="unknown attention"):
        family.load(dtype=torch.float32, attention="fast")


def test_blocks_can_be_recomputed(renderer, model):
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import (
        apply_activation_checkpointing,
        checkpoint_wrapper,
    )

    row = renderer.pack(samples_of(renderer))

    def gradients():
        model.zero_grad()
        cross_entropy(model(row.inputs), row.labels).backward()
        return [p.grad.clone() for p in model.parameters()]

    before = gradients()
    blocks = set(model.blocks())
    apply_activation_checkpointing(
        model, checkpoint_wrapper_fn=checkpoint_wrapper, check_fn=lambda m: m in blocks
    )
    for one, other in zip(before, gradients(), strict=True):
        assert torch.equal(one, other)
    assert isinstance(model, InternVL)


@pytest.mark.slow  # two processes that import torch, on a busy machine
def test_sharded_with_a_process_that_has_no_picture(folder):
    script = Path(__file__).parent / "sharded_internvl.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ran = subprocess.run(
        [*command, str(script), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    assert found["sharded"] == pytest.approx(found["alone"], rel=1e-6)
    assert found["alone"][-1] < found["alone"][0]
    assert found["answers"] == [found["expected"]] * 2
