"""How sr.filtered_count is asked."""

from __future__ import annotations

COUNT = (
    "How many {things} in the picture are {where}?",
    "Count the {things} shown here that are {where}.",
    "Of the {things} in view, how many are {where}?",
    "Looking at this image, what is the number of {things} that are {where}?",
    "Several {things} can be seen. How many of them are {where}?",
    "Go through all the {things} in the picture. How many are {where}?",
    "Take {a} as the reference. How many of the visible {things} are {where_it}?",
    "What is the count of visible {things} {where}?",
    "Compare each of the {things} in this view with {a}. How many are {where_it}?",
    "If you listed only those {things} in the image that are {where}, how many would be on the "
    "list?",
    "How many of the {things} that you can see are {where}?",
    "Someone ticks off every one of the {things} in the photo that is {where}. How many ticks are "
    "there in the end?",
)
WHERE = {
    "left": "to the left of {x} as seen by the camera",
    "right": "to the right of {x} as seen by the camera",
    "closer": "closer to the camera than {x} (nearest visible points compared)",
    "farther": "farther from the camera than {x} (nearest visible points compared)",
    "higher": "higher up in the room than {x} (entirely above its top)",
    "lower": "lower down in the room than {x} (entirely below its underside)",
}
SAID = {
    "left": "to the left of", "right": "to the right of", "closer": "closer than",
    "farther": "farther away than", "higher": "higher than", "lower": "lower than",
}  # fmt: skip
