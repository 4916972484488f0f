"""Answers: transformers' own, token by token, and by way of the backend for evaluation."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from tiny_qwen3_vl import asked, picture
from transformers import Qwen2VLImageProcessorPil

from sextant.errors import InputError, RecipeError
from sextant.models.family import Message
from sextant.models.messages import Clip, ModelOptions, Picture, Request
from sextant.models.qwen3_vl.generate import ends_of, generate_ids
from sextant.models.registry import open_model


def prompt_of(renderer, sizes, question):
    shown = [picture(*s, seed=k) for k, s in enumerate(sizes)]
    rendered = renderer.render(asked(len(sizes), question), sizes)
    return renderer.pack([(rendered, renderer.pixels(shown, rendered))]), shown


def theirs(model, folder, packed, shown, ends, count):
    """Greedy by transformers' generate, from its own processor's pixels."""
    ids = packed.inputs["input_ids"]
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if shown:
        given |= dict(Qwen2VLImageProcessorPil.from_pretrained(folder)(shown, return_tensors="pt"))
        given["mm_token_type_ids"] = (ids == model.config.image_id).int()
    found = model.hf.generate(
        **given, max_new_tokens=count, do_sample=False, temperature=None, top_k=None, top_p=None,
        eos_token_id=sorted(ends) or None, pad_token_id=0,
    )  # fmt: skip
    return found[0, ids.shape[1] :].tolist()


@pytest.mark.parametrize("sizes", [[], [(64, 96)], [(100, 60), (32, 32), (40, 90)]])
def test_answers_are_transformers(folder, renderer, model, sizes):
    packed, shown = prompt_of(renderer, sizes, "What is left of the chair?")
    ours = generate_ids(model, packed, ends=(), max_new_tokens=12)
    assert ours == theirs(model, folder, packed, shown, (), 12)
    assert len(set(ours)) > 3
    end = ours[5]
    stopped = generate_ids(model, packed, ends={end}, max_new_tokens=12)
    assert stopped == ours[: ours.index(end) + 1]
    assert stopped == theirs(model, folder, packed, shown, {end}, 12)


def test_answers_by_segments(family, renderer, model):
    cut = family.load(dtype=torch.float32, attention="segments")
    packed, _ = prompt_of(renderer, [(64, 96), (100, 60)], "What is left of the chair?")
    ours = generate_ids(cut, packed, ends=(), max_new_tokens=12)
    assert ours == generate_ids(model, packed, ends=(), max_new_tokens=12)


def test_golden_answers(golden):
    model = golden.family.load(dtype=torch.float32)
    for name, case in golden.cases.items():
        pictures = golden.samples[name][2]
        rendered = golden.renderer.render(
            asked(len(pictures), case["user"]), [p.size for p in pictures]
        )
        packed = golden.renderer.pack([(rendered, golden.renderer.pixels(pictures, rendered))])
        assert len(rendered) == case["n_prompt"]
        found = generate_ids(model, packed, ends=(), max_new_tokens=8)
        assert found == case["greedy_8"]


def test_the_family_answers_in_text(family, renderer, model):
    messages, pictures = asked(1, "What?"), [picture(64, 64)]
    packed, _ = prompt_of(renderer, [(64, 64)], "What?")
    model.train()
    text = family.generate(model, renderer, messages, pictures, max_new_tokens=6)
    assert model.training
    ids = generate_ids(model, packed, ends=family.ends, max_new_tokens=6)
    assert text == family.tokens.decode([i for i in ids if i not in family.ends])
    assert text
    assert family.generate(model, renderer, messages, pictures, max_new_tokens=0) == ""


def test_what_ends_an_answer(folder, family, tmp_path):
    ids = family.tokens._whole.token_to_id
    assert family.ends == {ids("<|im_end|>"), ids("<|endoftext|>")}
    assert ends_of(tmp_path, 3) == {3}
    for text, ends in (('{"eos_token_id": 5}', {3, 5}), ("[", {3}), ("[]", {3}), ("{}", {3})):
        (tmp_path / "generation_config.json").write_text(text)
        assert ends_of(tmp_path, 3) == ends


def shown_picture(name, image):
    data = BytesIO()
    image.save(data, "PNG")
    return Picture(name, data.getvalue)


def test_the_backend_sees_what_training_sees(folder, family, model):
    images = [picture(64, 48, seed=1), picture(48, 64, seed=2), picture(90, 40, seed=3)]
    parts = [shown_picture(f"{k}.png", image) for k, image in enumerate(images)]

    def broken() -> bytes:
        raise InputError("not there")

    requests = [
        Request("one", ("First: ", "<image> is a word.", parts[0], "\nWhich?"), max_new_tokens=5),
        Request("clip", (Clip(tuple(parts), (0.0, 1.0, 2.0)), "Which?"), max_new_tokens=5),
        Request("images", (*parts, "Which?"), max_new_tokens=5),
        Request("text", ("Which?",), system="Be brief.", max_new_tokens=5),
        Request("warm", ("Which?",), temperature=0.5),
        Request("broken", (Picture("b.png", broken), "Which?")),
        Request("long", (shown_picture("l.png", picture(2, 600)), "Which?")),
    ]
    backend = open_model(f"qwen3_vl:{folder}", ModelOptions(device="cpu"))
    replies = {reply.id: reply for reply in backend.replies(requests)}
    assert list(replies) == [request.id for request in requests]
    renderer = family.renderer("inference")
    wanted = family.generate(model, renderer, asked(3, "Which?"), images, max_new_tokens=5)
    assert replies["images"].text == replies["clip"].text == wanted
    system = [Message("system", "Be brief."), Message("user", "Which?")]
    assert replies["text"].text == family.generate(model, renderer, system, [], 5)
    assert replies["one"].text
    assert replies["one"].completion_tokens == 5
    assert replies["one"].finish == "length"
    for name, word in (("warm", "greedily"), ("broken", "not there"), ("long", "too long")):
        assert replies[name].text is None
        assert word in replies[name].error
    identity = backend.identity()
    assert identity["backend"] == "qwen3_vl"
    assert identity["rules"]["max_pixels"] == 16384
    assert identity["weights"].startswith("sha256:")
    assert backend.name == f"qwen3_vl:{folder.name}"
    assert backend.environment()["device"] == "cpu"
    backend.close()


def test_rules_and_options_of_the_backend(folder):
    backend = open_model(f"qwen3_vl:{folder}", ModelOptions(extra={"max_pixels": 2048}))
    assert backend.identity()["rules"]["max_pixels"] == 2048
    for options in (
        ModelOptions(extra={"max_pixel": 1}), ModelOptions(dtype="int3"), ModelOptions(max_side=0),
        ModelOptions(device="nowhere"), ModelOptions(attention="nonsense"),
    ):  # fmt: skip
        with pytest.raises(RecipeError):
            open_model(f"qwen3_vl:{folder}", options)


def test_opening_a_family_needs_no_torch(folder):
    """Plans and workers read texts and sizes; they shall not wait for torch."""
    code = (
        "import sys; from pathlib import Path; from sextant.models.family import Message;"
        "from sextant.models.qwen3_vl import open_family;"
        f"family = open_family(Path({str(folder)!r})); family.shape;"
        "r = family.renderer('train').render([Message('user', '<image>Q')], [(64, 64)]);"
        "assert len(r) > 8;"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
