"""Phrasings of pt.compass_direction."""

from __future__ import annotations

ROOM = (
    "Seen from the middle of the room, {a} is exactly to the {given}. On which side of the room, "
    "seen from its middle, is {c}?",
    "Suppose the direction from the center of the room to {a} is {given}. In which direction from "
    "the center is {c}?",
    "Take the way from the room's center to {a} as {given}. At which side of the room do you find "
    "{c}?",
    "If {a} marks exactly the {given} side of the room, as seen from its center, which side of "
    "the room is {c} on?",
    "Imagine standing in the middle of the room with a compass: it says that {a} lies exactly to "
    "the {given}. What does it say for {c}?",
    "A floor plan of this room is turned so that {a} lies due {given} of the room's center. Where "
    "on that plan is {c}, counted from the center?",
    "Let {given} be where {a} is when you stand at the center of the room. Towards which compass "
    "point would you look to see {c} from there?",
    "From the center of the room, {a} is due {given}. Name the compass direction of {c} from the "
    "same spot.",
    "Somebody in the middle of the room points at {a} and says that this is {given}. In which "
    "compass direction would they point to show you {c}?",
    "With {a} lying due {given} of the room's midpoint, in what compass direction from the "
    "midpoint does {c} lie?",
    "Work out the compass direction of {c} from the center of the room, given that {a} is exactly "
    "to the {given} of the center.",
    "You only know that {a} is due {given} of the center of this room. On which side of the "
    "center is {c} then?",
)

OBJECT = (
    "If {a} lies exactly to the {given} of {b}, in which compass direction from {b} is {c}?",
    "Take the direction from {b} to {a} as {given}. Where does {c} lie, seen from {b}?",
    "Suppose {a} is due {given} of {b}. Towards which compass point from {b} do you find {c}?",
    "On a floor plan turned so that {a} is straight to the {given} of {b}, where is {c} relative "
    "to {b}?",
    "A compass at {b} says that {a} is exactly to the {given}. What does it say for {c}?",
    "Standing at {b}, you know that {a} is exactly in the {given}. In which compass direction is "
    "{c} from there?",
    "Let the way from {b} to {a} point {given}. Which way does the way from {b} to {c} point?",
    "Given that going from {b} to {a} means going {given}, in what direction do you go from {b} "
    "to {c}?",
    "{a} is due {given} of {b}. Work out the compass direction in which {c} lies from {b}.",
    "Somebody at {b} says that {a} lies due {given} of them. Which compass direction would they "
    "give for {c}?",
    "With {given} defined as the direction in which {a} lies from {b}, {c} lies in which "
    "direction from {b}?",
    "Seen from above, {a} is due {given} of {b}. To which side of {b}, named by the compass, is "
    "{c}?",
)

MMSI_ROOM = (
    "If {a} is directly on the {given} side of the room as seen from its center, on which side of "
    "the room is {c}?",
    "Assume that {a} is located directly to the {given} of the center of the room. In which "
    "direction of the center is {c} located?",
)

MMSI_OBJECT = (
    "If {a} is directly on the {given} side of {b}, in which direction is {c} relative to {b}?",
    "Assume that {a} is directly to the {given} of {b}. On which side of {b} is {c}?",
)
