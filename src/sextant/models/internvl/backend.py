"""InternVL as a model that answers, from a folder of either layout.

Pictures and prompts are laid out as SenseNova-SI's inference code lays them out (``rules``); frames
of a clip as upstream's evaluation does, one tile each, named ``Frame-1:``, ``Frame-2:``, ...
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any, cast

import torch

from sextant.errors import InputError
from sextant.models.cache import failed
from sextant.models.family import Packed, Slot
from sextant.models.hf.batches import Batch, batches_of
from sextant.models.hf.checkpoint import find_checkpoint
from sextant.models.hf.loading import check_options
from sextant.models.hf.memory import free_memory, is_out_of_memory
from sextant.models.in_process import DTYPES, as_input_error, device_and_dtype, placed, surroundings
from sextant.models.internvl.family import InternVLFamily
from sextant.models.internvl.generate import generate_batch
from sextant.models.internvl.model import InternVL
from sextant.models.internvl.prompt import Turn
from sextant.models.internvl.renderer import InternVLRenderer
from sextant.models.internvl.vision import pixels_of
from sextant.models.messages import ModelOptions, Picture, Reply, Request
from sextant.models.pictures import open_picture, pictures_of


class InternVLBackend:
    """InternVL in this process; see ``Model``.

    Args:
        name: A folder, or a hub id.
        options: Device, dtype (bfloat16 on a GPU, float32 elsewhere), attention, batch size,
            ``max_side``; in ``extra`` the rules of the renderer that shall differ from the
            published inference settings, e.g. ``{"tiles": 12}``.

    Raises:
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """

    def __init__(self, name: str, options: ModelOptions) -> None:
        check_options(replace(options, extra={}))
        device, dtype = device_and_dtype(options)
        self._options, self._dtype = options, dtype
        self._checkpoint = find_checkpoint(name)
        self._family = InternVLFamily(self._checkpoint.folder)
        rendering = self._family.renderer("inference", **options.extra)
        self._renderer = cast(InternVLRenderer, rendering)
        self._attention = options.attention or "sdpa"
        model = self._family.load(dtype=DTYPES[dtype], attention=self._attention)
        self._model: InternVL | None = placed(model, device)
        self._device = torch.device(device)
        self._batch_size = options.batch_size
        self._out_of_memory = 0

    @property
    def name(self) -> str:
        """``internvl:`` and the last part of its path or id."""
        return f"internvl:{self._checkpoint.name}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers; see ``Model``."""
        return {
            "backend": "internvl",
            "weights": self._checkpoint.weights,
            "dtype": self._dtype,
            "attention": self._attention,
            "max_side": self._options.max_side,
            "rules": asdict(self._renderer.rules),
        }

    def environment(self) -> Mapping[str, Any]:
        """Return library versions, device, and what memory did to the batches."""
        import PIL
        import tokenizers

        return {
            **surroundings(self._device, tokenizers=tokenizers.__version__, pillow=PIL.__version__),
            "layout": self._family.layout,
            "batch_size": self._batch_size,
            "out_of_memory": self._out_of_memory,
        }

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests batch by batch; see ``Model``.

        A batch that does not fit into memory is halved, and so are all later ones; a request that
        does not fit alone fails.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="internvl-prepare") as preparing:
            # While one batch is answered, the pictures of the next are read and cut.
            waiting: tuple[Batch, list[Future[Packed]]] | None = None
            for batch in batches_of(requests, lambda: self._batch_size):
                coming = (batch, [preparing.submit(self._prompt, one) for one in batch])
                if waiting is not None:
                    yield from self._answered(*waiting)
                waiting = coming
            if waiting is not None:
                yield from self._answered(*waiting)

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None
        free_memory()

    def _prompt(self, request: Request) -> Packed:
        shown = [open_picture(p, self._options.max_side) for p in pictures_of(request)]
        texts, still = [""], []
        for part in request.parts:
            if isinstance(part, str):
                texts[-1] += part
            elif isinstance(part, Picture):
                texts.append("")
                still.append(True)
            else:
                for k in range(1, len(part.frames) + 1):
                    texts[-1] += f"Frame-{k}: "
                    texts.append("\n")
                still += [False] * len(part.frames)
        slots = self._slots([picture.size for picture in shown], still)
        turns = [Turn("user", tuple(texts))]
        if request.system is not None:
            turns.insert(0, Turn("system", (request.system,)))
        rendered = self._renderer.render_prompt(turns, slots)
        pixels = pixels_of(shown, rendered.slots, self._family.config.tile)
        return self._renderer.pack([(rendered, pixels)])

    def _slots(self, sizes: list[tuple[int, int]], still: list[bool]) -> list[Slot]:
        """Return how pictures are shown; frames are one tile each, and take no share."""
        whole = replace(self._renderer, rules=replace(self._renderer.rules, tiles=1, min_tiles=1))
        cut = iter(self._renderer.sizes([size for size, s in zip(sizes, still, strict=True) if s]))
        uncut = iter(whole.sizes([size for size, s in zip(sizes, still, strict=True) if not s]))
        return [next(cut) if one else next(uncut) for one in still]

    def _answered(self, batch: Batch, prompts: list[Future[Packed]]) -> Iterator[Reply]:
        ready: list[tuple[Request, Packed]] = []
        for request, prompt in zip(batch, prompts, strict=True):
            try:
                ready.append((request, prompt.result()))
            except Exception as error:  # one prompt must not end the run
                yield failed(request.id, as_input_error(error))
        if ready:
            yield from self._generated(ready)

    def _generated(self, ready: list[tuple[Request, Packed]]) -> Iterator[Reply]:
        begun = time.monotonic()
        first = ready[0][0]
        try:
            found = generate_batch(
                cast(InternVL, self._model),
                [prompt for _, prompt in ready],
                end=self._family.tokens.end,
                max_new_tokens=first.max_new_tokens,
                temperature=first.temperature,
                seed=first.seed,
            )
        except Exception as error:  # one prompt must not end the run
            if is_out_of_memory(error):
                self._out_of_memory += 1
                free_memory()
                error = InputError("out of memory", where=first.id)
            if len(ready) == 1:
                yield failed(first.id, as_input_error(error))
                return
            half = len(ready) // 2
            if self._out_of_memory:
                self._batch_size = min(self._batch_size, max(1, half))
            yield from self._generated(ready[:half])
            yield from self._generated(ready[half:])
            return
        seconds = (time.monotonic() - begun) / len(ready)
        for (request, prompt), ids in zip(ready, found, strict=True):
            ended = bool(ids) and ids[-1] == self._family.tokens.end
            text = self._family.tokens.decode(ids).strip()
            finish = "stop" if ended else "length"
            yield Reply(request.id, text, None, finish, prompt.lengths[0], len(ids), seconds)
