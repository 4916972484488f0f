"""Qwen3-VL as a backend for evaluation: the trained renderer and weights, one prompt at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import torch
import transformers

from sextant.errors import InputError, RecipeError, SextantError
from sextant.models.cache import failed
from sextant.models.family import Packed
from sextant.models.hf.checkpoint import find_checkpoint
from sextant.models.hf.memory import free_memory, is_out_of_memory
from sextant.models.messages import ModelOptions, Picture, Reply, Request
from sextant.models.pictures import open_picture, pictures_of
from sextant.models.qwen3_vl.checkpoint import load_model
from sextant.models.qwen3_vl.family import Qwen3VLFamily
from sextant.models.qwen3_vl.generate import generate_ids
from sextant.models.qwen3_vl.prompt import Turn

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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
        device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = options.dtype or ("bfloat16" if device.startswith("cuda") else "float32")
        if dtype not in DTYPES:
            raise RecipeError("unknown dtype", expected=" or ".join(DTYPES), got=repr(dtype))
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
        try:
            self._model: Any = model.to(device).eval()
        except (RuntimeError, ValueError) as error:  # no such device, or no room on it
            raise RecipeError("cannot use the device", where=device, got=error) from error

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
        device = self._model.hf.lm_head.weight.device
        return {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "device": str(device),
            "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "cuda": torch.version.cuda,
        }

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests one by one; see ``Model``. The next one's pictures are read meanwhile."""
        with ThreadPoolExecutor(1, thread_name_prefix="qwen3-vl-prepare") as preparing:
            waiting: tuple[Request, Future[Packed]] | None = None
            for request in requests:
                coming = (request, preparing.submit(self._prompt, request))
                if waiting is not None:
                    yield self._answered(*waiting)
                waiting = coming
            if waiting is not None:
                yield self._answered(*waiting)

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
        except SextantError as error:
            return failed(request.id, error)
        except Exception as error:  # one prompt must not end the run
            if is_out_of_memory(error):
                free_memory()
                return failed(request.id, InputError("out of memory", where=request.id))
            text = " ".join(str(error).split())[:300]
            return failed(request.id, InputError(f"{type(error).__name__}: {text}"))
        ended = bool(found) and found[-1] in ends
        text = self._family.tokens.decode(found[:-1] if ended else found)
        seconds = time.monotonic() - begun
        finish = "stop" if ended else "length"
        return Reply(request.id, text, None, finish, sum(packed.lengths), len(found), seconds)
