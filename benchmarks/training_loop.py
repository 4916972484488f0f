"""Samples a second of the training loop on a CPU, beside TRL's SFTTrainer on the same samples.

    python benchmarks/training_loop.py [--samples 2000] [--batch 16] [--keep DIR]

A tiny random Qwen3-VL (real patch and merge sizes) learns one epoch of made-up questions about one
to 16 small pictures; as in corpora of spatial questions, most show one or two and an eighth shows
16. Ours packs the samples of a step into rows; TRL refuses packing for pictures and pads. Each side
is a process of its own with one thread and one process that decodes; wall-clock time of the whole
training call: data, steps, and for ours also reading the base, indexing, checkpoint and export. TRL
is no dependency: without it only ours is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests" / "models" / "qwen3_vl"))

HIDDEN, LAYERS, SIDE = 256, 4, 128
PICTURES = (1, 1, 1, 2, 2, 4, 8, 16)
ROW_TOKENS = 512


def write_base(folder: Path) -> None:
    import tiny_qwen3_vl as tiny
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    torch.manual_seed(0)
    small = tiny.config_of

    def larger(ids: dict[str, int], *, tied: bool = False) -> dict[str, Any]:
        config = small(ids, tied=tied)
        config["text_config"] |= {
            "hidden_size": HIDDEN, "intermediate_size": 3 * HIDDEN, "num_hidden_layers": LAYERS,
            "head_dim": HIDDEN // 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        }  # fmt: skip
        config["text_config"]["rope_parameters"]["mrope_section"] = [12, 10, 10]
        config["vision_config"] |= {
            "hidden_size": 64, "intermediate_size": 128, "num_heads": 4, "out_hidden_size": HIDDEN,
        }  # fmt: skip
        return config

    tiny.config_of = larger
    tiny.write_checkpoint(folder)
    config = Qwen3VLConfig.from_pretrained(folder)
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)


def write_samples(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(64):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    with (folder / "data.jsonl").open("w") as file:
        for number in range(count):
            names = [f"{k}.jpg" for k in rng.integers(0, 64, int(rng.choice(PICTURES)))]
            words = " ".join("left right near far chair table".split()[k] for k in
                             rng.integers(0, 6, int(rng.integers(4, 30))))  # fmt: skip
            turns = [
                {"from": "human", "value": "<image>" * len(names) + words},
                {"from": "gpt", "value": "ABCD"[number % 4]},
            ]
            row = {"id": str(number), "image": names, "conversations": turns}
            file.write(json.dumps(row) + "\n")


def ours(folder: Path, batch: int) -> dict[str, Any]:
    from sextant.commands.tiny_stage import learn
    from sextant.training.recipe import TrainRecipe

    recipe = TrainRecipe.model_validate(
        {
            "family": "qwen3_vl", "base": str(folder / "base"), "dtype": "fp32", "workers": 1,
            "data": [{"path": str(folder / "data.jsonl")}], "global_batch": batch,
            "pack_tokens": ROW_TOKENS, "fit": {"max_tokens": ROW_TOKENS},
            "checkpointing": False, "save_every": 10_000, "optimizer": {"lr": 1e-4},
        }
    )  # fmt: skip
    began = time.perf_counter()
    learn(recipe, folder / "run", folder / "cache", quiet=True)
    seconds = time.perf_counter() - began
    rows = [json.loads(x) for x in (folder / "run/metrics.jsonl").read_text().splitlines()]
    return {
        "seconds": seconds,
        "tokens": sum(r["tokens"] for r in rows),
        "in steps": sum(r["seconds"] for r in rows),
        "waiting": sum(r["seconds"] * r["wait_share"] for r in rows),
        "last loss": float(np.mean([r["loss"] for r in rows[-10:]])),
        "versions": f"torch {version('torch')}, transformers {version('transformers')}",
    }


def trl(folder: Path, batch: int) -> dict[str, Any]:
    from datasets import Dataset
    from transformers import AutoConfig, Qwen3VLForConditionalGeneration
    from trl import SFTConfig, SFTTrainer

    from sextant.models.hf.processors import load_processor

    base = folder / "base"
    processor = load_processor(base, AutoConfig.from_pretrained(base))
    rows = []
    for line in (folder / "data.jsonl").read_text().splitlines():
        row = json.loads(line)
        question, answer = (turn["value"] for turn in row["conversations"])
        shown = [{"type": "image"} for _ in row["image"]]
        text = {"type": "text", "text": question.replace("<image>", "")}
        rows.append(
            {
                "prompt": [{"role": "user", "content": [*shown, text]}],
                "completion": [
                    {"role": "assistant", "content": [{"type": "text", "text": answer}]}
                ],
                "images": [str(folder / name) for name in row["image"]],
            }
        )

    def opened(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        columns["images"] = [
            [Image.open(name).convert("RGB") for name in names] for names in columns["images"]
        ]
        return columns

    trainer = SFTTrainer(
        Qwen3VLForConditionalGeneration.from_pretrained(base),
        args=SFTConfig(
            str(folder / "trl"), per_device_train_batch_size=batch, num_train_epochs=1,
            max_length=None, remove_unused_columns=False, use_cpu=True, report_to=[],
            save_strategy="no", logging_steps=10, dataloader_num_workers=1, learning_rate=1e-4,
            gradient_checkpointing=False, bf16=False,
        ),
        train_dataset=Dataset.from_list(rows).with_transform(opened),
        processing_class=processor,
    )  # fmt: skip
    began = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - began
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"seconds": seconds, "last loss": losses[-1], "versions": f"trl {version('trl')}"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--side", choices=("ours", "trl"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        import torch

        torch.set_num_threads(1)
        found = {"ours": ours, "trl": trl}[asked.side](asked.keep, asked.batch)
        print("RESULT " + json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_base(folder / "base")
        write_samples(folder, asked.samples)
        rates = {}
        for side in ("ours", "trl"):
            if side == "trl" and find_spec("trl") is None:
                print("trl is not installed: only ours")
                continue
            command = [sys.executable, __file__, "--side", side, "--keep", str(folder),
                       "--batch", str(asked.batch)]  # fmt: skip
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            lines = [x for x in done.stdout.splitlines() if x.startswith("RESULT ")]
            if not lines:
                sys.exit(done.stderr[-3000:])
            found = json.loads(lines[0].removeprefix("RESULT "))
            rates[side] = asked.samples / found["seconds"]
            print(f"{side}: {rates[side]:.1f} samples/s; {found}")
        if len(rates) == 2:
            print(f"ours / trl: {rates['ours'] / rates['trl']:.2f}")


if __name__ == "__main__":
    main()
