"""Phrasings of mr.room_shape."""

from __future__ import annotations

from collections.abc import Mapping

EXPLANATION = (
    "In every plan the dark triangle is the camera of the first picture, looking up the plan; "
    "lines are 1 m apart."
)

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "plan": (
        "Which of the four plans is the floor plan of this room?",
        "Only one plan shows the walls as they really stand around the first camera. Which one?",
        "What does the room look like from above? Choose the right plan.",
        "Judging by the pictures, which outline does the floor of this room have?",
        "Three of the plans are wrong. Which one agrees with the pictures?",
        "Match the room in the pictures to its floor plan.",
        "Where are the walls, seen from the camera of the first picture? Pick the plan that has "
        "them in the right places.",
        "An architect measures the room and draws its outline. Which of the plans results?",
        "Take the ceiling off and look straight down: which of the outlines do you see?",
        "Which plan would you hand to somebody who has to find their way in this room?",
        "Piece the pictures together to one room. Which plan has its shape and position?",
        "From the first camera, how far do the walls lie on each side? Choose the plan that fits.",
        "Of the plans, which one has every wall at the right place relative to the first camera?",
        "Compare the walls and corners in the pictures with the plans: which plan is right?",
    ),
}
