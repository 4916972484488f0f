"""Weights from disk and back, in the layout that transformers reads."""

from __future__ import annotations

import json
import resource
import shutil

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from safetensors.torch import load_file, save_file
from tiny_qwen3_vl import asked, picture, write_checkpoint
from transformers import AutoTokenizer, Qwen2VLImageProcessorPil, Qwen3VLForConditionalGeneration

from sextant.errors import CorruptInput, MissingInput, OutputError
from sextant.models.qwen3_vl import open_family
from sextant.models.qwen3_vl.stored import read_stored

WEIGHTS = "model.safetensors"


def packed_of(family):
    renderer = family.renderer("train")
    rendered = renderer.render(asked(2, "Q", "A b"), [(64, 96), (40, 40)])
    pictures = [picture(64, 96), picture(40, 40)]
    return renderer.pack([(rendered, renderer.pixels(pictures, rendered))])


def plain_logits(folder, packed, family):
    """By transformers alone, from the folder."""
    hf = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    ids = packed.inputs["input_ids"]
    pixels = Qwen2VLImageProcessorPil.from_pretrained(folder)(
        [picture(64, 96), picture(40, 40)], return_tensors="pt"
    )
    with torch.no_grad():
        out = hf(
            input_ids=ids, **pixels, use_cache=False,
            mm_token_type_ids=(ids == family.config.image_id).int(),
        )  # fmt: skip
    return out.logits[0, packed.inputs["keep"]]


def moved(model):
    """A state dict as after training: every value another one."""
    return {k: v + 0.01 * torch.sin(torch.arange(v.numel()).view(v.shape)) for k, v in
            model.state_dict().items()}  # fmt: skip


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("shard", [None, "60KB"])
def test_save_then_plain_transformers(tmp_path, tied, shard):
    source = write_checkpoint(tmp_path / "source", tied=tied, shard=shard)
    (source / "LICENSE").write_text("yours")
    (source / "README.md").write_text("about another model")
    (source / "secret.bin").write_bytes(b"x")
    assert len(list(source.glob("*.safetensors"))) > 1 or shard is None
    family = open_family(source)
    model = family.load(dtype=torch.float32)
    weights = moved(model)
    if tied:
        weights["hf.lm_head.weight"] = weights["hf.model.language_model.embed_tokens.weight"]
    model.load_state_dict(weights)
    family.save(weights, tmp_path / "saved")
    packed = packed_of(family)
    with torch.no_grad():
        ours = model(packed.inputs)
    again = open_family(tmp_path / "saved")
    with torch.no_grad():
        assert torch.equal(again.load(dtype=torch.float32)(packed_of(again).inputs), ours)
    # Logits of size 7 in single precision, by kernels that differ between processors.
    assert torch.allclose(plain_logits(tmp_path / "saved", packed, family), ours, atol=1e-4)
    assert not torch.allclose(plain_logits(source, packed, family), ours, atol=1e-2)
    # Same tensors in the same files; same other files, save what is about the source only.
    assert read_stored(tmp_path / "saved") == read_stored(source)
    names = {p.name for p in source.iterdir()} - {"README.md", "secret.bin"}
    assert {p.name for p in (tmp_path / "saved").iterdir()} == names
    for name in names:
        if not name.endswith(".safetensors"):
            assert (tmp_path / "saved" / name).read_bytes() == (source / name).read_bytes()
    AutoTokenizer.from_pretrained(tmp_path / "saved")


def test_golden_folder_round_trip(golden, tmp_path):
    model = golden.family.load(dtype=torch.float32)
    golden.family.save(model.state_dict(), tmp_path / "saved")
    there, here = load_file(golden.folder / WEIGHTS), load_file(tmp_path / "saved" / WEIGHTS)
    assert {k: (v.shape, v.dtype) for k, v in there.items()} == {
        k: (v.shape, v.dtype) for k, v in here.items()
    }
    assert all(torch.equal(v, here[k]) for k, v in there.items())


def test_dtypes_are_the_sources(folder, tmp_path):
    """Trained in float32 from a bfloat16 folder: a bfloat16 folder again."""
    source = shutil.copytree(folder, tmp_path / "half")
    save_file({k: v.bfloat16() for k, v in load_file(folder / WEIGHTS).items()}, source / WEIGHTS,
              metadata={"format": "pt"})  # fmt: skip
    family = open_family(source)
    model = family.load(dtype=torch.float32)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    family.save(moved(model), tmp_path / "saved")
    assert {v.dtype for v in read_stored(tmp_path / "saved").values()} == {"BF16"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("lm_head.weight"), ["1 missing", "lm_head.weight"]),
        (lambda w: w.update(stranger=torch.ones(1)), ["1 unexpected", "stranger"]),
        (lambda w: w.update({"lm_head.weight": torch.ones(336, 31)}),
         ["1 of another shape", r"lm_head.weight \(336, 31\), not \(336, 32\)"]),
        (lambda w: [w.pop(k) for k in list(w) if "visual" in k], ["missing", "and [0-9]+ more"]),
        (lambda w: w.update({"lm_head.weight": torch.ones(336, 32, dtype=torch.int8)}), ["I8"]),
    ],
)  # fmt: skip
def test_weights_of_another_model(folder, tmp_path, change, words):
    source = shutil.copytree(folder, tmp_path / "m")
    weights = load_file(source / WEIGHTS)
    change(weights)
    save_file(weights, source / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(CorruptInput) as caught:
        open_family(source).load(dtype=torch.float32)
    for word in words:
        assert caught.match(word)


@pytest.mark.parametrize("keep", [0, 4, 100, -1, -40_000])
def test_files_that_were_cut_off(folder, tmp_path, keep):
    source = shutil.copytree(folder, tmp_path / "m")
    data = (source / WEIGHTS).read_bytes()
    (source / WEIGHTS).write_bytes(data[:keep])
    with pytest.raises(CorruptInput, match="cut off"):
        open_family(source).load(dtype=torch.float32)


def test_bytes_that_are_no_safetensors(folder, tmp_path):
    source = shutil.copytree(folder, tmp_path / "m")
    for header in (b"[1, 2]", b'{"a": 3}', b'{"a": {"dtype": "F32", "shape": [1]}}', b"\xff"):
        (source / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header)
        with pytest.raises(CorruptInput):
            open_family(source).load(dtype=torch.float32)


def test_shards(tmp_path):
    source = write_checkpoint(tmp_path / "m", shard="60KB")
    index = source / "model.safetensors.index.json"
    said = json.loads(index.read_text())
    shards = sorted(source.glob("*.safetensors"))
    family = open_family(source)

    def says(**names):
        index.write_text(json.dumps({**said, "weight_map": {**said["weight_map"], **names}}))
        return pytest.raises((CorruptInput, MissingInput))

    with says(**{"lm_head.weight": "../m/model.safetensors"}) as caught:
        family.load(dtype=torch.float32)
    assert caught.match("leaves its folder")
    with says(ghost=shards[0].name) as caught:
        family.load(dtype=torch.float32)
    assert caught.match("ghost in")
    index.write_text(json.dumps(said))
    family.load(dtype=torch.float32)
    shards[1].unlink()
    with pytest.raises(MissingInput, match=shards[1].name):
        family.load(dtype=torch.float32)
    index.unlink()
    with pytest.raises(MissingInput, match="without weights"):
        family.load(dtype=torch.float32)


def test_a_config_that_ties_what_is_not_tied(folder, tmp_path):
    source = shutil.copytree(folder, tmp_path / "m")
    config = json.loads((source / "config.json").read_text())
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = True
    (source / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorruptInput):
        open_family(source).load(dtype=torch.float32)


def test_only_the_models_own_weights_are_saved(family, model, tmp_path):
    good = model.state_dict()
    for change, word in (
        ({"hf.stranger": torch.ones(1)}, "stranger"),
        ({"hf.lm_head.weight": torch.ones(2, 2)}, "another shape"),
        ({"hf.lm_head.weight": torch.full((336, 32), torch.nan)}, "no number"),
    ):
        with pytest.raises(CorruptInput, match=word):
            family.save({**good, **change}, tmp_path / "saved")
    short = {k: v for k, v in good.items() if "layers.0" not in k}
    with pytest.raises(CorruptInput, match="missing"):
        family.save(short, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_all_or_nothing(family, model, tmp_path):
    weights = model.state_dict()
    family.save(weights, tmp_path / "saved")
    before = (tmp_path / "saved" / WEIGHTS).read_bytes()
    with pytest.raises(OutputError, match="there already"):
        family.save(weights, tmp_path / "saved")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # as if the disk were full
    try:
        with pytest.raises(OutputError, match="cannot write"):
            family.save(weights, tmp_path / "other")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]
    assert (tmp_path / "saved" / WEIGHTS).read_bytes() == before
