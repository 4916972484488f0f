"""Other words for what prompts say of the form of an answer.

Each rewording asks for the same form as the sentence it stands for: bare letter, tags, back-ticks;
so every profile's scoring rules still fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REWORDINGS = 3
"""Of every sentence."""

_LETTERS = r"((?:[A-Z](?:, | or |, or )?){2,26})"

SENTENCES: Sequence[tuple[str, tuple[str, str, str]]] = (
    # VSI-Bench, MMSI-Bench, SPAR-Bench, MMBench (lmms-eval), Sextant corpora.
    (
        r"Answer with the option's letter from the given choices directly\.",
        (
            "Reply with only the letter of the option you choose.",
            "Give the letter of the correct choice and nothing else.",
            "Your whole answer should be the letter of one of the given options.",
        ),
    ),
    # MMSI-Bench.
    (
        r"Enclose the option's letter within ``\.",
        (
            "Put the letter between back-ticks: ``.",
            "Write the letter inside ``.",
            "The letter is to stand within ``.",
        ),
    ),
    # VSI-Bench and SPAR-Bench, numbers, official and lmms-eval.
    (
        r"Please answer the question using a single word or phrase\.",
        (
            "Please reply with a single word or phrase.",
            "Use a single word or phrase as your answer to the question.",
            "A single word or phrase is enough as an answer.",
        ),
    ),
    # VSI-Bench, numbers, VLMEvalKit.
    (
        r"Answer briefly and directly in one float number\.",
        (
            "Reply briefly and directly with one float number.",
            "Your answer should be one float number, brief and direct.",
            "Give one float number as a brief, direct answer.",
        ),
    ),
    # SPAR-Bench, numbers, and Sextant corpora.
    (
        r"(?:Answer using a single number and nothing else|Answer with a single number)\.",
        (
            "Reply with one number and nothing else.",
            "Your whole answer should be a single number.",
            "Give just one number.",
        ),
    ),
    (
        r"Do not response anything other than a single number!",
        (
            "Reply with nothing other than a single number!",
            "Do not write anything but one number!",
            "A single number is all you may answer!",
        ),
    ),
    # ViewSpatial-Bench.
    (
        r"Reply only to the corresponding option\.",
        (
            "Reply with the corresponding option only.",
            "Give nothing but the option that is right.",
            "Your whole reply should be the matching option.",
        ),
    ),
    # SITE-Bench, EmbSpatial-Bench in VLMEvalKit.
    (
        r"Give me the answer letter directly\.",
        (
            "Tell me the letter of the answer directly.",
            "Reply directly with the answer's letter.",
            "I want the answer letter and nothing else.",
        ),
    ),
    (
        r"Respond with only the letter of the correct option\.",
        (
            "Reply with the correct option's letter only.",
            "Your response should be the letter of the correct option, nothing else.",
            "Write nothing but the letter of the option that is correct.",
        ),
    ),
    # VLMEvalKit's ImageMCQDataset: MMBench, BLINK, 3DSRBench.
    (
        r"Please select the correct answer from the options above\.",
        (
            "Please choose the right answer among the options above.",
            "Please pick the option above that is the correct answer.",
            "Which of the options above is the correct answer? Please select it.",
        ),
    ),
    # BLINK and EmbSpatial-Bench in lmms-eval.
    (
        r"Note: You only need to respond with ([^\n]{0,80}?) without providing any additional "
        r"information\.",
        (
            r"Note: It is enough to respond with \1; no additional information is needed.",
            r"Note: Respond with \1 only, without any further information.",
            r"Note: Your response should be \1 and contain no other information.",
        ),
    ),
    (
        r"Select from the following choices\.",
        (
            "Choose from the following.",
            "Pick one of the following choices.",
            "The choices are the following.",
        ),
    ),
    # SPAR-Bench.
    (
        rf"Your answer can only include one of options {_LETTERS}\.",
        (
            r"Your answer may be one of options \1 only.",
            r"Only one of options \1 can be your answer.",
            r"Answer with exactly one of options \1.",
        ),
    ),
    # MindCube, raw_qa.
    (
        r"You only need to provide \*ONE\* correct answer selecting from the options listed "
        r"below\.",
        (
            "Provide *ONE* correct answer, which you select from the options listed below.",
            "Select the *ONE* correct answer from the options listed below; it is all you need "
            "to provide.",
            "From the options listed below, give only the *ONE* that is correct.",
        ),
    ),
    # Sextant corpora in MindCube's style.
    (
        r"Give exactly one answer, inside answer tags:",
        (
            "Write exactly one answer, between answer tags:",
            "One answer is wanted, inside answer tags:",
            "Put your one answer inside answer tags:",
        ),
    ),
    # Sextant corpora, other forms.
    (
        r"Answer with yes or no\.",
        ("Reply with yes or no.", "Say yes or no.", "Your answer should be yes or no."),
    ),
    (
        r"Answer briefly\.",
        ("Reply briefly.", "Keep your answer brief.", "A brief answer is enough."),
    ),
    (
        r"Answer with JSON only\.",
        ("Reply with JSON only.", "Give nothing but JSON.", "Your whole answer should be JSON."),
    ),
)
"""(pattern, rewordings) of sentences; ``\\1`` in a rewording is what the pattern's group holds."""

_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in SENTENCES)

HEADINGS = {"Options:": "Choices:", "Choices:": "Options:"}


def reworded(text: str, number: int) -> str:
    """Return a prompt with every known sentence in its other words.

    Args:
        text: The prompt.
        number: Which rewording, from 0.
    """
    for pattern, words in _PATTERNS:
        text = pattern.sub(words[number], text)
    return text


def other_heading(text: str, start: int) -> str:
    """Return a prompt with another word before its options.

    Args:
        text: The prompt.
        start: Where the options begin.
    """
    before = text[:start].rstrip()
    for heading, other in HEADINGS.items():
        if before.endswith(heading):
            place = len(before) - len(heading)
            return text[:place] + other + text[place + len(heading) :]
    return text
