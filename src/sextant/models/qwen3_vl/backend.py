"""Qwen3-VL as a backend for evaluation: the trained renderer and weights, one prompt at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from sextant.errors import InputError, RecipeError
from sextant.models.family import Packed
from sextant.models.hf.checkpoint import find_checkpoint
from sextant.models.hf.memory import free_memory
from sextant.models.in_process import (
    DTYPES,
    device_and_dtype,
    failure,
    one_by_one,
    placed,
    surroundings,
)
from sextant.models.messages import ModelOptions, Picture, Reply, Request
from sextant.models.pictures import open_picture, pictures_of
from sextant.models.qwen3_vl.checkpoint import load_model
from sextant.models.qwen3_vl.family import Qwen3VLFamily
from sextant.models.qwen3_vl.generate import generate_ids
from sextant.models.qwen3_vl.prompt import Turn


class Qwen3VLBackend:
    """Qwen3-VL; see ``Model``.

    A clip is shown as its frames, one picture after the other: SenseNova-SI's models were trained
    so, and lose 7 points on VSI-Bench when they are shown videos.

    Args:
        name: A folder, or a hub id.
        options: Device, dtype (bfloat16 on a GPU, float32 elsewhere), attention, ``max_side``; in
            ``extra`` the rules of the renderer that shall differ from the published inference
            settings, e.g. ``{"max_pixels": 200704}``.

    Raises:
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """

    def __init__(self, name: str, options: ModelOptions) -> None:
        if options.max_side is not None and options.max_side < 1:
            raise RecipeError("an option must be positive", where="max_side", got=options.max_side)
        device, dtype = device_and_dtype(options)
        self._options, self._dtype = options, dtype
        self._attention = options.attention or "sdpa"
        self._checkpoint = find_checkpoint(name)
        folder = self._checkpoint.folder
        self._family = Qwen3VLFamily(folder)
        self._renderer = self._family.renderer("inference", **options.extra)
        model = load_model(
            folder,
            self._family.config,
            dtype=DTYPES[dtype],
            attention=self._attention,
            meta=False,
        )
        self._model: Any = placed(model, device)

    @property
    def name(self) -> str:
        """``qwen3_vl:`` and the last part of its path or id."""
        return f"qwen3_vl:{self._checkpoint.name}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers; see ``Model``."""
        return {
            "backend": "qwen3_vl",
            "weights": self._checkpoint.weights,
            "dtype": self._dtype,
            "attention": self._attention,
            "max_side": self._options.max_side,
            "rules": asdict(self._renderer.rules),
        }

    def environment(self) -> Mapping[str, Any]:
        """Return library versions and the device."""
        return surroundings(self._model.hf.lm_head.weight.device)

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests one by one; see ``Model``. The next one's pictures are read meanwhile."""
        return one_by_one(requests, self._prompt, self._answered, "qwen3-vl-prepare")

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None
        free_memory()

    def _prompt(self, request: Request) -> Packed:
        if request.temperature > 0:
            raise InputError("this backend answers greedily only", where=request.id)
        pictures = [open_picture(p, self._options.max_side) for p in pictures_of(request)]
        # Parts, not a text with marks: an "<image>" that somebody wrote is no picture.
        pieces: list[str | None] = []
        for part in request.parts:
            if isinstance(part, str):
                last = pieces.pop() if pieces and pieces[-1] is not None else ""
                pieces.append(f"{last}{part}")
            else:
                pieces += [None] * (1 if isinstance(part, Picture) else len(part.frames))
        turns = [Turn("user", tuple(pieces))]
        if request.system is not None:
            turns.insert(0, Turn("system", (request.system,)))
        rendered = self._renderer.render_turns(turns, [picture.size for picture in pictures])
        return self._renderer.pack([(rendered, self._renderer.pixels(pictures, rendered))])

    def _answered(self, request: Request, prompt: Future[Packed]) -> Reply:
        begun = time.monotonic()
        ends = self._family.ends
        try:
            packed = prompt.result()
            found = generate_ids(
                self._model, packed, ends=ends, max_new_tokens=request.max_new_tokens
            )
        except Exception as error:  # one prompt must not end the run
            return failure(request, error)
        ended = bool(found) and found[-1] in ends
        text = self._family.tokens.decode(found[:-1] if ended else found)
        seconds = time.monotonic() - begun
        finish = "stop" if ended else "length"
        return Reply(request.id, text, None, finish, sum(packed.lengths), len(found), seconds)
