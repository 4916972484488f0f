"""Checkpoints: what training has changed so far, in one folder that is whole or not there.

    checkpoints/step-00000200/
        rank-00000-00001.safetensors    shards of a rank, as torch's DCP lays them out
        state.json                      step, identity, names and sizes of the files

Files are safetensors with DCP's notes of where each shard belongs, so DCP reads them into any
number of ranks, and no pickle is ever read back. A thread writes them, without a word to other
ranks: collectives of two threads would meet in another order on another rank. All ranks write into
one temporary folder, and the first of them renames it when all are done: a run that is killed, or
whose disk is full, leaves the checkpoint before as it was. Weights that are not trained are not
written; they come from the base, whose identity is noted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint import HuggingFaceStorageReader
from torch.distributed.checkpoint.api import CheckpointException

from sextant.errors import CorruptInput, OutputError
from sextant.execution.atomic import (
    make_folder,
    output_error,
    remove_leftovers,
    sync_folder,
    temporary_name,
    write_text,
)
from sextant.training.distributed import World
from sextant.training.ema import MovingAverage
from sextant.training.optimizer import trained
from sextant.training.rounded import RoundedAdamW
from sextant.training.shards import own_shards, write_shards

STATE = "state.json"
_FOLDER = re.compile(r"^step-(\d{8})$")


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """What changes in a step.

    Attributes:
        module: The model, spread over the ranks already.
        optimizer: Over its trained parameters.
        average: Their moving average, where there is one.
    """

    module: nn.Module
    optimizer: torch.optim.Optimizer
    average: MovingAverage | None = None

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return everything that a checkpoint holds, by name; tensors are the living ones."""
        found: dict[str, torch.Tensor] = {}
        for name, parameter in trained(self.module).items():
            found[f"model.{name}"] = parameter.detach()
            state = self.optimizer.state[parameter]
            if not state:
                state.update(_fresh_state(self.optimizer, parameter))
            found[f"first.{name}"] = state["exp_avg"]
            found[f"second.{name}"] = state["exp_avg_sq"]
            # One number a parameter; safetensors cuts slices, so it needs a dimension.
            found[f"step.{name}"] = state["step"].view(1)
            if self.average is not None:
                found[f"average.{name}"] = self.average.values[name]
        return found


def _fresh_state(
    optimizer: torch.optim.Optimizer, parameter: nn.Parameter
) -> dict[str, torch.Tensor]:
    """Return the state that AdamW gives a parameter before its first step."""
    if isinstance(optimizer, RoundedAdamW):
        return optimizer.fresh_state(parameter)
    return {
        "step": torch.zeros((), dtype=torch.float32),
        "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
        "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
    }


class Checkpoints:
    """The checkpoints of a run.

    Args:
        folder: Holds one folder a checkpoint.
        world: The ranks; all of them call every method together.
        keep: How many are kept.
        aside: Write while training goes on.
    """

    def __init__(self, folder: Path, world: World, *, keep: int = 2, aside: bool = True) -> None:
        self.folder = folder
        self._world = world
        self._keep = keep
        self._aside = aside
        self._writer = ThreadPoolExecutor(1, "checkpoint")
        self._pending: tuple[Future[None], Path, Path, dict[str, Any]] | None = None
        if world.first:
            make_folder(folder)
            remove_leftovers(folder)
        world.wait()

    def steps(self) -> list[int]:
        """Return the steps of whole checkpoints, in order."""
        if not self.folder.is_dir():
            return []
        names = sorted(p.name for p in self.folder.iterdir() if (p / STATE).is_file())
        return [int(m[1]) for m in map(_FOLDER.match, names) if m]

    def save(self, learner: Learner, state: Mapping[str, Any]) -> None:
        """Write a checkpoint; with ``aside``, return as soon as its tensors are copied.

        Args:
            learner: What is written.
            state: Goes into ``state.json``; holds ``step``.

        Raises:
            OutputError: If this one, or the one before it that was still being written, could not
                be written. Older ones are whole.
        """
        self.finish()
        final = self.folder / f"step-{state['step']:08d}"
        if self._world.agree(final.exists()):
            return
        temporary = self.folder / self._world.agree(temporary_name(final).name)
        # Copies: training goes on while they are written.
        shards = {
            name: (shard.to("cpu", copy=True), offsets)
            for name, shard, offsets in own_shards(learner.tensors(), self._world)
        }
        writing = self._writer.submit(write_shards, temporary, shards, self._world.rank)
        self._pending = (writing, temporary, final, dict(state))
        if not self._aside:
            self.finish()

    def poll(self) -> None:
        """Give a checkpoint its name if it has been written by now; all ranks call it together.

        Raises:
            OutputError: As ``finish``.
        """
        if self._pending is not None and all(self._world.gather(self._pending[0].done())):
            self.finish()

    def finish(self) -> None:
        """Return when what is being written is whole and has its name.

        Raises:
            OutputError: If it could not be written.
        """
        if self._pending is None:
            return
        pending, temporary, final, state = self._pending
        self._pending = None
        problem = None
        try:
            pending.result()
        except Exception as error:
            problem = _reason(error)
        problems = [p for p in self._world.gather(problem) if p is not None]
        if not problems and self._world.first:
            try:
                _commit(temporary, final, state)
            except Exception as error:
                problem = _reason(error)
        problems = problems or [p for p in self._world.gather(problem) if p is not None]
        if problems:
            if self._world.first:
                shutil.rmtree(temporary, ignore_errors=True)
            before = self.steps()
            raise OutputError(
                "cannot write a checkpoint",
                where=final,
                got=problems[0],
                hint=(f"the one of step {before[-1]} is whole; " if before else "")
                + "free some space and run the same command again",
            )
        if self._world.first:
            for step in self.steps()[: -self._keep]:
                shutil.rmtree(self.folder / f"step-{step:08d}", ignore_errors=True)
        self._world.wait()

    def state(self, step: int) -> dict[str, Any]:
        """Return what ``state.json`` of a checkpoint says.

        Raises:
            CorruptInput: If it is unreadable, or a file is gone or has another size.
        """
        folder = self.folder / f"step-{step:08d}"
        try:
            state = json.loads((folder / STATE).read_text(encoding="utf-8"))
            files = {str(name): int(size) for name, size in state["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CorruptInput(
                "a checkpoint's state cannot be read", where=folder / STATE, got=error
            ) from None
        for name, size in files.items():
            path = folder / Path(name).name
            found = path.stat().st_size if path.is_file() else None
            if found != size:
                raise CorruptInput(
                    "a checkpoint is not whole",
                    where=path,
                    expected=f"{size:,} bytes",
                    got="no file" if found is None else f"{found:,} bytes",
                    hint=f"remove {folder} to go on from the one before",
                )
        return cast(dict[str, Any], state)

    def load(self, step: int, learner: Learner) -> dict[str, Any]:
        """Read a checkpoint into a learner, whatever number of ranks wrote it; return its state.

        Raises:
            CorruptInput: If it is not whole, or holds other tensors.
        """
        state = self.state(step)
        folder = self.folder / f"step-{step:08d}"
        tensors = learner.tensors()
        try:
            dcp.load(
                tensors,
                storage_reader=HuggingFaceStorageReader(str(folder)),
                process_group=self._world.talk,
            )
        except (Exception, CheckpointException) as error:
            raise CorruptInput(
                "a checkpoint cannot be read", where=folder, got=_reason(error),
                hint="was it written by another recipe or another model?",
            ) from error  # fmt: skip
        return state


def _commit(temporary: Path, final: Path, state: dict[str, Any]) -> None:
    files = sorted(p for p in temporary.iterdir() if p.is_file())
    state = {**state, "files": {p.name: p.stat().st_size for p in files}}
    write_text(temporary / STATE, json.dumps(state, indent=1, sort_keys=True) + "\n")
    try:
        os.rename(temporary, final)
        sync_folder(final.parent)
    except OSError as error:
        raise output_error(final, error) from error


def _reason(error: BaseException) -> str:
    """Return the cause below the wrappers that DCP puts around it, in one line."""
    if isinstance(error, CheckpointException):
        error = next(iter(error.failures.values()))[0]
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error) or type(error).__name__).splitlines()[0][:300]
