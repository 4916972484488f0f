"""Processes that train together: joining, spreading the model over them, telling each other.

Only ``torch.distributed`` is used: FSDP2 (``fully_shard``), its hybrid form on a two-dimensional
mesh, and DDP. One process is a group of one, so there is one way through the code.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.nn.parallel import DistributedDataParallel

from sextant.errors import RecipeError
from sextant.models.family import PARTS, Trainable
from sextant.training.blocks import prepare_blocks
from sextant.training.recipe import Sharding, TrainRecipe

PATIENCE = timedelta(hours=12)
"""How long ranks wait for a word of another: the first one may index data for hours."""

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """This process among those that train together.

    Attributes:
        rank: Its number.
        size: How many there are.
        local_size: How many share this machine.
        device: Where it computes.
        talk: Group over the CPU, for figures.
    """

    rank: int
    size: int
    local_size: int
    device: torch.device
    talk: dist.ProcessGroup

    @property
    def first(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    def gather(self, message: Any) -> list[Any]:
        """Return every rank's message, by rank; all ranks call it together.

        Args:
            message: What JSON can hold.
        """
        if self.size == 1:
            return [message]
        data = json.dumps(message).encode()
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(sizes, torch.tensor([len(data)]), group=self.talk)
        longest = max(int(s) for s in sizes)
        own = torch.zeros(longest, dtype=torch.uint8)
        own[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        rows = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.size)]
        dist.all_gather(rows, own, group=self.talk)
        return [
            json.loads(bytes(row[: int(size)].numpy()))
            for row, size in zip(rows, sizes, strict=True)
        ]

    def agree(self, message: Any) -> Any:
        """Return the first rank's message on all ranks."""
        return self.gather(message if self.first else None)[0]

    def wait(self) -> None:
        """Return when all ranks are here."""
        if self.size > 1:
            dist.barrier(group=self.talk)


@contextmanager
def joined_world(device: str | None = None) -> Iterator[World]:
    """Join the processes that ``torchrun`` started, or be the only one.

    Args:
        device: ``cpu`` or ``cuda``; default: the GPU where there is one.

    Raises:
        RecipeError: If CUDA is wanted and there is none.
    """
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if kind == "cuda" and not torch.cuda.is_available():
        raise RecipeError("there is no CUDA device here", hint="--device cpu")
    size = int(os.environ.get("WORLD_SIZE", "1"))
    rank, local = int(os.environ.get("RANK", "0")), int(os.environ.get("LOCAL_RANK", "0"))
    where = torch.device(kind, local) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(where)
    backend = "cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo"
    if size > 1:
        dist.init_process_group(backend, device_id=where if kind == "cuda" else None)
    else:
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    try:
        local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        talk = dist.new_group(backend="gloo", timeout=PATIENCE)
        world = World(rank, size, local_size, where, talk)
        yield world
        # Leave together: a process that closes while another still talks may be aborted.
        world.wait()
    finally:
        dist.destroy_process_group()


def mode_of(rules: Sharding, world: World) -> str:
    """Return ``none``, ``ddp``, ``fsdp`` or ``hsdp``.

    Raises:
        RecipeError: If the mode does not go with the number of processes.
    """
    if rules.mode == "auto":
        return "none" if world.size == 1 else "fsdp"
    if rules.mode == "none" and world.size > 1:
        raise RecipeError(
            "sharding.mode none is for one process", got=f"{world.size} processes", hint="use ddp"
        )
    return rules.mode


def reads_base(rules: Sharding, world: World) -> bool:
    """Return whether this process reads the base's weights; else it is sent its shards.

    Where the model is sharded the first process reads for all: eight copies of a large model are
    more than a node has memory for.
    """
    return world.first or mode_of(rules, world) in ("none", "ddp")


class Spread:
    """A model that lies on all processes, and how packs go through it.

    Args:
        model: On the CPU, or without memory where ``reads_base`` is false; its parts frozen as they
            shall be.
        recipe: Says dtype, recomputation and sharding.
        world: The processes.
    """

    def __init__(self, model: Trainable, recipe: TrainRecipe, world: World) -> None:
        self.module = cast(nn.Module, model)
        self.mode = mode_of(recipe.sharding, world)
        self._dtype = DTYPES[recipe.dtype]
        self._device = world.device
        prepare_blocks(model, checkpointing=recipe.checkpointing, compiled=recipe.compile)
        if self.mode in ("fsdp", "hsdp"):
            _shard_and_send(model, recipe, world, hybrid=self.mode == "hsdp")
        # What is replicated: everything without sharding, else frozen parts and buffers.
        self.module.to(world.device)
        self._run: nn.Module = self.module
        if self.mode == "ddp":
            self._run = _replicated_module(self.module, world)

    def __call__(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the logits of a pack at its supervised places."""
        with self.computing():
            return cast(torch.Tensor, self._run(inputs))

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Compute in the recipe's dtype inside the block, where the sharding does not see to it."""
        cast_here = self._dtype != torch.float32 and self.mode in ("none", "ddp")
        with torch.autocast(self._device.type, self._dtype) if cast_here else nullcontext():
            yield

    @contextmanager
    def accumulating(self, last: bool) -> Iterator[None]:
        """Run a pack's forward and backward in this; gradients are whole after the last one.

        FSDP reduces every pack's gradients, which keeps them sharded; across replicas they are
        added up once, with the last pack, as DDP does.
        """
        if isinstance(self.module, FSDPModule):
            self.module.set_requires_all_reduce(last)
            self.module.set_is_last_backward(last)
            yield
        elif isinstance(self._run, DistributedDataParallel) and not last:
            with self._run.no_sync():
                yield
        else:
            yield


def _shard_and_send(model: Trainable, recipe: TrainRecipe, world: World, *, hybrid: bool) -> None:
    module = cast(nn.Module, model)
    whole = dict(module.state_dict()) if world.first else {}
    _shard(model, recipe, world, hybrid=hybrid)
    if world.size == 1:
        return
    if not world.first:
        module.to_empty(device=world.device)
        model.restore_buffers()
    module.to(world.device)
    options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_model_state_dict(module, whole, options=options)


def _shard(model: Trainable, recipe: TrainRecipe, world: World, *, hybrid: bool) -> None:
    kind = world.device.type
    if hybrid:
        shard = recipe.sharding.shard_size or world.local_size
        if world.size % shard:
            raise RecipeError(
                "processes do not divide into shard groups",
                where="sharding.shard_size",
                expected=f"a divisor of {world.size}",
                got=shard,
            )
        mesh = init_device_mesh(
            kind, (world.size // shard, shard), mesh_dim_names=("replicate", "shard")
        )
    else:
        mesh = init_device_mesh(kind, (world.size,), mesh_dim_names=("shard",))
    policy = MixedPrecisionPolicy(param_dtype=DTYPES[recipe.dtype], reduce_dtype=torch.float32)
    replicated = _replicated(model)
    for block in model.blocks():
        if not any(p in replicated for p in block.parameters()):
            fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(cast(nn.Module, model), mesh=mesh, mp_policy=policy, ignored_params=replicated)


def _replicated_module(module: nn.Module, world: World) -> nn.Module:
    with warnings.catch_warnings():
        # The new name of broadcast_buffers is younger than the oldest torch that is supported.
        warnings.filterwarnings("ignore", message=".*broadcast_buffers", category=FutureWarning)
        return DistributedDataParallel(
            module,
            device_ids=[world.device.index] if world.device.type == "cuda" else None,
            gradient_as_bucket_view=True,
            broadcast_buffers=False,
        )


def _replicated(model: Trainable) -> set[nn.Parameter]:
    """Return the parameters of frozen parts before the language model.

    These are small, and without them a rank that shows pictures and one that shows none meet in
    the same collectives whatever the encoder does.
    """
    found: set[nn.Parameter] = set()
    for part in PARTS:
        parameters = list(model.part(part).parameters())
        if part != "language" and not any(p.requires_grad for p in parameters):
            found.update(parameters)
    return found
