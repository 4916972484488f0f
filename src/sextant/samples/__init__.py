"""The one record that all later stages share, and the corpus folder that holds it."""

from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import ANSWER_TYPES, CAPABILITIES, Sample, sample_id

__all__ = [
    "ANSWER_TYPES",
    "CAPABILITIES",
    "Sample",
    "render_answer",
    "render_prompt",
    "sample_id",
]
