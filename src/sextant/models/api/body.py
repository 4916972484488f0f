"""From a request to the body that a server is sent."""

from __future__ import annotations

import base64
import math
from typing import Any
from urllib.parse import quote

from sextant.errors import InputError
from sextant.models.messages import Clip, ModelOptions, Part, Picture, Request
from sextant.models.pictures import data_url, encoded_jpeg


def body_of(request: Request, model: str, options: ModelOptions) -> dict[str, Any]:
    """Return the fields of the JSON body.

    A prompt without pictures is sent as plain text, which every server takes. Fields of
    ``options.extra`` come on top; one that is null takes the field of that name away.

    Raises:
        InputError: If a picture cannot be read.
    """
    messages: list[dict[str, Any]] = []
    if request.system is not None:
        messages.append({"role": "system", "content": request.system})
    messages.append({"role": "user", "content": _content(request.parts, options)})
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": request.max_new_tokens,
        "temperature": request.temperature,
        "stream": False,
    }
    if request.temperature > 0:
        body["seed"] = request.seed
    if "max_completion_tokens" in options.extra:
        del body["max_tokens"]
    clips = [part for part in request.parts if isinstance(part, Clip)]
    if clips:
        body["media_io_kwargs"] = {"video": _video_settings(clips)}
    body.update(options.extra)
    return {name: value for name, value in body.items() if value is not None}


def _content(parts: tuple[Part, ...], options: ModelOptions) -> str | list[dict[str, Any]]:
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    content: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, str):
            if not part:
                continue
            if content and content[-1]["type"] == "text":
                content[-1]["text"] += part
            else:
                content.append({"type": "text", "text": part})
        elif isinstance(part, Picture):
            url = picture_url(part, options)
            content.append({"type": "image_url", "image_url": {"url": url}})
        else:
            url = clip_url(part, options.max_side)
            content.append({"type": "video_url", "video_url": {"url": url}})
    return content


def picture_url(picture: Picture, options: ModelOptions) -> str:
    """Return the address of a picture: its bytes, or where the server finds them.

    Raises:
        InputError: If it cannot be read, or its name would lead out of ``url_prefix``.
    """
    if options.images == "base64":
        return data_url(picture, options.max_side)
    if picture.name.startswith("/") or ".." in picture.name.split("/"):
        raise InputError("a picture's name leads out of its folder", got=repr(picture.name))
    return options.url_prefix.rstrip("/") + "/" + quote(picture.name)


def clip_url(clip: Clip, max_side: int | None) -> str:
    """Return a clip as vLLM takes it: JPEG frames in base64, joined by commas.

    Source: vLLM, ``multimodal/media/video.py``, ``VideoMediaIO.load_base64``.

    Raises:
        InputError: If a frame cannot be read, or there is none.
    """
    if not clip.frames:
        raise InputError("a clip has no frames")
    frames = (base64.b64encode(encoded_jpeg(f, max_side)).decode("ascii") for f in clip.frames)
    return "data:video/jpeg;base64," + ",".join(frames)


def _video_settings(clips: list[Clip]) -> dict[str, Any]:
    """Tell vLLM to keep every frame (it would cut off after 32) and when they were taken.

    One rate holds for the whole request, so it is left out where clips differ. vLLM puts frame i
    at i / fps seconds; ours are evenly spaced up to the rounding to whole frames.
    """
    rates = set()
    for clip in clips:
        span = clip.times_s[-1] - clip.times_s[0] if len(clip.times_s) > 1 else 0.0
        rates.add(round((len(clip.times_s) - 1) / span, 6) if span > 0 else None)
    rate = rates.pop() if len(rates) == 1 else None
    settings: dict[str, Any] = {"num_frames": -1}
    if rate is not None and math.isfinite(rate):
        settings["fps"] = rate
    return settings
