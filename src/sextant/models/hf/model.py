"""Answers in batches, greedy and reproducible."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sextant.errors import InputError, MissingDependency, SextantError
from sextant.models.cache import failed
from sextant.models.hf.batches import Batch, batches_of
from sextant.models.hf.checkpoint import find_checkpoint
from sextant.models.hf.loading import check_options, ends_of, greedy, load_model, plain
from sextant.models.hf.memory import free_memory, is_out_of_memory
from sextant.models.hf.processors import (
    has_torchvision,
    load_processor,
    tensors_of,
    tokenizer_of,
)
from sextant.models.messages import ModelOptions, Reply, Request


class HfModel:
    """A model of the transformers library; see ``Model``.

    Args:
        name: A folder, or a hub id.
        options: Device, dtype, attention, batch size, scaling of pictures, and ``FURTHER``.

    Raises:
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """

    def __init__(self, name: str, options: ModelOptions) -> None:
        check_options(options)
        self._options = options
        self._checkpoint = find_checkpoint(name)
        self._config, self._model = load_model(self._checkpoint.folder, options)
        self._processor = load_processor(self._checkpoint.folder, self._config)
        self._generation = greedy(
            self._model.generation_config,
            tokenizer_of(self._processor),
            options.extra.get("generation", {}),
        )
        self._model.generation_config = self._generation
        self._batch_size = options.batch_size
        self._out_of_memory = 0

    @property
    def name(self) -> str:
        """``hf:`` and the last part of its path or id."""
        return f"hf:{self._checkpoint.name}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers; see ``Model``."""
        return {
            "backend": "hf",
            "weights": self._checkpoint.weights,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "attention": self._model.config._attn_implementation,
            "max_side": self._options.max_side,
            "image_processor": "torchvision" if has_torchvision() else "pillow",
            "generation": plain(self._generation.to_diff_dict()),
            "further": {k: v for k, v in self._options.extra.items() if k != "generation"},
        }

    def environment(self) -> Mapping[str, Any]:
        """Return library versions, device, and what memory did to the batches."""
        import tokenizers
        import torch
        import transformers

        device = self._model.device
        return {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "device": str(device),
            "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "cuda": torch.version.cuda,
            "architecture": type(self._model).__name__,
            "batch_size": self._batch_size,
            "out_of_memory": self._out_of_memory,
        }

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests batch by batch; see ``Model``.

        A batch that does not fit into memory is halved, and so are all later ones; a request that
        does not fit alone fails.
        """
        batches = batches_of(requests, lambda: self._batch_size)
        with ThreadPoolExecutor(1, thread_name_prefix="hf-prepare") as preparing:
            # While one batch is answered, the pictures of the next are read and scaled.
            now = next(batches, None)
            tensors = None if now is None else preparing.submit(self._tensors, now)
            while now is not None and tensors is not None:
                coming = next(batches, None)
                after = None if coming is None else preparing.submit(self._tensors, coming)
                yield from self._answered(now, tensors)
                now, tensors = coming, after

    def close(self) -> None:
        """Let go of the weights."""
        import torch

        self._model = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _tensors(self, batch: Batch) -> Any:
        return tensors_of(self._processor, batch, self._options.max_side, self._options.extra)

    def _answered(self, batch: Batch, tensors: Future[Any] | None = None) -> Iterator[Reply]:
        begun = time.monotonic()
        try:
            found = self._tensors(batch) if tensors is None else tensors.result()
            replies = self._generated(batch, found, begun)
        except MissingDependency:
            raise
        except Exception as error:
            if len(batch) == 1:
                if is_out_of_memory(error):
                    self._out_of_memory += 1
                    free_memory()
                    error = InputError("out of memory", where=batch[0].id)
                if not isinstance(error, SextantError):
                    text = " ".join(str(error).split())[:300]
                    error = InputError(f"{type(error).__name__}: {text}")
                yield failed(batch[0].id, error)
                return
            if is_out_of_memory(error):
                self._out_of_memory += 1
                self._batch_size = max(1, len(batch) // 2)
                free_memory()
                half = len(batch) // 2
                yield from self._answered(batch[:half])
                yield from self._answered(batch[half:])
                return
            # One request spoils the batch: a broken picture, or a text that holds image tokens.
            for request in batch:
                yield from self._answered([request])
            return
        yield from replies

    def _generated(self, batch: Batch, tensors: Any, begun: float) -> list[Reply]:
        import torch

        tensors = tensors.to(self._model.device)
        for name, value in tensors.items():
            if torch.is_tensor(value) and value.is_floating_point():
                tensors[name] = value.to(self._model.dtype)
        length = tensors["input_ids"].shape[1]
        first = batch[0]
        settings: dict[str, Any] = {"max_new_tokens": first.max_new_tokens}
        if first.temperature > 0:
            settings |= {"do_sample": True, "temperature": first.temperature}
        with torch.inference_mode(), torch.random.fork_rng(enabled=first.temperature > 0):
            if first.temperature > 0:
                torch.manual_seed(first.seed)
            found = self._model.generate(**tensors, **settings)
        made = found[:, length:].tolist()
        prompts = tensors["attention_mask"].sum(dim=1).tolist()
        seconds = (time.monotonic() - begun) / len(batch)
        return [
            self._reply(request, tokens, int(prompt), seconds)
            for request, tokens, prompt in zip(batch, made, prompts, strict=True)
        ]

    def _reply(self, request: Request, tokens: Sequence[int], prompt: int, seconds: float) -> Reply:
        ends = ends_of(self._generation)
        end = next((k for k, token in enumerate(tokens) if token in ends), None)
        kept = tokens if end is None else tokens[:end]
        text = tokenizer_of(self._processor).decode(
            kept, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Reply(
            request.id,
            text,
            None,
            "length" if end is None else "stop",
            prompt,
            len(kept) + (end is not None),
            seconds,
        )
