"""How sr.image_position is asked."""

from __future__ import annotations

EXTREME = (
    "Which of these is {most} in the picture: {options}?",
    "Looking only at the image, which one appears {far}: {options}?",
    "Of {all}, which one is shown nearest to the {edge} edge of the picture?",
    "{options}: which of them is seen {far} in the photo?",
    "Compare where {all} appear in the image. Which one is {far}?",
    "Going by the place in the picture, not in the room, which is {most}: {options}?",
    "If you moved into the image from its {edge} edge, which would you meet first: {options}?",
    "Name the {most} of these in the picture: {options}.",
    "A line parallel to the {edge} edge of the picture moves in from there. Which does it touch "
    "first: {options}?",
    "Point out what appears {far} in this view: {options}.",
    "Within the frame of the photo, which is located {far}: {options}?",
    "Someone wants to cut a strip off the {edge} side of the picture. As the strip gets wider, "
    "which would be cut off first: {options}?",
)
REGION = (
    "Which of the marked regions holds {a}?",
    "In which region is {a}: {regions}?",
    "{a} is inside one of the marked regions. Which one?",
    "Find {a} in the picture. Which region is it in: {regions}?",
    "Several parts of the picture are outlined. Which of them contains {a}?",
    "Look for {a}. The outline it lies in carries which letter?",
    "Of {all}, which one encloses {a}?",
    "Where in the image is {a}: {regions}?",
    "Select the outlined part of the picture that shows {a}.",
    "Which outlined area contains {a}: {regions}?",
    "Name the region in which {a} can be seen.",
    "To look at {a} alone, which part of the picture would you cut out: {regions}?",
)
WORDS = {
    "leftmost": {"most": "leftmost", "far": "farthest to the left", "edge": "left"},
    "rightmost": {"most": "rightmost", "far": "farthest to the right", "edge": "right"},
    "topmost": {"most": "topmost", "far": "highest up", "edge": "top"},
    "bottommost": {"most": "bottommost", "far": "lowest down", "edge": "bottom"},
}
