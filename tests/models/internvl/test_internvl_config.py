"""Sizes of real models, counted; configs that are something else."""

from __future__ import annotations

import copy
import json

import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")

from tiny_internvl import opengvlab_config

from sextant.errors import CorruptInput, MissingInput
from sextant.models.internvl.config import config_of, layout_of, read_json, shape_of
from sextant.models.internvl.layouts import to_hf, to_opengvlab

# hidden, intermediate, layers, heads, key-value heads of the published models, and their vision
# encoder: 300M (InternViT-300M-448px) or 6B.
REAL = {
    "1B": ((896, 4864, 24, 14, 2), "300M"),
    "2B": ((1536, 8960, 28, 12, 2), "300M"),
    "8B": ((3584, 18944, 28, 28, 4), "300M"),
    "14B": ((5120, 13824, 48, 40, 8), "300M"),
    "38B": ((5120, 27648, 64, 40, 8), "6B"),
    "78B": ((8192, 29568, 80, 64, 8), "6B"),
}
VISION = {
    "300M": {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
             "num_attention_heads": 16, "qkv_bias": True, "qk_normalization": False,
             "norm_type": "layer_norm"},
    "6B": {"hidden_size": 3200, "intermediate_size": 12800, "num_hidden_layers": 45,
           "num_attention_heads": 25, "qkv_bias": False, "qk_normalization": True,
           "norm_type": "rms_norm"},
}  # fmt: skip


def real_config(name):
    (hidden, intermediate, layers, heads, key_values), encoder = REAL[name]
    raw = opengvlab_config(151_674, force_image_size=448)
    raw["llm_config"] |= {
        "hidden_size": hidden, "intermediate_size": intermediate, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": key_values,
        "max_position_embeddings": 32_768,
    }  # fmt: skip
    raw["vision_config"] |= {"image_size": 448, "patch_size": 14, **VISION[encoder]}
    return raw


def translated(raw, where="config.json"):
    return to_hf(raw, 151_667, 151_645, where)


@pytest.mark.parametrize("name", sorted(REAL))
def test_shapes_of_real_models_are_those_that_the_module_has(name):
    torch = pytest.importorskip("torch", reason="needs the extra train")
    pytest.importorskip("transformers", reason="needs the extra train")
    from sextant.models.family import PARTS
    from sextant.models.internvl.model import build

    raw = translated(real_config(name))
    shape = shape_of(config_of(raw, "config.json"))
    model = build(raw, "sdpa", torch.bfloat16)
    assert all(p.is_meta and p.dtype == torch.bfloat16 for p in model.parameters())
    for part in PARTS:
        counted = sum(p.numel() for p in model.part(part).parameters())
        assert shape.parameters[part] == counted, part
    assert shape.head_parameters == model.network.lm_head.weight.numel()
    assert shape.embedding_parameters == 151_674 * shape.hidden
    blocks = list(model.blocks())
    assert len(blocks) == shape.layers + shape.vision_layers


def test_numbers_of_the_study():
    """training.md 2.3: vision 0.304, language 7.069 and a head of 0.544, projector 0.028 B."""
    shape = shape_of(config_of(translated(real_config("8B")), "config.json"))
    rounded = {part: round(n / 1e9, 3) for part, n in shape.parameters.items()}
    assert rounded["vision"] == 0.304
    assert rounded["projector"] == 0.028
    assert round((shape.parameters["language"] - shape.head_parameters) / 1e9, 2) == 7.07
    assert round(shape.head_parameters / 1e9, 3) == 0.544
    assert round(sum(shape.parameters.values()) / 1e9, 2) == 7.94
    assert config_of(translated(real_config("8B")), "config.json").tokens_per_tile == 256


def test_there_and_back():
    raw = real_config("78B")
    hf = translated(raw)
    pytest.importorskip("transformers", reason="needs the extra train")
    from transformers import InternVLConfig

    whole = InternVLConfig.from_dict(copy.deepcopy(hf)).to_dict()
    back = to_opengvlab(whole, "config.json")
    assert InternVLConfig.from_dict(translated(back)).to_dict() == whole
    stated = {k: v for k, v in raw["llm_config"].items() if k != "eos_token_id"}
    assert stated.items() <= back["llm_config"].items()
    assert back["llm_config"]["eos_token_id"] == 151_645
    assert raw["vision_config"].items() <= back["vision_config"].items()


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        (None, {"rope_type": "default"}),
        ({"type": "dynamic", "factor": 2.0}, {"rope_type": "dynamic", "factor": 2.0}),
        (
            {"type": "dynamic", "rope_type": "dynamic", "factor": 2.0},
            {"rope_type": "dynamic", "factor": 2.0},
        ),
    ],
)
def test_rotary_settings_have_one_form(scaling, expected):
    raw = opengvlab_config(300)
    raw["llm_config"]["rope_scaling"] = scaling
    found = translated(raw)["text_config"]["rope_parameters"]
    assert found == {"rope_theta": 1e6, **expected}


def test_what_a_config_leaves_out_is_the_librarys_default():
    pytest.importorskip("transformers", reason="needs the extra train")
    from transformers import InternVLConfig

    bare = {"model_type": "internvl", "text_config": {"model_type": "qwen2"}, "vision_config": {}}
    whole = InternVLConfig.from_dict(copy.deepcopy(bare)).to_dict()
    assert config_of({**bare, "tie_word_embeddings": True}, "x") == config_of(whole, "x")


def test_tied_is_what_is_stated_last():
    def tied(top, text):
        raw = translated(opengvlab_config(300))
        raw.pop("tie_word_embeddings")
        raw["text_config"].pop("tie_word_embeddings")
        raw |= {} if top is None else {"tie_word_embeddings": top}
        raw["text_config"] |= {} if text is None else {"tie_word_embeddings": text}
        return config_of(raw, "x").tied

    found = [tied(*p) for p in ((None, None), (None, True), (True, False), (False, True))]
    assert found == [False, True, True, False]
    raw = translated(opengvlab_config(300))
    with_head, without = (
        shape_of(config_of({**raw, "tie_word_embeddings": t}, "x")) for t in (False, True)
    )
    assert without.head_parameters == 0
    assert with_head.parameters["language"] - without.parameters["language"] == 300 * 32


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("llm_config", "architectures"), ["InternLM3ForCausalLM"], "architectures"),
        (("llm_config",), None, "llm_config"),
        (("select_layer",), -4, "select_layer"),
        (("ps_version",), "v1", "ps_version"),
        (("pad2square",), True, "pad2square"),
        (("use_llm_lora",), 16, "use_llm_lora"),
        (("force_image_size",), 64, "force_image_size"),
        (("vision_config", "hidden_act"), "relu", "hidden_act"),
        (("vision_config", "norm_type"), "batch_norm", "norm_type"),
        (("vision_config", "patch_size"), 5, "multiple of patch_size"),
        (("llm_config", "num_attention_heads"), 5, "num_attention_heads"),
        (("llm_config", "vocab_size"), -3, "vocab_size"),
        (("llm_config", "vocab_size"), True, "vocab_size"),
        (("downsample_ratio",), 0.3, "downsample_ratio"),
    ],
)
def test_models_of_another_kind_are_refused(path, value, words):
    raw = opengvlab_config(300)
    inner = raw
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(CorruptInput, match=words):
        config_of(translated(raw), "config.json")


def test_files_that_are_no_config(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(MissingInput, match="a file is missing"):
        read_json(path)
    for text in ("[1]", "{", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(CorruptInput, match="JSON"):
            read_json(path)
    path.write_text(json.dumps({"a": "x" * (1 << 20)}))
    with pytest.raises(CorruptInput, match="too large"):
        read_json(path)
    for found in ("qwen3_vl", None, ["internvl"]):
        with pytest.raises(CorruptInput, match="InternVL family"):
            layout_of({"model_type": found}, path)
