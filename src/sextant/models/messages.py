"""What a model is asked and what it answers. Every backend speaks this and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image that is read when it is needed.

    Attributes:
        name: What messages and reports call it, e.g. its path below the data folder.
        read: Returns the bytes of an image file (PNG, JPEG, WebP, ...); raises ``InputError``.
    """

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Frames of one video that a model shall see as a video, not as so many images.

    Attributes:
        frames: In order of time.
        times_s: Their times, seconds from the beginning.
    """

    frames: tuple[Picture, ...]
    times_s: tuple[float, ...]


Part = str | Picture | Clip
"""A piece of a prompt. Text pieces are joined as they are, nothing is put between them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt.

    Attributes:
        id: Unique within a run.
        parts: The user turn, in order.
        system: The system turn; None = the model's own default.
        max_new_tokens: Where the answer is cut off.
        temperature: 0 = greedy.
        seed: Of sampling; without meaning where greedy.
    """

    id: str
    parts: tuple[Part, ...]
    system: str | None = None
    max_new_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        id: Of the request.
        text: The answer; None if the request failed, which is neither right nor wrong.
        error: Why it failed, one line; None if it did not.
        finish: ``stop``, ``length`` (cut off), or the backend's own word; "" where unknown.
        prompt_tokens, completion_tokens: As the backend counts them; 0 where it does not.
        seconds: From sending to receiving, retries included.
        tries: Requests that were sent, 0 for an answer from the cache.
    """

    id: str
    text: str | None
    error: str | None = None
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    tries: int = 1


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Everything a backend may be told; each takes what concerns it.

    Attributes:
        base_url: Of an OpenAI-compatible server, e.g. ``http://localhost:8000/v1``.
        api_key_env: Name of the environment variable that holds the key; the key itself is never
            stored, printed or hashed.
        concurrency: Requests in flight at a time.
        timeout_s: Of one try of one request.
        retries: Further tries after one that may yet succeed (429, 5xx, connection lost).
        requests_per_minute: Rate limit; None = none.
        images: ``base64`` or ``url`` (``url_prefix`` + picture name).
        url_prefix: Where a server finds the pictures.
        price_per_million: (prompt, completion) tokens, in any currency; for the cost column.
        batch_size: In-process models.
        device, dtype, attention: In-process models; None = the backend's choice, which it records.
        max_side: Pictures are scaled down to this longest side in pixels; None = as they are.
        extra: Further fields of a server's request body.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 64
    timeout_s: float = 600.0
    retries: int = 5
    requests_per_minute: float | None = None
    images: str = "base64"
    url_prefix: str = ""
    price_per_million: tuple[float, float] | None = None
    batch_size: int = 8
    device: str | None = None
    dtype: str | None = None
    attention: str | None = None
    max_side: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Model(Protocol):
    """What answers requests."""

    @property
    def name(self) -> str:
        """Short name for tables, e.g. ``api:Qwen3-VL-8B``."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """What decides the answers, as JSON: weights (hash or revision), dtype, attention, scaling.

        The response cache keys on it, so it holds nothing that may change between two equal runs.
        """
        ...

    def environment(self) -> Mapping[str, Any]:
        """What the manifest should say beside that: library versions, device, server headers."""
        ...

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests, in any order, each once; a failed one is a ``Reply`` with ``error``.

        Requests are drawn lazily, no more than are in flight.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What a text-only baseline may see of an item, and the answer it learns from other folds.

    Attributes:
        id: Of the request it stands for.
        fold_key: Questions of one key lie in the same fold: the id of what they are variants of.
        task: Sub-task of the benchmark.
        text: The question without pictures.
        options: Texts without letters; None where the answer is free.
        answer: A letter for a choice, else as stored.
        answer_type: As in ``samples``.
        value: The numeric truth, None where there is none.
    """

    id: str
    fold_key: str
    task: str
    text: str
    options: tuple[str, ...] | None
    answer: str
    answer_type: str
    value: float | None = None


class BlindModel(Model, Protocol):
    """A baseline that looks at texts and at the truths of other folds, never at a picture."""

    def study(self, questions: Iterable[Question]) -> None:
        """Learn what it needs from a whole set, before it is asked about it."""
        ...
