"""Phrasings of mm.object_extent, by side."""

from __future__ import annotations

EXTENT_TEMPLATES = {
    "height": (
        "How tall is {a}, in meters?",
        "What is the height of {a} in meters, from its lowest to its highest point?",
        "How many meters does {a} measure from bottom to top?",
        "Estimate the height of {a} in meters.",
        "In meters, what is the vertical extent of {a}?",
        "If you held a tape measure upright next to {a}, how many meters tall would it be?",
        "From its underside to its top, how many meters high is {a}?",
        "What height in meters does {a} have, not counting anything below or above it?",
        "A tight box is put around {a}. How many meters tall is the box?",
        "State how many meters lie between the lowest and the highest point of {a}.",
        "Judge the vertical size of {a}: how many meters is it from its bottom to its top?",
        "Leaving length and width aside, how many meters does {a} measure in height?",
        "A mover asks how high {a} is in itself. What is the height in meters?",
    ),
    "longer": (
        "How long is the longer horizontal side of {a}, in meters?",
        "Seen from above, how many meters does the longer side of {a} measure?",
        "In meters, what does {a} measure along the longer of its two horizontal directions?",
        "Estimate the longer side of the footprint of {a} in meters.",
        "How many meters does {a} extend horizontally along its longer side?",
        "Leaving its height aside, what is the larger dimension of {a} in meters?",
        "On a floor plan, how many meters would the longer side of {a} measure?",
        "What is the horizontal length of {a} in meters (the longer side, height not counted)?",
        "A tight upright box is put around {a}. How many meters is the longer side of its base?",
        "Look straight down on {a}: how many meters does its outline measure along the longer "
        "side?",
        "Of the two horizontal dimensions of {a}, state the greater one in meters.",
        "Of the width and the depth of {a}, how many meters is the larger one?",
        "A mover wants to know the longer horizontal dimension of {a}. How many meters is it?",
    ),
    "shorter": (
        "How long is the shorter horizontal side of {a}, in meters?",
        "Seen from above, how many meters does the shorter side of {a} measure?",
        "In meters, what does {a} measure along the shorter of its two horizontal directions?",
        "Estimate the shorter side of the footprint of {a} in meters.",
        "How many meters does {a} extend horizontally along its shorter side?",
        "Leaving its height aside, what is the smaller dimension of {a} in meters?",
        "On a floor plan, how many meters would the shorter side of {a} measure?",
        "What is the horizontal depth of {a} in meters (the shorter side, height not counted)?",
        "A tight upright box is put around {a}. How many meters is the shorter side of its base?",
        "Look straight down on {a}: how many meters does its outline measure along the shorter "
        "side?",
        "Of the two horizontal dimensions of {a}, state the lesser one in meters.",
        "Of the width and the depth of {a}, how many meters is the smaller one?",
        "A mover wants to know the shorter horizontal dimension of {a}. How many meters is it?",
    ),
}
"""Horizontal sides are those of the box around the object, along its own directions."""
