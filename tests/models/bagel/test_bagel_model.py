"""Rows without pictures, frozen parts, gradients; answers alone, in a conversation, in a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from tiny_bagel import RULES, picture
from torch.nn.functional import cross_entropy

from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.models.bagel.generate import generate_ids
from sextant.models.family import Message
from sextant.models.messages import Clip, ModelOptions, Picture, Request
from sextant.models.registry import open_model


def packed(renderer, pictures, question="Where is the chair?", answer="left of the table"):
    text = "<image>" * len(pictures) + question
    messages = [Message("user", text), Message("assistant", answer, supervised=True)]
    rendered = renderer.render(messages, [p.size for p in pictures])
    return renderer.pack([(rendered, renderer.pixels(pictures, rendered))])


@pytest.fixture
def renderer(family):
    return family.renderer("train", **RULES)


def vision_runs(model):
    seen = []
    model.vit_model.vision_model.register_forward_hook(lambda *args: seen.append(len(args[-1])))
    return seen


def test_a_row_without_pictures_runs_the_vision_encoder(renderer, model):
    row = packed(renderer, [])
    seen = vision_runs(model)
    loss = cross_entropy(model(row.inputs), row.labels)
    loss.backward()
    assert seen == [1]
    for part in ("vision", "projector"):
        gradients = [p.grad for p in model.part(part).parameters()]
        assert all(g is not None and not g.any() for g in gradients), part
    without = {k: v for k, v in row.inputs.items() if k != "patches"}
    assert torch.equal(model(without), model(row.inputs))


def test_all_of_vision_learns_from_pictures(renderer, model):
    row = packed(renderer, [picture(0), picture(1, (40, 70))])
    cross_entropy(model(row.inputs), row.labels).backward()
    for name, parameter in model.named_parameters():
        # Biases of keys shift all scores of a query alike: softmax does not see them.
        if not name.endswith("k_proj.bias") or name.startswith("language"):
            assert parameter.grad is not None, name
            assert parameter.grad.any(), name


def test_a_frozen_part_gets_no_gradient(renderer, model):
    model.part("vision").requires_grad_(False)
    row = packed(renderer, [picture(0)])
    cross_entropy(model(row.inputs), row.labels).backward()
    assert all(p.grad is None for p in model.part("vision").parameters())
    assert all(p.grad is not None for p in model.part("projector").parameters())


def test_a_frozen_part_may_have_fewer_digits(renderer, model):
    row = packed(renderer, [picture(0)])
    with torch.no_grad():
        before = model(row.inputs)
        model.part("vision").to(torch.bfloat16)
        after = model(row.inputs)
    assert after.dtype == torch.float32
    assert 0 < float((after - before).abs().max()) < 0.1 * float(before.abs().max())


@pytest.mark.slow  # two processes that import torch, on a busy machine
def test_sharded_with_a_process_that_has_no_picture(folder):
    script = Path(__file__).parent / "sharded_bagel.py"
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


def test_blocks_can_be_recomputed(renderer, model):
    row = packed(renderer, [picture(0)])

    def gradients():
        model.zero_grad()
        cross_entropy(model(row.inputs), row.labels).backward()
        return {name: p.grad.clone() for name, p in model.named_parameters()}

    before = gradients()
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    for owner in (model.vit_model.vision_model.encoder, model.language_model.model):
        owner.layers = torch.nn.ModuleList([checkpoint_wrapper(b) for b in owner.layers])
    after = gradients()
    for name, gradient in before.items():
        parts = name.replace(".layers.", ".layers.*").split("*")
        again = name
        if len(parts) == 2:
            number, _, rest = parts[1].partition(".")
            again = f"{parts[0]}{number}._checkpoint_wrapped_module.{rest}"
        assert torch.equal(after[again], gradient), name


@pytest.mark.slow
def test_flex_attention_gives_the_same(family, renderer, model):
    # Compiling for a CPU takes most of a minute; there it has no backward pass either.
    flex = family.load(dtype=torch.float32, attention="flex_attention").eval()
    row = packed(renderer, [picture(0), picture(1, (40, 70))])
    with torch.no_grad():
        expected = model(row.inputs)
        assert float((flex(row.inputs) - expected).abs().max()) <= 2e-6 * float(
            expected.abs().max()
        )


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_answers_with_and_without_a_cache(family, renderer, attention):
    model = family.load(dtype=torch.float32, attention=attention)
    shown = [picture(0), picture(4, (30, 80))]
    rendered = renderer.render(
        [Message("user", "A <image> and B <image>?")], [p.size for p in shown]
    )
    prompt = renderer.pack([(rendered, renderer.pixels(shown, rendered))])
    seen = vision_runs(model)
    found = generate_ids(model, prompt, end=family.tokens.end, max_new_tokens=12)
    assert len(seen) == 1
    ids = prompt.inputs["ids"].tolist()
    for k, token in enumerate(found):
        inputs = dict(prompt.inputs)
        n = len(ids)
        inputs["ids"] = torch.tensor(ids)
        last = int(prompt.inputs["position_ids"][-1])
        more = torch.arange(last + 1, last + 1 + k)
        inputs["position_ids"] = torch.cat([prompt.inputs["position_ids"], more])
        inputs["sample_ids"] = torch.zeros(n, dtype=torch.int64)
        none = torch.full((k,), -1)
        inputs["picture_ids"] = torch.cat([prompt.inputs["picture_ids"], none])
        inputs["predict_at"] = torch.tensor([n - 1])
        with torch.no_grad():
            assert int(model(inputs)[0].argmax()) == token
        ids.append(token)


def test_an_answer_ends(family, renderer, model):
    rendered = renderer.render([Message("user", "Where?")], [])
    prompt = renderer.pack([(rendered, renderer.pixels([], rendered))])
    end = generate_ids(model, prompt, end=-1, max_new_tokens=3)[1]
    assert generate_ids(model, prompt, end=end, max_new_tokens=9)[-1] == end
    assert generate_ids(model, prompt, end=-1, max_new_tokens=0) == []


def test_generate_as_the_contract_says(family, renderer, model):
    messages = [
        Message("system", "Be brief."), Message("user", "<image>Where is it?"),
        Message("assistant", "Left"), Message("user", "Sure?"),
    ]  # fmt: skip
    first = family.generate(model, renderer, messages, [picture(0)], 8)
    assert isinstance(first, str)
    assert family.generate(model, renderer, messages, [picture(0)], 8) == first
    assert "<|" not in first
    assert family.generate(model, renderer, messages, [picture(5)], 8) != first


def shown(seed, size=(60, 40)):
    buffer = BytesIO()
    picture(seed, size).save(buffer, "PNG")
    return Picture(f"{seed}.png", buffer.getvalue)


def opened(folder, **options):
    return open_model(f"bagel:{folder}", ModelOptions(**{"extra": RULES, **options}))


def ask(model, *requests):
    return {reply.id: reply for reply in model.replies(iter(requests))}


def test_a_backend_answers_as_the_family_does(folder, family, model):
    renderer = family.renderer("inference", **RULES)
    with closing(opened(folder)) as backend:
        found = ask(
            backend,
            Request("a", ("Look ", shown(0), "here", " and ", shown(1), "?"), max_new_tokens=7),
            Request("b", ("Say <image> it",), system="Be brief.", max_new_tokens=7),
        )
        assert backend.name == "bagel:tiny"
        assert json.dumps(backend.identity(), sort_keys=True)
        assert json.dumps(backend.environment())
    asked = [Message("user", "Look <image>here and <image>?")]
    expected = family.generate(model, renderer, asked, [picture(0), picture(1)], 7)
    assert (found["a"].text, found["a"].error) == (expected, None)
    assert found["a"].finish in ("stop", "length")
    rendered = renderer.render(asked, [(60, 40)] * 2)
    assert found["a"].prompt_tokens == len(rendered)
    # A mark of ours inside a benchmark's text is text.
    assert found["b"].error is None


def test_a_clip_is_its_frames(folder):
    with closing(opened(folder)) as backend:
        frames = (shown(0), shown(1))
        found = ask(
            backend,
            Request("clip", (Clip(frames, (0.0, 1.0)), "What?"), max_new_tokens=6),
            Request("frames", (*frames, "What?"), max_new_tokens=6),
        )
    assert found["clip"].text == found["frames"].text
    assert found["clip"].prompt_tokens == found["frames"].prompt_tokens


def test_one_broken_picture_spoils_one_answer(folder):
    broken = Picture("broken.png", lambda: b"no picture")
    with closing(opened(folder)) as backend:
        found = ask(
            backend,
            Request("bad", (broken, "What?"), max_new_tokens=4),
            Request("good", (shown(0), "What?"), max_new_tokens=4),
        )
    assert found["bad"].text is None
    assert "broken.png" in found["bad"].error
    assert found["good"].error is None


def test_sampling_follows_its_seed(folder):
    def request(name, seed, temperature=2.0):
        parts = (shown(0), "What?")
        return Request(name, parts, max_new_tokens=12, temperature=temperature, seed=seed)

    with closing(opened(folder)) as backend:
        found = ask(backend, request("a", 1), request("b", 1), request("c", 2), request("d", 1, 0))
    assert found["a"].text == found["b"].text
    assert found["a"].text != found["c"].text
    assert found["a"].text != found["d"].text


def test_what_decides_answers_is_in_the_identity(folder):
    found = []
    for options in ({}, {"dtype": "bfloat16"}, {"max_side": 30}, {"attention": "eager"},
                    {"extra": {**RULES, "pictures_first": True}}):  # fmt: skip
        with closing(opened(folder, **options)) as backend:
            found.append(json.dumps(backend.identity(), sort_keys=True))
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "options",
    [{"dtype": "float8"}, {"max_side": 0}, {"extra": {"tiles": 3}}, {"attention": "flash"},
     {"device": "nowhere"}],
)  # fmt: skip
def test_options_that_cannot_be_meant(folder, options):
    with pytest.raises(RecipeError):
        opened(folder, **options)


def test_folders_that_are_none(folder, tmp_path):
    with pytest.raises(MissingInput):
        opened(tmp_path / "nothing")
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises((MissingInput, CorruptInput)):
        opened(tmp_path)
