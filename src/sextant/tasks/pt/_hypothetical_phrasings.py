"""Phrasings of pt.hypothetical_direction."""

from __future__ import annotations

NEUTRAL = (
    "Standing at {a} and facing {b}, where is {c}: {words}?",
    "If you stand by {a} and look towards {b}, in which direction is {c}: {words}?",
    "Imagine you are at {a}, facing {b}. Is {c} to your {words}?",
    "You are next to {a} with {b} straight ahead of you. Where do you find {c}: {words}?",
    "From {a}, looking at {b}, on which side is {c}: {words}?",
    "Suppose someone stands at {a} and turns to face {b}. Relative to that person, {c} is: "
    "{words}?",
    "Take the position of {a} and the viewing direction towards {b}. Where does {c} lie: {words}?",
    "With your back at {a} and your eyes on {b}, {c} is in which direction: {words}?",
    "At {a}, you turn until {b} is right in front of you. Where is {c} now: {words}?",
    "A camera is placed at {a} and aimed at {b}. Seen from above, in which direction from it is "
    "{c}: {words}?",
    "On a floor plan, draw an arrow from {a} to {b} and call its direction front. Seen from {a}, "
    "where is {c}: {words}?",
    "Somebody walks from {a} straight towards {b}. At the start of the walk, {c} is on which side "
    "of them: {words}?",
)
VSI_EASY = ("If I am standing by {a} and facing {b}, is {c} to the left or the right of {b}?",)
VSI_MEDIUM = (
    "If I am standing by {a} and facing {b}, is {c} to my left, right, or back? An object is to my "
    "back if I would have to turn at least 135 degrees in order to face it.",
)
VSI_HARD = (
    "If I am standing by {a} and facing {b}, is {c} to my front-left, front-right, back-left, or "
    "back-right? The directions refer to the quadrants of a Cartesian plane (if I am standing at "
    "the origin and facing along the positive y-axis).",
)
MINDCUBE = ("If I am standing at {a} and facing {b}, where is {c} relative to me: {words}?",)
SPAR = (
    "Imagine you are standing at {a}, looking towards {b}. In which direction from you is {c}: "
    "{words}?",
)
MMSI = ("When you are at {a} and facing {b}, in which direction relative to you is {c}: {words}?",)
VIEWSPATIAL = ("If you stand at {a} facing {b}, where is {c} from your perspective: {words}?",)
