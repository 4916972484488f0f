"""What the tests of Qwen3-VL share: a tiny checkpoint, and the golden one where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tiny_qwen3_vl import GOLDEN, asked, write_checkpoint

from sextant.models.qwen3_vl import open_family


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("qwen3_vl") / "tiny")


@pytest.fixture(scope="session")
def family(folder):
    return open_family(folder)


@pytest.fixture(scope="session")
def renderer(family):
    return family.renderer("train")


@pytest.fixture(scope="session")
def model(family):
    import torch

    return family.load(dtype=torch.float32)


@pytest.fixture(scope="session")
def golden() -> SimpleNamespace:
    """Numbers that upstream code computed: arrays, tables, and the family of their checkpoint."""
    if not (GOLDEN / "golden.npz").is_file():
        pytest.skip(f"no golden data in {GOLDEN} (set SEXTANT_TEST_DATA)")
    read = {name: json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
            for name in ("golden", "prompt", "training", "smart_resize_table")}  # fmt: skip
    arrays = np.load(GOLDEN / "golden.npz")
    family = open_family(GOLDEN)
    renderer = family.renderer("train")
    samples = {}
    for name, case in read["golden"]["cases"].items():
        pictures = [Image.fromarray(arrays[f"raw.{image}"]) for image in case["images"]]
        messages = asked(len(pictures), case["user"], case["answer"])
        rendered = renderer.render(messages, [p.size for p in pictures])
        samples[name] = (rendered, renderer.pixels(pictures, rendered), pictures)
    return SimpleNamespace(
        **read, cases=read["golden"]["cases"], arrays=arrays, family=family, renderer=renderer,
        samples=samples, folder=GOLDEN,
    )  # fmt: skip
