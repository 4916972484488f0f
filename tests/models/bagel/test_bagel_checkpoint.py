"""Folders: read, written back with the other twin untouched, and those that are broken."""

from __future__ import annotations

import errno
import json
import shutil

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_bagel import LANGUAGE, VISION, WHOLE, write_tokenizer

from sextant.errors import CorruptInput, MissingInput, OutputError, RecipeError
from sextant.models.bagel import checkpoint, open_family
from sextant.models.bagel.checkpoint import TABLE, makes_pictures
from sextant.models.family import PARTS


def raw(path):
    """(dtype, shape, bytes) by key, read without the library; and the header as it stands."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    found = {}
    for key, entry in header.items():
        if key != "__metadata__":
            begin, end = entry["data_offsets"]
            body = data[8 + size + begin : 8 + size + end]
            found[key] = (entry["dtype"], tuple(entry["shape"]), body)
    return data[: 8 + size], found


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def changed(model):
    return {key: tensor + 0.25 for key, tensor in model.state_dict().items()}


def test_saving_what_was_read_changes_no_byte(family, folder, model, tmp_path):
    family.save(model.state_dict(), tmp_path / "again")
    written = {path.name for path in (tmp_path / "again").iterdir()}
    assert written == {path.name for path in folder.iterdir()} - {"notes.py"}
    for name in written:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.parametrize("chunk", [100, checkpoint._CHUNK])
def test_the_other_twin_stays_bit_for_bit(family, folder, model, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(checkpoint, "_CHUNK", chunk)
    family.save(changed(model), tmp_path / "trained")
    header, before = raw(folder / "ema.safetensors")
    header_now, now = raw(tmp_path / "trained" / "ema.safetensors")
    assert header_now == header
    kept = [key for key in before if makes_pictures(key)] + [TABLE]
    assert len(kept) > 20
    assert all(now[key] == before[key] for key in kept)
    trained = sorted(set(before) - set(kept))
    assert set(trained) == set(model.state_dict()) - {TABLE}
    for key in trained:
        assert now[key][:2] == before[key][:2]
        assert now[key][2] != before[key][2], key
    # And read again, they are what was saved, rounded to the file's type.
    again = open_family(tmp_path / "trained").load(dtype=torch.float32).state_dict()
    for key, tensor in changed(model).items():
        if key != TABLE:
            assert torch.equal(again[key], tensor.to(torch.bfloat16).to(torch.float32)), key


def test_shards(folder, model, copy, tmp_path):
    weights = load_file(copy / "ema.safetensors")
    (copy / "ema.safetensors").unlink()
    keys = sorted(weights)
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    where = {key: names[k % 2] for k, key in enumerate(keys)}
    for name in names:
        save_file({k: weights[k] for k in keys if where[k] == name}, copy / name)
    index = copy / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": where}))
    sharded = open_family(copy)
    loaded = sharded.load(dtype=torch.float32).state_dict()
    assert all(torch.equal(loaded[key], tensor) for key, tensor in model.state_dict().items())
    sharded.save(loaded, tmp_path / "again")
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (copy / name).read_bytes()
    (copy / names[1]).unlink()
    with pytest.raises(MissingInput, match="shard is missing"):
        sharded.load(dtype=torch.float32)
    index.write_text(json.dumps({"weight_map": {"a": "../ema.safetensors"}}))
    with pytest.raises(CorruptInput, match="plain file names"):
        sharded.load(dtype=torch.float32)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("connector.fc1.bias"), r"1 missing: connector\.fc1\.bias"),
        (lambda w: w.update(surplus=torch.zeros(2)), "1 unexpected: surplus"),
        (
            lambda w: w.update({"connector.fc1.bias": torch.zeros(3)}),
            r"1 of another shape: connector\.fc1\.bias \[3\] instead of \[32\]",
        ),
    ],
    ids=["missing", "unexpected", "shape"],
)
def test_keys_that_are_not_the_models(copy, family, model, tmp_path, change, said):
    weights = load_file(copy / "ema.safetensors")
    change(weights)
    save_file(weights, copy / "ema.safetensors")
    with pytest.raises(CorruptInput, match=said):
        open_family(copy).load(dtype=torch.float32)
    mine = dict(model.state_dict())
    change(mine)
    with pytest.raises(CorruptInput, match=said):
        family.save(mine, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_checkpoint_without_the_table(copy, model):
    weights = load_file(copy / "ema.safetensors")
    weights.pop(TABLE)
    weights = {key: value for key, value in weights.items() if not makes_pictures(key)}
    save_file(weights, copy / "ema.safetensors")
    loaded = open_family(copy).load(dtype=torch.float32)
    # The file's table is rounded to bfloat16, the formula's is not.
    mine, stored = loaded.state_dict()[TABLE], model.state_dict()[TABLE]
    assert float((mine - stored).abs().max()) < 2**-8
    assert torch.equal(mine.to(torch.bfloat16).float(), stored)


@pytest.mark.parametrize("cut", [0, 4, 200, -1])
def test_a_truncated_file(copy, cut):
    path = copy / "ema.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CorruptInput, match="truncated"):
        open_family(copy).load(dtype=torch.float32)


@pytest.mark.parametrize("name", ["config.json", "llm_config.json", "vit_config.json"])
def test_configs_that_are_none(copy, name):
    path = copy / name
    for text in ("[]", "{", '{"model_type": "internvl", "hidden_size": "x"}'):
        path.write_text(text)
        with pytest.raises(CorruptInput, match=name):
            open_family(copy)
    path.unlink()
    with pytest.raises(MissingInput, match="not a BAGEL folder"):
        open_family(copy)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("config.json", {"interpolate_pos": True}),
        ("config.json", {"vit_max_num_patch_per_side": 7}),
        ("llm_config.json", {"rope_scaling": {"type": "yarn"}}),
        ("llm_config.json", {"num_attention_heads": 5}),
        ("llm_config.json", {"num_key_value_heads": True}),
        ("vit_config.json", {"num_hidden_layers": 1}),
        ("vit_config.json", {"hidden_act": "gelu"}),
    ],
)
def test_configs_of_other_models(copy, name, values):
    path = copy / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    with pytest.raises(CorruptInput):
        open_family(copy)


def test_no_weights(copy):
    (copy / "ema.safetensors").unlink()
    family = open_family(copy)
    assert family.shape.layers == 2  # plans need none
    with pytest.raises(MissingInput, match="without weights"):
        family.load(dtype=torch.float32)


def test_all_or_nothing(family, model, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "_copy", full)
    with pytest.raises(OutputError, match="free some space"):
        family.save(model.state_dict(), tmp_path / "full")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    family.save(model.state_dict(), tmp_path / "taken")
    before = (tmp_path / "taken" / "ema.safetensors").read_bytes()
    with pytest.raises(OutputError, match="there already"):
        family.save(changed(model), tmp_path / "taken")
    assert (tmp_path / "taken" / "ema.safetensors").read_bytes() == before


def test_types(family):
    model = family.load(dtype=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    assert model.vit_pos_embed.pos_embed.dtype == torch.float32
    assert model.language_model.model.rotary_emb.inv_freq.dtype == torch.float32


def test_attentions_that_cannot_hold_the_mask(family):
    with pytest.raises(RecipeError, match="flex_attention"):
        family.load(dtype=torch.float32, attention="flash_attention_2")


REAL_LANGUAGE = {
    **LANGUAGE, "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
    "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
}  # fmt: skip
REAL_VISION = {
    **VISION, "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
    "num_attention_heads": 16, "image_size": 980,
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "vision", "whole"),
    [(LANGUAGE, VISION, WHOLE), (REAL_LANGUAGE, REAL_VISION, {"model_type": "bagel"})],
    ids=["tiny", "7B"],
)
def test_shapes_are_counted(tmp_path, language, vision, whole):
    for name, values in (("llm_config", language), ("vit_config", vision), ("config", whole)):
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
    write_tokenizer(tmp_path)
    family = open_family(tmp_path)
    model = family.load(dtype=torch.bfloat16, meta=True)
    assert all(p.is_meta for p in model.parameters())
    for part in PARTS:
        counted = sum(p.numel() for p in model.part(part).parameters())
        assert counted == family.shape.parameters[part], part
    assert sum(family.shape.parameters.values()) == sum(p.numel() for p in model.parameters())
    assert family.shape.head_parameters == model.language_model.lm_head.weight.numel()
    assert len(list(model.blocks())) == family.shape.layers + family.shape.vision_layers
    if language is REAL_LANGUAGE:
        # 7.6 billion of Qwen2.5-7B (with input table and head), 0.41 of SigLIP without one layer.
        assert sum(family.shape.parameters.values()) == pytest.approx(8.05e9, rel=0.01)


def test_memory_for_shapes(family, model):
    empty = family.load(dtype=torch.float32, meta=True).to_empty(device="cpu")
    empty.load_state_dict(model.state_dict())
    empty.restore_buffers(keep_table=True)
    one = {"ids": torch.arange(9), "position_ids": torch.arange(9), "predict_at": torch.tensor([8])}
    with torch.no_grad():
        assert torch.equal(empty(one), model(one))


def test_what_is_stored_is_what_upstream_stores(folder):
    with safe_open(folder / "ema.safetensors", framework="pt") as file:
        assert {makes_pictures(key) for key in file.keys()} == {True, False}
    assert makes_pictures("language_model.model.layers.0.mlp_moe_gen.up_proj.weight")
    assert makes_pictures("language_model.model.norm_moe_gen.weight")
    assert makes_pictures("vae2llm.bias")
    assert not makes_pictures("vit_pos_embed.pos_embed")
