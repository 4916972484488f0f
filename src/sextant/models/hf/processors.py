"""From messages to tensors: a checkpoint's own processor, with or without torchvision.

Without torchvision, transformers (5.17 to 5.24) cannot make the video part of a processor and then
refuses the whole of it, or gives back a bare tokenizer in its place. Pictures need no video part,
so the processor is loaded as a subclass that does not know of one; for pictures its results are the
same. Image processors fall back to their Pillow forms by themselves; they differ from the
torchvision forms by what the two libraries' resizing differ, which is why the identity of a model
says which it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from sextant.errors import CorruptInput, InputError, MissingDependency
from sextant.models.messages import Clip, Picture, Request
from sextant.models.pictures import open_picture


def load_processor(folder: Path, config: Any) -> Any:
    """Return the checkpoint's processor; its tokenizer if it is a model of text alone.

    Raises:
        CorruptInput: If its files do not give one with a chat template.
    """
    from transformers import AutoProcessor, AutoTokenizer
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    try:
        if type(config) in PROCESSOR_MAPPING:
            processor = _seeing(PROCESSOR_MAPPING[type(config)], folder)
        elif is_image_text(config):
            processor = AutoProcessor.from_pretrained(folder)
        else:
            processor = AutoTokenizer.from_pretrained(folder)
    except Exception as error:  # whatever goes wrong there, it is these files
        raise CorruptInput(
            "cannot load the model's processor",
            where=folder,
            got=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
        ) from error
    tokenizer = tokenizer_of(processor)
    if not (getattr(processor, "chat_template", None) or tokenizer.chat_template):
        raise CorruptInput(
            "a model without a chat template",
            where=folder,
            hint="base models are not asked questions; use the instruction-tuned one",
        )
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return processor


def _seeing(cls: Any, folder: Path) -> Any:
    """Load a processor, without its part for videos if it has none that can be made."""
    if has_torchvision():
        try:
            return cls.from_pretrained(folder)
        except OSError:
            # Saved where there was no torchvision, so without the settings of that part.
            if "video_processor" not in cls.get_attributes():
                raise
    return without_videos(cls).from_pretrained(folder)


def is_image_text(config: Any) -> bool:
    """Tell whether transformers has an image-text model for a config."""
    from transformers import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

    return type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING


def has_torchvision() -> bool:
    """Tell whether transformers finds torchvision."""
    from transformers.utils import is_torchvision_available

    return bool(is_torchvision_available())


def without_videos(cls: Any) -> Any:
    """Return a processor class that does not know of its part for videos."""
    kept = [name for name in cls.get_attributes() if "video" not in name]
    return type(cls.__name__, (cls,), {"get_attributes": classmethod(lambda _: kept)})


def tokenizer_of(processor: Any) -> Any:
    """Return the tokenizer of a processor, which may be one itself."""
    return getattr(processor, "tokenizer", processor)


def tensors_of(
    processor: Any,
    requests: Sequence[Request],
    max_side: int | None,
    more: Mapping[str, Mapping[str, Any]],
) -> Any:
    """Return a batch of prompts, padded on the left.

    Args:
        processor: Of ``load_processor``.
        requests: Either all with pictures or none.
        max_side: Longest side of a picture in pixels.
        more: Further arguments for the ``processor`` and the ``chat_template``.

    Raises:
        InputError: If a picture cannot be read, or the model sees none.
        MissingDependency: If a clip is to be shown without torchvision.
    """
    sees = processor is not tokenizer_of(processor)
    prompts: list[str] = []
    images: list[list[Image.Image]] = []
    videos: list[list[Image.Image]] = []
    times: list[tuple[float, ...]] = []
    for request in requests:
        messages, shown, clips = _messages(processor, request, max_side)
        prompts.append(
            processor.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=True,
                **more.get("chat_template", {}),
            )
        )
        images.append(shown)
        videos.extend(frames for frames, _ in clips)
        times.extend(seconds for _, seconds in clips)
    bos = tokenizer_of(processor).bos_token
    arguments: dict[str, Any] = {"padding": True, "return_tensors": "pt"}
    if sees:
        arguments |= more.get("processor", {})
    if bos is not None and prompts[0].startswith(bos):
        arguments["add_special_tokens"] = False  # the template has written it already
    if any(images):
        arguments["images"] = images
    if videos:
        arguments |= _video_arguments(videos, times)
    return processor(text=prompts, **arguments)


Shown = tuple[list[Image.Image], tuple[float, ...]]
"""Frames of a clip and their times."""


def _messages(
    processor: Any, request: Request, max_side: int | None
) -> tuple[list[dict[str, Any]], list[Image.Image], list[Shown]]:
    """Return the chat, and what its image and video marks stand for, in order."""
    sees = processor is not tokenizer_of(processor)
    content: list[dict[str, Any]] = []
    images: list[Image.Image] = []
    clips: list[Shown] = []
    for part in request.parts:
        if isinstance(part, str):
            if content and content[-1]["type"] == "text":
                content[-1]["text"] += part
            elif part:
                content.append({"type": "text", "text": part})
            continue
        if not sees:
            raise InputError("a model of text alone cannot be shown a picture", where=request.id)
        if isinstance(part, Picture):
            images.append(open_picture(part, max_side))
            content.append({"type": "image"})
        else:
            clips.append((_frames(processor, part, max_side), part.times_s))
            content.append({"type": "video"})
    messages: list[dict[str, Any]] = []
    if request.system is not None:
        system = [{"type": "text", "text": request.system}] if sees else request.system
        messages.append({"role": "system", "content": system})
    text = "".join(piece["text"] for piece in content) if not sees else ""
    messages.append({"role": "user", "content": content if sees else text})
    return messages, images, clips


def _frames(processor: Any, clip: Clip, max_side: int | None) -> list[Image.Image]:
    from transformers.processing_utils import ProcessorMixin

    # Asked of the library's own way, which knows of the part that ``without_videos`` hides.
    parts = ProcessorMixin.get_attributes.__func__(type(processor))
    if not any("video" in part for part in parts):
        # Such a processor would take the frames and never look at them.
        raise InputError(
            "this model cannot be shown a video",
            got=type(processor).__name__,
            hint="show the frames as images",
        )
    if not has_torchvision():
        raise MissingDependency(
            "showing a model a clip as a video needs the package 'torchvision'",
            hint="pip install torchvision, or show the frames as images",
        )
    if not hasattr(processor, "video_processor"):
        raise InputError(
            "this checkpoint was saved without its settings for videos",
            expected="a video_preprocessor_config.json",
            hint="show the frames as images",
        )
    return [open_picture(frame, max_side) for frame in clip.frames]


def _video_arguments(
    videos: list[list[Image.Image]], times: list[tuple[float, ...]]
) -> dict[str, Any]:
    """Hand over frames as they were chosen, with their rate, so that none is left out again."""
    import numpy as np

    metadata = []
    for frames, seconds in zip(videos, times, strict=True):
        span = seconds[-1] - seconds[0] if len(seconds) > 1 else 0.0
        metadata.append(
            {
                "total_num_frames": len(frames),
                "fps": (len(seconds) - 1) / span if span > 0 else 1.0,
                "frames_indices": list(range(len(frames))),
                "duration": span,
            }
        )
    arrays = [np.stack([np.asarray(frame) for frame in frames]) for frames in videos]
    return {"videos": arrays, "video_metadata": metadata, "do_sample_frames": False}
