"""How a sample is shown to a model: options with letters, and how to answer.

The framing follows the prompt style that the sample was generated in, which its ``template`` names:
``<task>/<variant>/<n>`` is neutral, ``<task>/<style>:<variant>/<n>`` and
``<task>/<style>+<variant>/<n>`` follow a benchmark. The conventions are those of the benchmarks'
own evaluation scripts; the sentences around them are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from sextant.samples.sample import LETTERS

INSTRUCTIONS = {
    "choice": "Answer with the option's letter from the given choices directly.",
    "number": "Answer with a single number.",
    "boolean": "Answer with yes or no.",
    "text": "Answer briefly.",
    "json": "Answer with JSON only.",
}

_IMAGES = re.compile(r"(?:<image>\s*)*")
VIDEO_IMAGES = 3
"""From so many pictures on a question is introduced as one about a video."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What a prompt style puts around a question.

    Attributes:
        before: Before the question, after its leading images.
        video_before: The same, only from ``VIDEO_IMAGES`` images on.
        heading: Line before the options, or their beginning if ``joint`` is no line break.
        option: One option, of ``{letter}`` and ``{text}``.
        joint: Between options.
        instructions: By answer type, where they differ from the neutral ones.
        answer: How a chosen option is answered, of ``{letter}`` and ``{text}``.
        verbatim: The question is the whole turn as an imported set wrote it: what it lists as
            options, and how it wants to be answered, stands in it already.
    """

    before: str = ""
    video_before: str = ""
    heading: str = "Options:\n"
    option: str = "{letter}. {text}"
    joint: str = "\n"
    instructions: Mapping[str, str] = field(default_factory=dict)
    answer: str = "{letter}"
    verbatim: bool = False


class Shown(Protocol):
    """What is needed of a sample to show it: a ``Sample``, or its few columns."""

    @property
    def images(self) -> Sequence[str]: ...  # noqa: D102

    @property
    def question(self) -> str: ...  # noqa: D102

    @property
    def answer(self) -> str: ...  # noqa: D102

    @property
    def answer_type(self) -> str: ...  # noqa: D102

    @property
    def options(self) -> Sequence[str] | None: ...  # noqa: D102

    @property
    def answer_index(self) -> int | None: ...  # noqa: D102

    @property
    def template(self) -> str: ...  # noqa: D102

    @property
    def rationale(self) -> str | None: ...  # noqa: D102


FRAMINGS: Mapping[str, Framing] = {
    "neutral": Framing(),
    # thinking-in-space, lmms_eval/tasks/vsibench: pre_prompt and both post_prompts.
    "vsibench": Framing(
        video_before="These are frames of a video.\n",
        instructions={"number": "Please answer the question using a single word or phrase."},
    ),
    # MMSI-Bench, README and VLMEvalKit's mmsibench.py.
    "mmsi": Framing(
        heading="Options: ",
        option="{letter}: {text}",
        joint=", ",
        instructions={
            "choice": "Answer with the option's letter from the given choices directly. Enclose "
            "the option's letter within ``."
        },
        answer="`{letter}`",
    ),
    # MindCube, src/prompt_generation/templates.py: three headed sections, the answer in tags.
    "mindcube": Framing(
        before="[Task]\nThe images show one scene from different viewpoints; work out how its "
        "objects are arranged.\n\n[Answer Instruction]\nGive exactly one answer, inside answer "
        "tags: <answer>A. Above</answer> if option A reads Above.\n\n[Question]\n",
        heading="",
        joint=" ",
        instructions={"choice": ""},
        answer="<answer>{letter}. {text}</answer>",
    ),
    # ViewSpatial-Bench, evaluate.py.
    "viewspatial": Framing(
        before="Question: ",
        heading="Choices: ",
        instructions={"choice": "Reply only to the corresponding option.\nAnswer:"},
        answer="{letter}. {text}",
    ),
    # SPAR-Bench, lmms_eval/tasks/sparbench: post prompts for selection and for filling in.
    "spar": Framing(
        instructions={
            "choice": "Your answer can only include one of options {letters}.",
            "number": "Answer using a single number and nothing else.",
        },
    ),
    # Imported sets whose turns are kept as they are; the second answers "B. lamp".
    "verbatim": Framing(verbatim=True),
    "verbatim_full": Framing(verbatim=True, answer="{letter}. {text}"),
}


@lru_cache(maxsize=4096)
def style_of(template: str) -> str:
    """Return the prompt style that a template belongs to.

    >>> style_of("mm.object_size/size/3"), style_of("mm.object_size/vsibench:size/0")
    ('neutral', 'vsibench')
    """
    variant = template.partition("/")[2]
    style = re.split(r"[:+]", variant, maxsplit=1)[0]
    return style if style != variant and style in FRAMINGS else "neutral"


def render_prompt(sample: Shown, *, instruction: bool = True) -> str:
    """Return the full user turn: question, lettered options, and the answer instruction.

    Args:
        sample: The sample; its question holds one ``<image>`` per image.
        instruction: Whether to say which form of answer is wanted.
    """
    framing = FRAMINGS[style_of(sample.template)]
    if framing.verbatim:
        return sample.question
    match = _IMAGES.match(sample.question)
    start = match.end() if match is not None else 0
    video = framing.video_before if len(sample.images) >= VIDEO_IMAGES else ""
    text = sample.question[:start] + framing.before + video + sample.question[start:]
    lines = [text]
    if sample.options is not None:
        shown = [
            framing.option.format(letter=LETTERS[i], text=option)
            for i, option in enumerate(sample.options)
        ]
        lines.append(framing.heading + framing.joint.join(shown))
    if instruction:
        kind = sample.answer_type
        said = framing.instructions.get(kind, INSTRUCTIONS[kind])
        letters = LETTERS[: len(sample.options or ())]
        lines.append(said.replace("{letters}", ", ".join(letters[:-1]) + " or " + letters[-1:]))
    return "\n".join(line for line in lines if line)


def render_answer(sample: Shown) -> str:
    """Return the model's turn: the rationale, if the sample has one, then the answer.

    Without a rationale a chosen option is answered as the sample's prompt style asks.
    """
    if sample.rationale is not None:
        return f"<think>{sample.rationale}</think>\n<answer>{sample.answer}</answer>"
    if sample.options is None or sample.answer_index is None:
        return sample.answer
    framing = FRAMINGS[style_of(sample.template)]
    return framing.answer.format(letter=sample.answer, text=sample.options[sample.answer_index])
