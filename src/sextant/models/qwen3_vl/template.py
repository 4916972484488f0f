"""Whether a checkpoint's own chat template writes what ``prompt`` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput
from sextant.models.qwen3_vl.json_files import read_object

_MAX_CHARS = 1 << 20

_PROBE: list[dict[str, Any]] = [
    {"role": "system", "content": [{"type": "text", "text": "S s"}]},
    {"role": "user", "content": [*2 * [{"type": "image"}], {"type": "text", "text": "U"}]},
    {"role": "assistant", "content": [{"type": "text", "text": "A"}]},
    {"role": "user", "content": [{"type": "text", "text": "V"}, {"type": "image"}]},
]
_PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
_PUBLISHED = (
    f"<|im_start|>system\nS s<|im_end|>\n<|im_start|>user\n{_PICTURE}{_PICTURE}U<|im_end|>\n"
    f"<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nV{_PICTURE}<|im_end|>\n"
    "<|im_start|>assistant\n"
)


def check_template(folder: Path) -> None:
    """Hold a checkpoint's chat template against the published one, on one conversation.

    A folder without a template is believed, and so is any where jinja2 is not installed (which
    comes with torch).

    Raises:
        CorruptInput: If it writes something else, e.g. opens an answer with ``<think>``.
    """
    template = _template(folder)
    if template is None:
        return
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        return
    # As transformers renders: sandboxed, blocks leave no line breaks behind.
    world = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    try:
        made = world.from_string(template).render(messages=_PROBE, add_generation_prompt=True)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise CorruptInput("cannot render the chat template", where=folder, got=error) from error
    if made != _PUBLISHED:
        raise CorruptInput(
            "a chat template that is not Qwen3-VL's",
            where=folder,
            expected=repr(_PUBLISHED),
            got=repr(made[:1000]),
            hint="use an Instruct checkpoint; those that think aloud are not supported",
        )


def _template(folder: Path) -> str | None:
    """Return the template, from the place where transformers would look first."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        if path.stat().st_size > _MAX_CHARS:
            raise CorruptInput("too large for a chat template", where=path)
        return path.read_text("utf-8", "replace")
    for name in ("chat_template.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            found = read_object(folder / name).get("chat_template")
            if isinstance(found, str):
                return found[:_MAX_CHARS]
    return None
