"""How a sample is shown to a model: options with letters, and how to answer."""

from __future__ import annotations

from sextant.samples.sample import LETTERS, Sample

INSTRUCTIONS = {
    "choice": "Answer with the option's letter from the given choices directly.",
    "number": "Answer with a single number.",
    "boolean": "Answer with yes or no.",
    "text": "Answer briefly.",
    "json": "Answer with JSON only.",
}


def render_prompt(sample: Sample, *, instruction: bool = True) -> str:
    """Return the full user turn: question, lettered options, and the answer instruction.

    Args:
        sample: The sample; its question holds one ``<image>`` per image.
        instruction: Whether to say which form of answer is wanted.
    """
    lines = [sample.question]
    if sample.options is not None:
        lines.append("Options:")
        lines += [f"{LETTERS[i]}. {text}" for i, text in enumerate(sample.options)]
    if instruction:
        lines.append(INSTRUCTIONS[sample.answer_type])
    return "\n".join(lines)


def render_answer(sample: Sample) -> str:
    """Return the model's turn: the rationale, if the sample has one, then the answer."""
    if sample.rationale is None:
        return sample.answer
    return f"<think>{sample.rationale}</think>\n<answer>{sample.answer}</answer>"
