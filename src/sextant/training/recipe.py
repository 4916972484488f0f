"""The training recipe: one YAML file, validated into frozen models, unknown keys refused.

Everything that decides what a model learns stands here, apart from the machine. Two names of a
published model's settings are never mixed: ``*-paper`` is what the paper says, ``*-released`` what
the authors' scripts say (``training/recipes/``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sextant.models.family import PARTS, Part

Weighting = Literal["token", "sample", "sqrt"]
"""What a sample counts in the loss: by its supervised tokens, as one, or by their square root."""

TooLong = Literal["refuse", "shrink", "frames", "frames_then_shrink"]

LearningRate = Annotated[float, Field(gt=0, le=1)]


class RecipePart(BaseModel):
    """Frozen, and it refuses keys it does not know, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataEntry(RecipePart):
    """One set of examples, and how much of it."""

    path: str = Field(description="corpus folder, or .jsonl file of conversations")
    split: Literal["train", "val"] = Field("train", description="of a corpus; test is refused")
    name: str | None = Field(
        None, description="what reports call it; default: the path's last part"
    )
    images: str | None = Field(
        None, description="folder that a JSONL's pictures are relative to; default: the file's own"
    )
    weight: float = Field(1.0, gt=0, le=1000, description="how often its rows come in an epoch")
    share: float | None = Field(
        None, gt=0, le=1, description="of all samples of an epoch, instead of a weight"
    )
    limit: int | None = Field(None, ge=1, description="so many rows, drawn once; smaller nest")
    subset: str | None = Field(None, description="named subset of a corpus (samples.subsets)")
    capabilities: tuple[str, ...] = Field((), description="only these; empty = all")
    tasks: tuple[str, ...] = Field((), description="only these families; empty = all")
    capability: str = Field("GENERAL", description="of a JSONL's rows, which do not name theirs")


class FitRules(RecipePart):
    """What is done with samples of many pictures, and with those that are too long."""

    max_frames: int = Field(16, ge=1, description="pictures shown of a video, evenly chosen")
    frames_from: int = Field(
        8, ge=2, description="so many pictures before a question are a video, whose frames may go"
    )
    max_tokens: int = Field(16384, ge=16, description="longest sample")
    too_long: TooLong = Field(
        "frames_then_shrink", description="leave out frames, show smaller pictures, or refuse"
    )
    min_frames: int = Field(4, ge=1, description="fewest frames that a video is left with")
    min_scale: float = Field(0.35, gt=0, le=1, description="smallest scale of a side")


class Curriculum(RecipePart):
    """In which order an epoch shows its samples."""

    order: Literal["none", "easy_first"] = "none"
    epochs: int = Field(1, ge=1, description="of so many first epochs; later ones are shuffled")


class Optimizer(RecipePart):
    """AdamW."""

    lr: LearningRate = 5e-6
    lr_by_part: Mapping[Part, LearningRate] = Field(
        default_factory=dict, description="of vision, projector or language, instead of lr"
    )
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = Field(1e-8, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    decay_all: bool = Field(False, description="decay biases and norms as well as matrices")
    clip: float | None = Field(1.0, gt=0, description="largest norm of all gradients; null = none")
    state_dtype: Literal["fp32", "bf16"] = Field("fp32", description="of the two moments")

    @field_validator("betas")
    @classmethod
    def _below_one(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not all(0 <= beta < 1 for beta in value):
            raise ValueError("betas are numbers from 0 to below 1")
        return value


class Schedule(RecipePart):
    """The learning rate over the steps."""

    kind: Literal["cosine", "constant", "linear"] = "cosine"
    warmup_steps: int | None = Field(None, ge=0, description="instead of warmup_share")
    warmup_share: float = Field(0.03, ge=0, le=1, description="of all steps, rounded up")
    final_share: float = Field(0.0, ge=0, le=1, description="of the learning rate, at the end")

    def warmup(self, steps: int) -> int:
        """Return how many of ``steps`` the rate rises."""
        if self.warmup_steps is not None:
            return self.warmup_steps
        return math.ceil(self.warmup_share * steps)


class Lora(RecipePart):
    """Low-rank adapters instead of the weights themselves (peft)."""

    r: int = Field(64, ge=1)
    alpha: float = Field(128, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: tuple[str, ...] = Field(
        ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
        min_length=1, description="last names of linear layers",
    )  # fmt: skip
    parts: tuple[Part, ...] = Field(("language",), min_length=1)


class Sharding(RecipePart):
    """How the model lies on several processes."""

    mode: Literal["auto", "none", "ddp", "fsdp", "hsdp"] = Field(
        "auto", description="auto: none on one process, else fsdp"
    )
    shard_size: int | None = Field(
        None, ge=1, description="processes of a shard group (hsdp); default: those of a node"
    )


class TrainRecipe(RecipePart):
    """Everything that decides what is learned."""

    family: str = Field(description="folder below sextant.models: internvl, qwen3_vl, bagel")
    base: str = Field(description="checkpoint folder that training starts from")
    notes: Mapping[str, str] = Field(default_factory=dict, description="sources of the values")

    data: tuple[DataEntry, ...] = Field((), description="what is learned from")
    held_out: tuple[DataEntry, ...] = Field((), description="whose loss is measured on the way")
    held_out_limit: int = Field(512, ge=1, description="samples of each held-out entry")
    held_out_answers: int = Field(
        0,
        ge=0,
        description="questions of each held-out corpus that are answered and scored as well",
    )
    fit: FitRules = FitRules()
    curriculum: Curriculum = Curriculum()
    vision: Mapping[str, Any] = Field(
        default_factory=dict, description="rules of the family's renderer, by its own names"
    )

    epochs: float = Field(1.0, gt=0, le=1000)
    steps: int | None = Field(None, ge=1, description="instead of epochs")
    global_batch: int = Field(2048, ge=1, description="samples of a step, exactly")
    pack_tokens: int = Field(16384, ge=16, description="longest row that samples are packed into")
    loss_weight: Weighting = "token"
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    freeze: tuple[Part, ...] = Field((), description="parts that are not trained")
    lora: Lora | None = None
    ema: float | None = Field(None, gt=0, lt=1, description="decay of averaged weights")

    dtype: Literal["bf16", "fp32"] = Field("bf16", description="of the computation")
    master_dtype: Literal["fp32", "bf16"] = Field("fp32", description="of the weights as stored")
    attention: str = Field("auto", description="auto: the best of the family")
    checkpointing: bool = Field(True, description="recompute activations block by block")
    compile: bool = Field(False, description="let torch.compile fuse what layers do (GPUs)")
    sharding: Sharding = Sharding()
    deterministic: bool = False

    save_every: int = Field(200, ge=1, description="steps between checkpoints")
    keep: int = Field(2, ge=1, description="checkpoints that are kept")
    eval_every: int | None = Field(None, ge=1, description="steps between held-out losses")
    spike: float | None = Field(
        None, gt=1, description="stop if the loss is so many times its running median"
    )
    max_broken_share: float = Field(
        0.02, ge=0, le=1, description="stop if more of the samples cannot be decoded"
    )
    seed: int = Field(0, ge=0)
    workers: int = Field(4, ge=0, description="processes per rank that decode; 0 = none")
    prefetch_mb: int = Field(2048, ge=1, description="most decoded pixels that wait per rank")

    @field_validator("freeze")
    @classmethod
    def _something_learns(cls, value: tuple[Part, ...]) -> tuple[Part, ...]:
        if set(value) == set(PARTS):
            raise ValueError("all parts are frozen, nothing would be learned")
        return value

    @model_validator(mode="after")
    def _one_pack_holds_any_sample(self) -> TrainRecipe:
        if self.fit.max_tokens > self.pack_tokens:
            raise ValueError(
                f"pack_tokens ({self.pack_tokens}) must hold the longest sample, "
                f"fit.max_tokens ({self.fit.max_tokens})"
            )
        if self.held_out_answers and not (self.held_out and self.eval_every):
            raise ValueError("held_out_answers needs held_out data and eval_every")
        shares = [entry.share for entry in self.data if entry.share is not None]
        all_shared = bool(shares) and len(shares) == len(self.data)
        if sum(shares) > 1 + 1e-9 or (all_shared and abs(sum(shares) - 1) > 1e-9):
            raise ValueError(f"shares of data sum up to {sum(shares):g}, not to 1")
        if shares and not all_shared and sum(shares) > 1 - 1e-9:
            raise ValueError("shares of data leave nothing for the entries with a weight")
        return self

    def digest(self) -> str:
        """Return 16 hex digits that identify the resolved recipe."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()
