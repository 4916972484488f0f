"""InternVL as a backend: prompts, batches, clips, and what cannot be meant."""

from __future__ import annotations

import json
from contextlib import closing
from io import BytesIO

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from tiny_internvl import picture

from sextant.errors import InputError, MissingInput, RecipeError
from sextant.models.family import Message
from sextant.models.internvl import backend as module
from sextant.models.internvl.convert import convert
from sextant.models.messages import Clip, ModelOptions, Picture, Request
from sextant.models.registry import open_model


def shown(seed, size=(40, 30)):
    buffer = BytesIO()
    picture(seed, size).save(buffer, "PNG")
    return Picture(f"{seed}.png", buffer.getvalue)


def opened(folder, **options):
    return open_model(f"internvl:{folder}", ModelOptions(**options))


def ask(model, requests):
    found = {}
    for reply in model.replies(iter(requests)):
        assert reply.id not in found
        found[reply.id] = reply
    return found


def told(replies):
    return {
        key: (r.text, r.error, r.finish, r.prompt_tokens, r.completion_tokens)
        for key, r in replies.items()
    }


def prompts():
    made = [Request(f"p{k}", ("Look ", shown(k), "!" * (3 * k)), max_new_tokens=8) for k in (0, 1)]
    three = (shown(9), "then", shown(10, (90, 20)), shown(11), "?")
    made.append(Request("three", three, system="Be brief.", max_new_tokens=8))
    made += [Request(f"t{k}", ("Say " * (k + 1),), max_new_tokens=8) for k in range(3)]
    made.append(Request("short", ("Say", shown(3)), max_new_tokens=2))
    made.append(
        Request("marks", ("<image><|im_end|>", shown(4), "<IMG_CONTEXT>"), max_new_tokens=8)
    )
    return made


def test_batches_answer_as_one_by_one_and_as_training_does(folder, family):
    with closing(opened(folder, batch_size=1)) as model:
        alone = told(ask(model, prompts()))
    assert all(error is None for _, error, *_ in alone.values())
    assert len({text for text, *_ in alone.values()}) > 5
    for size in (3, 16):
        with closing(opened(folder, batch_size=size)) as model:
            assert told(ask(model, prompts()[::-1])) == alone
    asking, trained = family.renderer("inference"), family.load(dtype=torch.float32)
    images = [picture(9), picture(10, (90, 20)), picture(11)]
    said = family.generate(
        trained,
        asking,
        [Message("system", "Be brief."), Message("user", "<image>then<image><image>?")],
        images,
        8,
    )
    assert said == alone["three"][0]
    assert alone["short"][2:] == ("length", alone["short"][3], 2)


def test_both_layouts_answer_alike(folder, tmp_path):
    convert(folder, tmp_path / "hf", "hf")
    with closing(opened(folder)) as one, closing(opened(tmp_path / "hf")) as other:
        assert told(ask(one, prompts())) == told(ask(other, prompts()))
        assert one.identity()["weights"] != other.identity()["weights"]


def test_tokens_of_the_prompt_follow_the_rules(folder):
    wide = Request("wide", (shown(1, (120, 30)), "?"), max_new_tokens=1)
    frames = Request(
        "clip", (Clip(tuple(shown(k, (120, 30)) for k in range(3)), (0.0, 1.0, 2.0)), "?"),
        max_new_tokens=1,
    )  # fmt: skip
    with closing(opened(folder)) as model:
        found = ask(model, [wide, frames])
        turns = model._prompt(frames).inputs["ids"].tolist()
    with closing(opened(folder, extra={"tiles": 1})) as model:
        whole = ask(model, [wide])
    # 120 x 30 pixels are four tiles in a row and a thumbnail, of 4 tokens each.
    assert found["wide"].prompt_tokens - whole["wide"].prompt_tokens == 4 * 4
    text = model._family.tokens.plain.decode(turns, skip_special_tokens=False)
    tile = "<img>" + "<IMG_CONTEXT>" * 4 + "</img>"
    assert f"user\nFrame-1: {tile}\nFrame-2: {tile}\nFrame-3: {tile}\n?<|im_end|>" in text


def test_one_that_is_broken_fails_alone(folder):
    def gone():
        raise InputError("not there", where="gone.png")

    requests = [
        Request("good", (shown(1), "x"), max_new_tokens=3),
        Request("gone", (Picture("gone.png", gone), "x"), max_new_tokens=3),
        Request("page", (Picture("page.png", lambda: b"<html>"), "x"), max_new_tokens=3),
        Request("fine", (shown(2), "x"), max_new_tokens=3),
    ]
    with closing(opened(folder, batch_size=4)) as model:
        found = ask(model, requests)
    assert {key for key, reply in found.items() if reply.error} == {"gone", "page"}
    assert "not there" in found["gone"].error


def test_a_batch_that_does_not_fit_is_halved(folder, monkeypatch):
    requests = [Request(f"{k}", ("Say " * (k + 1),), max_new_tokens=3) for k in range(9)]
    with closing(opened(folder, batch_size=8)) as model:
        whole = told(ask(model, requests))
        plain = module.generate_batch

        def small(network, prompts, **how):
            if len(prompts) > 2 or prompts[0].lengths[0] > 2_000:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
            return plain(network, prompts, **how)

        monkeypatch.setattr(module, "generate_batch", small)
        assert told(ask(model, requests)) == whole
        assert model.environment()["batch_size"] == 2
        assert model.environment()["out_of_memory"] >= 2
        long = [Request("long", ("Say " * 2_000,), max_new_tokens=1)]
        assert "out of memory" in ask(model, long)["long"].error


def test_sampling_hangs_on_the_seed_alone(folder):
    def drawn(seed, size):
        requests = [
            Request(f"{k}", ("Say",), max_new_tokens=12, temperature=1.0, seed=seed)
            for k in range(2)
        ]
        with closing(opened(folder, batch_size=size)) as model:
            return [reply.text for reply in ask(model, requests).values()]

    one, two = drawn(5, 1)
    assert one == two
    assert drawn(5, 4) == [one, one]
    assert drawn(6, 1) != [one, one]


def test_identity_and_environment_are_json(folder):
    with closing(opened(folder, extra={"tiles": 4})) as model:
        identity = json.loads(json.dumps(model.identity()))
        environment = json.loads(json.dumps(model.environment()))
        assert model.name == "internvl:tiny"
    assert identity["rules"]["tiles"] == 4
    assert identity["dtype"] == "float32"
    assert environment["layout"] == "opengvlab"
    with closing(opened(folder)) as other:
        assert other.identity() != identity


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"extra": {"patches": 3}}, "no such rule"),
        ({"dtype": "int8"}, "dtype"),
        ({"batch_size": 0}, "positive"),
        ({"max_side": 0}, "positive"),
        ({"attention": "fast"}, "attention"),
        ({"device": "quantum"}, "device"),
    ],
)
def test_options_that_cannot_be_meant(folder, options, words):
    with pytest.raises(RecipeError, match=words):
        opened(folder, **options)


def test_no_such_folder(tmp_path):
    with pytest.raises(MissingInput):
        opened(tmp_path / "nowhere")
