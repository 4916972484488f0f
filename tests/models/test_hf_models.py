"""Tiny random models of four families, from disk to text, alone and in batches."""

from __future__ import annotations

import json
from contextlib import closing
from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra hf")
pytest.importorskip("transformers", reason="needs the extra hf")

import tiny_models
import torch
from PIL import Image

from sextant.errors import CorruptInput, InputError, MissingDependency, MissingInput, RecipeError
from sextant.models.hf.batches import batches_of
from sextant.models.hf.checkpoint import hash_of
from sextant.models.hf.model import HfModel
from sextant.models.hf.processors import has_torchvision
from sextant.models.messages import Clip, ModelOptions, Picture, Request
from sextant.models.registry import open_model

SEEING = sorted(tiny_models.FAMILIES)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """One thread multiplies tiny matrices faster than several that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    made = {**tiny_models.FAMILIES, "llama": tiny_models.llama}
    return {name: make(root / name) for name, make in made.items()}


def opened(folder, **options):
    return open_model(f"hf:{folder}", ModelOptions(**options))


def picture(seed, size=(40, 30)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Picture(f"{seed}.png", buffer.getvalue)


def prompts():
    """Texts of several lengths, none to three pictures, in different places."""
    made = [
        Request(f"p{k}", ("Look ", picture(k), "!" * (3 * k)), max_new_tokens=10) for k in range(5)
    ]
    three = (picture(9), "then", picture(10, (90, 20)), picture(11))
    made.append(Request("three", three, system="Be brief.", max_new_tokens=10))
    made += [Request(f"t{k}", ("Say " * (k + 1),), max_new_tokens=10) for k in range(3)]
    made.append(Request("short", ("Say", picture(3)), max_new_tokens=2))
    return made


def ask(model, requests):
    found = {}
    for reply in model.replies(iter(requests)):
        assert reply.id not in found
        found[reply.id] = (
            reply.text, reply.error, reply.finish, reply.prompt_tokens, reply.completion_tokens
        )  # fmt: skip
    return found


@pytest.mark.parametrize("family", SEEING)
def test_batches_answer_as_one_by_one(checkpoints, family):
    requests = prompts()
    with closing(opened(checkpoints[family], batch_size=1)) as model:
        alone = ask(model, requests)
    assert all(error is None for _, error, *_ in alone.values())
    for size in (3, 16):
        with closing(opened(checkpoints[family], batch_size=size)) as model:
            assert ask(model, requests[::-1]) == alone


@pytest.mark.parametrize("family", SEEING)
def test_answers_are_those_of_the_library_itself(checkpoints, family):
    """The plain way of the library's documentation, one prompt at a time."""
    from transformers import AutoModelForImageTextToText

    with closing(opened(checkpoints[family])) as ours:
        processor = ours._processor
        replies = ask(ours, prompts())
    model = AutoModelForImageTextToText.from_pretrained(checkpoints[family])
    for request in prompts():
        content = [
            {"type": "text", "text": part}
            if isinstance(part, str)
            else {"type": "image", "image": Image.open(BytesIO(part.read())).convert("RGB")}
            for part in request.parts
        ]
        chat = [{"role": "user", "content": content}]
        if request.system:
            chat.insert(
                0, {"role": "system", "content": [{"type": "text", "text": request.system}]}
            )
        inputs = processor.apply_chat_template(
            chat, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        made = model.generate(**inputs, max_new_tokens=request.max_new_tokens, do_sample=False)
        text = processor.decode(made[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        assert replies[request.id][0] == text
        assert replies[request.id][3] == inputs["input_ids"].shape[1]


@pytest.mark.parametrize("family", SEEING)
def test_pictures_and_their_order_matter(checkpoints, family):
    a, b = picture(1), picture(2)
    with closing(opened(checkpoints[family])) as model:
        found = ask(
            model,
            [
                Request("ab", (a, b, "?"), max_new_tokens=10),
                Request("ba", (b, a, "?"), max_new_tokens=10),
                Request("a", (a, "?"), max_new_tokens=10),
            ],
        )
    assert len({text for text, *_ in found.values()}) == 3


def test_text_alone(checkpoints):
    with closing(opened(checkpoints["llama"], batch_size=4)) as model:
        found = ask(model, prompts())
    assert {id for id, (text, *_) in found.items() if text is not None} == {"t0", "t1", "t2"}
    assert "text alone" in found["p0"][1]


def test_the_end_of_turn_stops_and_the_limit_cuts(checkpoints, monkeypatch):
    with closing(opened(checkpoints["llama"], batch_size=2)) as model:
        end = model._generation.eos_token_id

        def generate(input_ids, max_new_tokens, **_):
            tail = torch.tensor([[65, 66, end, model._generation.pad_token_id], [65, 66, 67, 68]])
            return torch.cat([input_ids, tail], dim=1)

        monkeypatch.setattr(model._model, "generate", generate)
        found = ask(
            model, [Request("a", ("x",), max_new_tokens=4), Request("b", ("y",), max_new_tokens=4)]
        )
    assert [found[k][2] for k in "ab"] == ["stop", "length"]
    assert [found[k][4] for k in "ab"] == [3, 4]
    assert len(found["a"][0]) < len(found["b"][0])


def test_a_batch_that_does_not_fit_is_halved(checkpoints, monkeypatch):
    requests = [Request(f"{k}", ("Say " * (k + 1),), max_new_tokens=6) for k in range(9)]
    with closing(opened(checkpoints["llama"], batch_size=8)) as model:
        whole = ask(model, requests)
        generate, sizes = model._model.generate, []

        def small(input_ids, **more):
            sizes.append(len(input_ids))
            if len(input_ids) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
            return generate(input_ids=input_ids, **more)

        monkeypatch.setattr(model._model, "generate", small)
        assert ask(model, requests) == whole
        assert model.environment()["out_of_memory"] >= 2
        assert model.environment()["batch_size"] == 2
        assert sizes[0] == 8


def test_a_request_that_does_not_fit_alone_fails(checkpoints, monkeypatch):
    with closing(opened(checkpoints["llama"], batch_size=2)) as model:
        generate = model._model.generate

        def never(input_ids, **more):
            if input_ids.shape[1] > 60:
                raise torch.OutOfMemoryError("out of memory")
            return generate(input_ids=input_ids, **more)

        monkeypatch.setattr(model._model, "generate", never)
        found = ask(
            model, [Request("long", ("Say " * 90,)), Request("short", ("x",), max_new_tokens=3)]
        )
    assert "out of memory" in found["long"][1]
    assert found["short"][1] is None


def test_one_that_is_broken_fails_alone(checkpoints):
    def gone():
        raise InputError("not there", where="gone.png")

    requests = [
        Request("good", (picture(1), "x"), max_new_tokens=4),
        Request("gone", (Picture("gone.png", gone), "x"), max_new_tokens=4),
        Request("page", (Picture("page.png", lambda: b"<html>"), "x"), max_new_tokens=4),
        Request("marks", (picture(1), "<image>" * 3), max_new_tokens=4),
    ]
    with closing(opened(checkpoints["llava"], batch_size=4)) as model:
        found = ask(model, requests)
        alone = ask(model, requests[:1])
    assert found["good"] == alone["good"]
    assert "not there" in found["gone"][1]
    assert "a web page" in found["page"][1]
    assert found["marks"][0] is None


def test_scaling_changes_what_is_seen_and_the_identity(checkpoints):
    request = Request("a", (picture(1, (96, 96)), "x"), max_new_tokens=10)
    with closing(opened(checkpoints["qwen3_vl"])) as whole:
        with closing(opened(checkpoints["qwen3_vl"], max_side=32)) as small:
            assert ask(small, [request])["a"][3] < ask(whole, [request])["a"][3]
            assert small.identity() != whole.identity()


def test_sampling_follows_the_seed_not_the_neighbours(checkpoints):
    requests = [
        Request(f"{k}", ("Say something",), max_new_tokens=12, temperature=1.0, seed=k % 3)
        for k in range(6)
    ]
    with closing(opened(checkpoints["llama"], batch_size=4)) as model:
        state = torch.get_rng_state()
        found = ask(model, requests)
        assert torch.equal(state, torch.get_rng_state())
        again = ask(model, requests[::-1])
    assert found == again
    texts = [found[str(k)][0] for k in range(6)]
    assert texts[:3] == texts[3:]
    assert len(set(texts)) == 3


def test_the_identity_is_json_and_follows_the_files(checkpoints, tmp_path):
    import shutil

    with closing(opened(checkpoints["llama"])) as model:
        identity = json.loads(json.dumps(model.identity()))
        environment = json.loads(json.dumps(model.environment()))
    assert identity["dtype"] == "float32"
    assert identity["attention"] == "sdpa"
    assert environment["torch"] == torch.__version__
    copy = shutil.copytree(checkpoints["llama"], tmp_path / "copy")
    assert identity["weights"] == f"sha256:{hash_of(copy)}"
    weights = next(copy.glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert identity["weights"] != f"sha256:{hash_of(copy)}"


def test_attention_and_dtype_are_taken_and_recorded(checkpoints):
    options = {"attention": "eager", "dtype": "bfloat16"}
    with closing(opened(checkpoints["qwen3_vl"], **options)) as model:
        assert {k: model.identity()[k] for k in options} == options
        assert ask(model, prompts()[:2])["p0"][1] is None


def test_the_sampling_of_a_checkpoint_is_left_out_and_its_penalty_kept(checkpoints, tmp_path):
    import shutil

    copy = shutil.copytree(checkpoints["llama"], tmp_path / "copy")
    settings = json.loads((copy / "generation_config.json").read_text())
    settings |= {"do_sample": True, "temperature": 0.6, "top_k": 20, "repetition_penalty": 1.05}
    (copy / "generation_config.json").write_text(json.dumps(settings))
    with closing(opened(copy)) as model:
        kept = model.identity()["generation"]
        assert kept["repetition_penalty"] == 1.05
        assert "temperature" not in kept
        assert ask(model, prompts()[6:9]) == ask(model, prompts()[6:9])


def test_further_arguments_reach_the_processor(checkpoints):
    request = Request("a", (picture(1, (96, 32)), "x"), max_new_tokens=4)
    counts = {}
    for tiles in (True, False):
        extra = {"processor": {"crop_to_patches": tiles}}
        with closing(opened(checkpoints["internvl"], extra=extra)) as model:
            counts[tiles] = ask(model, [request])["a"][3]
            assert model.identity()["further"] == extra
    assert counts[True] > counts[False]


@pytest.mark.skipif(has_torchvision(), reason="torchvision is there")
def test_a_clip_needs_torchvision_and_says_so(checkpoints):
    request = Request("a", (Clip((picture(1), picture(2)), (0.0, 1.0)), "x"))
    with closing(opened(checkpoints["qwen3_vl"])) as model:
        with pytest.raises(MissingDependency, match="torchvision") as error:
            ask(model, [request])
    assert "frames as images" in str(error.value)


def test_a_model_without_eyes_for_videos_is_not_handed_one(checkpoints):
    request = Request("a", (Clip((picture(1), picture(2)), (0.0, 1.0)), "x"))
    with closing(opened(checkpoints["llava"])) as model:
        assert "cannot be shown a video" in ask(model, [request])["a"][1]


@pytest.mark.skipif(not has_torchvision(), reason="needs torchvision")
@pytest.mark.parametrize("family", ["qwen3_vl", "internvl"])
def test_a_clip_is_shown_whole_and_in_time(checkpoints, tmp_path, family):
    import shutil

    import transformers

    copy = shutil.copytree(checkpoints[family], tmp_path / "copy")
    videos = {
        "qwen3_vl": lambda: transformers.Qwen3VLVideoProcessor(
            patch_size=16, merge_size=2, temporal_patch_size=2,
            size={"shortest_edge": 32 * 32, "longest_edge": 96 * 96 * 8},
        ),
        "internvl": lambda: transformers.InternVLVideoProcessor(size={"height": 32, "width": 32}),
    }  # fmt: skip
    videos[family]().save_pretrained(copy)

    def clip(count, step=0.5):
        return Clip(tuple(picture(k) for k in range(count)), tuple(step * k for k in range(count)))

    requests = [
        Request("four", (clip(4), "x"), max_new_tokens=8),
        Request("eight", (clip(8), "x"), max_new_tokens=8),
        Request("slow", (clip(8, 2.0), "x"), max_new_tokens=8),
        Request("both", (picture(1), clip(4), "x"), max_new_tokens=8),
    ]
    with closing(opened(copy, batch_size=1)) as one, closing(opened(copy, batch_size=4)) as four:
        alone = ask(one, requests)
        assert ask(four, requests) == alone
    assert all(error is None for _, error, *_ in alone.values())
    assert alone["eight"][3] > alone["four"][3]
    assert alone["both"][3] > alone["four"][3]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"batch_size": 0}, "batch_size"), ({"dtype": "int4"}, "bfloat16"),
     ({"max_side": 0}, "max_side"), ({"extra": {"top_p": 1}}, "processor"),
     ({"extra": {"generation": {"penalty": 1}}}, "penalty")],
)  # fmt: skip
def test_options_that_cannot_be_meant(checkpoints, options, said):
    with pytest.raises(RecipeError) as error:
        opened(checkpoints["llama"], **options)
    assert said in str(error.value)


def test_folders_that_are_no_models(checkpoints, tmp_path):
    import shutil

    with pytest.raises(MissingInput, match="no such model"):
        opened(tmp_path / "nowhere at all")
    with pytest.raises(MissingInput, match="not the folder of a model"):
        opened(tmp_path)
    pickled = shutil.copytree(checkpoints["llama"], tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(MissingInput, match="without weights") as error:
        opened(pickled)
    assert "safetensors" in str(error.value)
    mute = shutil.copytree(checkpoints["llama"], tmp_path / "mute")
    (mute / "chat_template.jinja").unlink()
    with pytest.raises(CorruptInput, match="without a chat template"):
        opened(mute)
    broken = shutil.copytree(checkpoints["llama"], tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CorruptInput, match="cannot load the model"):
        opened(broken)


def test_requests_are_drawn_a_batch_ahead_at_most(checkpoints):
    drawn = []

    def requests():
        for k in range(20):
            drawn.append(k)
            yield Request(f"{k}", ("x" * k,), max_new_tokens=1)

    with closing(opened(checkpoints["llama"], batch_size=2)) as model:
        replies = model.replies(requests())
        next(replies)
        assert len(drawn) <= 4
        replies.close()


def test_batches_share_what_they_must():
    shown = Picture("a", bytes)
    requests = [
        Request(f"{k}", ("x", shown) if k % 2 else ("x",), max_new_tokens=8 + k % 3)
        for k in range(40)
    ]
    requests.insert(7, Request("warm", ("x",), temperature=1.0))
    batches = list(batches_of(requests, lambda: 4))
    assert sorted(r.id for b in batches for r in b) == sorted(r.id for r in requests)
    for batch in batches:
        assert len(batch) <= 4
        assert len({(len(r.parts), r.max_new_tokens, r.temperature) for r in batch}) == 1


def test_tiny_models_are_the_same_each_time(checkpoints, tmp_path):
    again = tiny_models.qwen3_vl(tmp_path / "again")
    assert hash_of(again) == hash_of(checkpoints["qwen3_vl"])


def test_it_is_what_the_registry_opens(checkpoints):
    with closing(opened(checkpoints["llama"])) as model:
        assert isinstance(model, HfModel)
        assert model.name == "hf:llama"
