"""What a question is about: the category of the object asked for, a factor of its own.

VSI-Bench stores no object, but its questions follow templates, so that it can be read off them
(arXiv 2412.14171, appendix; the same wording is used by training sets made after it). Corpora of
our own name their objects in the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = r"([^?,.\n]{1,80}?)"

_TEMPLATES = tuple(
    (words, re.compile(pattern))
    for words, pattern in (
        ("(s) are in this room?", rf"^How many {_NAME}\(s\) are in this room\?"),
        (
            "longest dimension (length, width, or height) of the ",
            rf"longest dimension \(length, width, or height\) of the {_NAME}, measured in",
        ),
        (
            "distance between the ",
            rf"what is the (?:direct )?distance between the {_NAME} and the ",
        ),
        ("is the closest to the ", rf"is the closest to the {_NAME}\?"),
        (", is the ", rf", is the {_NAME} to (?:my|the) "),
    )
)
"""Words that a question must hold to be looked at closer, and the template."""


def asked_in_text(question: str) -> str:
    """Return the object that a question of VSI-Bench asks about, "" where there is no single one.

    What is counted or measured; of a distance the one named first; of a relative distance the one
    that others are near to; of a direction the one that is looked for. Sizes of rooms, routes and
    orders of appearance have none.
    """
    for words, template in _TEMPLATES:
        if words in question and (found := template.search(question)):
            return found.group(1).strip().lower()
    return ""


def asked_in_evidence(evidence: Mapping[str, Any]) -> str:
    """Return the first object of a row of our own corpora, as the question calls it, else ""."""
    objects, names = evidence.get("objects"), evidence.get("names")
    if not isinstance(objects, list) or not objects or not isinstance(names, Mapping):
        return ""
    name = names.get(objects[0]) if isinstance(objects[0], str) else None
    return name.lower() if isinstance(name, str) else ""
