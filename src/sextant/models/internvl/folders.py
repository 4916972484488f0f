"""A checkpoint folder's files beside the weights: copied, or made anew for the other layout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput
from sextant.models.internvl.checkpoint import INDEX
from sextant.models.internvl.config import Layout
from sextant.models.internvl.vision import MEAN, STD

COPIED = ("*.json", "*.txt", "*.jinja", "*.model", "*.py", "LICENSE*", "NOTICE*")
"""Files of a folder that belong to it. Code is carried along, as text; it is never run."""

CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n'}}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' %}{{ '<IMG_CONTEXT>\\n' }}"
    "{% elif content['type'] == 'video' %}{{ '<video>\\n' }}"
    "{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{'<|im_end|>\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\\n' }}{% endif %}"
)
"""Of published folders in transformers' layout; it has no system turn of its own."""

_NAMED = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}
"""Attributes of the tokenizer that transformers' processor asks for."""

_TOKENIZER = (
    "tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json",
    "tokenizer_config.json", "generation_config.json",
)  # fmt: skip


def copy_files(source: Path, folder: Path) -> None:
    """Copy everything but the weights and their index."""
    for path in sorted({path for pattern in COPIED for path in source.glob(pattern)}):
        if path.is_file() and path.name != INDEX:
            shutil.copyfile(path, folder / path.name)


def write_files(source: Path, folder: Path, layout: Layout, config: Mapping[str, Any]) -> None:
    """Write what a folder of the other layout needs.

    Args:
        source: The folder that is converted.
        folder: Is there, and empty.
        layout: The layout to write.
        config: Already in that layout.

    Raises:
        CorruptInput: If the source's tokenizer cannot be loaded.
    """
    _write_json(folder / "config.json", config)
    if layout == "hf":
        _write_processor(source, folder, config)
    else:
        _write_plain(source, folder, config)


def _write_processor(source: Path, folder: Path, config: Mapping[str, Any]) -> None:
    """Write tokenizer, chat template and image processor with the library's own classes."""
    from transformers import GotOcr2ImageProcessorPil, InternVLProcessor, Qwen2Tokenizer

    from sextant.models.hf.processors import without_videos

    tile = config["vision_config"]["image_size"][0]
    pictures = GotOcr2ImageProcessorPil(
        size={"height": tile, "width": tile}, image_mean=list(MEAN), image_std=list(STD)
    )
    try:
        tokenizer = Qwen2Tokenizer.from_pretrained(source, extra_special_tokens=dict(_NAMED))
        processor = without_videos(InternVLProcessor)(
            image_processor=pictures,
            tokenizer=tokenizer,
            image_seq_length=config["image_seq_length"],
            chat_template=CHAT_TEMPLATE,
        )
    except Exception as error:  # whatever goes wrong there, it is these files
        raise CorruptInput("cannot load the tokenizer", where=source, got=error) from error
    processor.save_pretrained(folder)
    end = config["text_config"]["eos_token_id"]
    _write_json(folder / "generation_config.json", {"eos_token_id": end})


def _write_plain(source: Path, folder: Path, config: Mapping[str, Any]) -> None:
    """Write the tokenizer as it is, without what only transformers' processor reads."""
    for name in _TOKENIZER:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    path = folder / "tokenizer_config.json"
    if path.is_file():
        settings = json.loads(path.read_text("utf-8"))
        for name in ("processor_class", "chat_template", *_NAMED):
            settings.pop(name, None)
        settings["extra_special_tokens"] = {}
        _write_json(path, settings)
    tile = config["force_image_size"]
    _write_json(
        folder / "preprocessor_config.json",
        {
            "crop_size": tile, "do_center_crop": True, "do_normalize": True, "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": MEAN,
            "image_std": STD, "resample": 3, "size": tile,
        },
    )  # fmt: skip


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
