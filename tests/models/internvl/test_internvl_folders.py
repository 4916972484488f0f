"""Folders of both layouts: read, written, turned into each other, and refused."""

from __future__ import annotations

import json
import re
import shutil

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_internvl import GOLDEN, network, opengvlab_folder, opengvlab_weights, sample
from transformers import AutoModelForImageTextToText

from sextant.errors import ConventionError, CorruptInput, MissingInput, OutputError
from sextant.models.internvl import open_family
from sextant.models.internvl.convert import convert
from sextant.models.internvl.keys import names_of, source_of
from sextant.models.internvl.writing import Planned, write_file

SHARDED = 40_000
"""Bytes of a shard that cut the tiny model's weights into several files."""


def logits_of(family, *, model=None):
    model = model or family.load(dtype=torch.float32)
    renderer = family.renderer("train", tiles=3)
    samples = [sample(renderer, 2, seed=1), sample(renderer, 0, seed=2)]
    with torch.no_grad():
        return model(renderer.pack(samples).inputs)


def header_of(folder):
    """Keys, types and shapes of all files."""
    found = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            for key in file.keys():
                part = file.get_slice(key)
                found[key] = (part.get_dtype(), tuple(part.get_shape()))
    return found


def weights_of(folder):
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= load_file(path)
    return found


def same(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def hf_folder(folder, tmp_path_factory):
    made = tmp_path_factory.mktemp("hf") / "hf"
    convert(folder, made, "hf")
    return made


def test_read_weights_are_those_that_were_made(family, model):
    expected = network(family.config.vocabulary).state_dict()
    assert same(model.network.state_dict(), expected)
    assert all(not t.is_meta for t in (*model.parameters(), *model.buffers()))


def test_the_other_layout_loads_in_plain_transformers(family, hf_folder):
    expected = logits_of(family)
    theirs = AutoModelForImageTextToText.from_pretrained(hf_folder, dtype=torch.float32)
    assert same(theirs.state_dict(), network(family.config.vocabulary).state_dict())
    model = family.load(dtype=torch.float32)
    model.network = theirs.eval()
    assert torch.allclose(logits_of(family, model=model), expected, atol=1e-5)
    ours = open_family(hf_folder)
    assert ours.layout == "hf"
    assert ours.shape == family.shape
    assert torch.equal(logits_of(ours), expected)


def test_what_transformers_saves_is_read(family, hf_folder, tmp_path):
    theirs = AutoModelForImageTextToText.from_pretrained(hf_folder, dtype=torch.float32)
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size=SHARDED)
    shutil.copyfile(hf_folder / "tokenizer.json", tmp_path / "theirs" / "tokenizer.json")
    assert len(list((tmp_path / "theirs").glob("*.safetensors"))) > 1
    assert header_of(tmp_path / "theirs") == header_of(hf_folder)  # the same names on disk
    assert torch.equal(logits_of(open_family(tmp_path / "theirs")), logits_of(family))


def test_names_of_the_module_are_read_as_well(family, hf_folder, tmp_path):
    """Some tools write a module's own names into the file."""
    shutil.copytree(hf_folder, tmp_path / "own")
    made = network(family.config.vocabulary).state_dict()
    save_file(made, tmp_path / "own" / "model.safetensors", {"format": "pt"})
    assert torch.equal(logits_of(open_family(tmp_path / "own")), logits_of(family))


def test_the_hf_backend_opens_it(hf_folder):
    from sextant.models.hf.processors import load_processor

    config = AutoModelForImageTextToText.from_pretrained(hf_folder).config
    processor = load_processor(hf_folder, config)
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Why?"}]}]
    text = processor.apply_chat_template(messages, add_generation_prompt=True)
    assert text == "<|im_start|>user\n<IMG_CONTEXT>\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    from tiny_internvl import picture

    inputs = processor(images=[picture(0, (30, 30))], text=text, return_tensors="pt")
    family = open_family(hf_folder)
    assert (inputs["input_ids"] == family.tokens.context).sum() == 4
    assert inputs["pixel_values"].shape == (1, 3, 32, 32)


@pytest.mark.parametrize("shard_bytes", [SHARDED, 5_000_000_000])
def test_there_and_back_changes_no_bit(folder, tmp_path, shard_bytes):
    convert(folder, tmp_path / "hf", "hf", shard_bytes=shard_bytes)
    convert(tmp_path / "hf", tmp_path / "back", "opengvlab", shard_bytes=shard_bytes)
    assert same(weights_of(tmp_path / "back"), weights_of(folder))
    sharded = (tmp_path / "back" / "model.safetensors.index.json").is_file()
    assert sharded == (shard_bytes == SHARDED)
    if sharded:
        index = json.loads((tmp_path / "back" / "model.safetensors.index.json").read_text())
        assert index["weight_map"].keys() == header_of(folder).keys()
        assert index["metadata"]["total_size"] == sum(t.nbytes for t in weights_of(folder).values())
        for name in set(index["weight_map"].values()):
            assert (tmp_path / "back" / name).stat().st_size < 2 * SHARDED
    before, after = open_family(folder), open_family(tmp_path / "back")
    assert (before.config, before.shape) == (after.config, after.shape)
    assert torch.equal(logits_of(before), logits_of(after))
    text = "Where is <|im_end|> the chair?"
    assert before.tokens.encode(text) == after.tokens.encode(text)


def test_files_are_as_the_library_writes_them(folder, tmp_path):
    """Byte for byte: the writer of one tensor at a time is a writer of safetensors."""
    convert(folder, tmp_path / "hf", "hf")
    weights = weights_of(tmp_path / "hf")
    save_file(weights, tmp_path / "library.safetensors", {"format": "pt"})
    written = (tmp_path / "hf" / "model.safetensors").read_bytes()
    assert written == (tmp_path / "library.safetensors").read_bytes()


@pytest.mark.parametrize("length", range(1, 9))
def test_headers_of_all_lengths_and_types(tmp_path, length):
    tensors = {
        "é" * length: torch.arange(6.0).reshape(2, 3),
        "b": torch.tensor(1.5, dtype=torch.bfloat16),
        "c": torch.zeros((0, 4), dtype=torch.float16),
        "a": torch.full((3,), -2.0, dtype=torch.float64),
    }
    names = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
    planned = [
        Planned(key, names.get(t.dtype, "F64"), tuple(t.shape), lambda t=t: t)
        for key, t in tensors.items()
    ]
    write_file(tmp_path / "ours", planned)
    save_file(tensors, tmp_path / "library", {"format": "pt"})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "library").read_bytes()


def test_types_that_are_not_trained(tmp_path):
    with pytest.raises(CorruptInput, match="not trained"):
        write_file(tmp_path / "x", [Planned("a", "I8", (1,), lambda: torch.zeros(1))])


def test_a_trained_model_is_saved_as_it_was_read(tmp_path):
    source = opengvlab_folder(tmp_path / "source", torch.bfloat16)
    family = open_family(source)
    model = family.load(dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.25)
    for layout, name in ((None, "same"), ("hf", "other")):
        family.save(model.state_dict(), tmp_path / name, *([layout] if layout else []))
        saved = open_family(tmp_path / name)
        again = saved.load(dtype=torch.bfloat16)
        for key, tensor in model.state_dict().items():
            assert torch.equal(again.state_dict()[key], tensor.to(torch.bfloat16)), key
        assert {dtype for dtype, _ in header_of(tmp_path / name).values()} == {"BF16"}
    assert header_of(tmp_path / "same") == header_of(source)
    for path in source.iterdir():
        if path.suffix != ".safetensors":
            assert (tmp_path / "same" / path.name).read_bytes() == path.read_bytes()


def test_shards_stay_as_they_were(folder, tmp_path):
    convert(folder, tmp_path / "hf", "hf", shard_bytes=SHARDED)
    family = open_family(tmp_path / "hf")
    family.save(family.load(dtype=torch.float32).state_dict(), tmp_path / "saved")
    for path in (tmp_path / "hf").iterdir():
        found = (tmp_path / "saved" / path.name).read_bytes()
        if path.name.endswith("index.json"):
            assert json.loads(found) == json.loads(path.read_bytes())
        else:
            assert found == path.read_bytes(), path.name


def test_the_large_vision_encoder(tmp_path):
    """That of 38B and 78B: normalised queries and keys, no biases on them, plain norms."""
    how = {"use_qk_norm": True, "norm_type": "rms_norm", "attention_bias": False}
    family = open_family(opengvlab_folder(tmp_path / "large", **how))
    model = family.load(dtype=torch.float32)
    assert same(model.network.state_dict(), network(family.config.vocabulary, **how).state_dict())
    assert family.shape.parameters["vision"] == sum(
        p.numel() for p in model.part("vision").parameters()
    )
    convert(tmp_path / "large", tmp_path / "hf", "hf")
    assert torch.equal(logits_of(open_family(tmp_path / "hf")), logits_of(family))


def test_every_name_has_a_key_and_back():
    for how in ({}, {"use_qk_norm": True, "norm_type": "rms_norm"}):
        for name in network(400, **how).state_dict():
            for layout in ("opengvlab", "hf"):
                key, third = source_of(name, layout)
                assert names_of(key, layout)[third or 0] == name
    made = network(400)
    assert {source_of(n, "opengvlab").key for n in made.state_dict()} == set(
        opengvlab_weights(made)
    )


@pytest.mark.parametrize(
    "key",
    [
        "", "vision_model", "vision_model.encoder.layers.0.attn.qkv", "mlp1.2.weight",
        "vision_model.encoder.layers.x.ls1", "vision_model.encoder.layers.0.ls1.weight",
        "vision_model.head.weight", "language_model.model", "ls1",
    ],
)  # fmt: skip
def test_keys_of_nobody(key):
    assert names_of(key, "opengvlab") == ()
    assert source_of(key, "opengvlab") is None


def test_tied_models(family, hf_folder, tmp_path):
    """Old folders of transformers say "tied" and store two tables; what is stored counts."""
    shutil.copytree(hf_folder, tmp_path / "stored")
    config = json.loads((hf_folder / "config.json").read_text())
    (tmp_path / "stored" / "config.json").write_text(
        json.dumps({**config, "tie_word_embeddings": True})
    )
    assert torch.equal(logits_of(open_family(tmp_path / "stored")), logits_of(family))
    weights = weights_of(tmp_path / "stored")
    weights.pop("language_model.lm_head.weight")
    save_file(weights, tmp_path / "stored" / "model.safetensors", {"format": "pt"})
    tied = open_family(tmp_path / "stored")
    model = tied.load(dtype=torch.float32)
    table = model.network.model.language_model.embed_tokens.weight
    assert model.network.lm_head.weight is table
    assert tied.shape.head_parameters == 0
    assert sum(tied.shape.parameters.values()) == sum(p.numel() for p in model.parameters())
    tied.save(model.state_dict(), tmp_path / "saved")
    assert header_of(tmp_path / "saved") == header_of(tmp_path / "stored")


def changed(folder, tmp_path, change):
    shutil.copytree(folder, tmp_path / "changed")
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, tmp_path / "changed" / "model.safetensors", {"format": "pt"})
    return tmp_path / "changed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("mlp1.0.bias"), "weights are missing"),
        (lambda w: w.update(extra=torch.zeros(1)), "does not have"),
        (
            lambda w: w.update({"vision_model.encoder.layers.7.ls1": torch.zeros(16)}),
            "does not speak of",
        ),
        (lambda w: w.update({"mlp1.0.bias": torch.zeros(3)}), "another shape"),
        (
            lambda w: w.update({"vision_model.encoder.layers.0.attn.qkv.bias": torch.zeros(50)}),
            "another shape",
        ),
    ],
)  # fmt: skip
def test_weights_that_are_not_those_of_the_config(folder, tmp_path, change, words):
    family = open_family(changed(folder, tmp_path, change))
    with pytest.raises(CorruptInput, match=words):
        family.load(dtype=torch.float32)


def test_damaged_and_missing_files(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "cut")
    path = tmp_path / "cut" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CorruptInput, match="cannot be read"):
        open_family(tmp_path / "cut").load(dtype=torch.float32)
    path.unlink()
    with pytest.raises(MissingInput, match="without weights"):
        open_family(tmp_path / "cut").load(dtype=torch.float32)
    convert(folder, tmp_path / "hf", "hf", shard_bytes=SHARDED)
    (gone, *_) = sorted((tmp_path / "hf").glob("*.safetensors"))
    gone.unlink()
    with pytest.raises(MissingInput, match=re.escape(gone.name)):
        open_family(tmp_path / "hf").load(dtype=torch.float32)
    index = tmp_path / "hf" / "model.safetensors.index.json"
    for text in ("{", "{}", '{"weight_map": {"a": "../x.safetensors"}}', '{"weight_map": {}}'):
        index.write_text(text)
        with pytest.raises(CorruptInput, match="shards"):
            open_family(tmp_path / "hf").load(dtype=torch.float32)


def test_an_unfinished_folder_is_not_there(folder, tmp_path, monkeypatch):
    from sextant.models.internvl import convert as module

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_shards", full)
    with pytest.raises(OutputError, match="No space left"):
        convert(folder, tmp_path / "hf", "hf")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    (tmp_path / "hf").mkdir()
    with pytest.raises(OutputError):
        convert(folder, tmp_path / "hf", "hf")


def test_weights_of_another_model_are_not_saved(family, model, tmp_path):
    weights = model.state_dict()
    name = "network.model.multi_modal_projector.linear_1.bias"
    for wrong, words in (
        ({k: v for k, v in weights.items() if k != name}, "not those of"),
        ({**weights, "network.extra": torch.zeros(1)}, "not those of"),
        ({**weights, name: torch.zeros(3)}, "another shape"),
    ):
        with pytest.raises(ConventionError, match=words):
            family.save(wrong, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden folder is not here")
def test_the_golden_folder_written_back(tmp_path):
    family = open_family(GOLDEN)
    family.save(family.load(dtype=torch.float32).state_dict(), tmp_path / "same")
    assert header_of(tmp_path / "same") == header_of(GOLDEN)
    convert(GOLDEN, tmp_path / "hf", "hf")
    theirs = json.loads((GOLDEN / "hf" / "config.json").read_text())
    ours = json.loads((tmp_path / "hf" / "config.json").read_text())
    differ = {"transformers_version", "dtype"}  # said by the library's version and by nobody
    for part in ("text_config", "vision_config"):
        # The authors' conversion leaves these two at the library's defaults.
        for key in ("max_window_layers", "pad_token_id", "layer_types"):
            theirs[part].pop(key, None)
            ours[part].pop(key, None)
    assert {k: v for k, v in ours.items() if k not in differ} == {
        k: v for k, v in theirs.items() if k not in differ
    }
    convert(tmp_path / "hf", tmp_path / "back", "opengvlab")
    assert header_of(tmp_path / "back") == header_of(GOLDEN)
    assert same(weights_of(tmp_path / "back"), weights_of(GOLDEN))
