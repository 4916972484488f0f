"""How sr.between is asked."""

from __future__ import annotations

BETWEEN = (
    "Which object is between {a} and {b} in the room: {options}?",
    "If you moved in a straight line from {a} to {b}, which of these would be right by your way: "
    "{options}?",
    "Draw a straight line through the room from the middle of {a} to the middle of {b}. Which of "
    "these lies on it or close to it: {options}?",
    "{options}: which one has its place between {a} and {b} in real space?",
    "On a floor plan of the place, which of these would be drawn between {a} and {b}: {options}?",
    "Stretch a string from {a} to {b}. Which of these does it run through or close by: {options}?",
    "Which of the following is in the space between {a} and {b}: {options}?",
    "As the room is laid out, what is located between {a} and {b}: {options}?",
    "One of {all} lies between {a} and {b}. Which one is it?",
    "Going from {a} straight towards {b}, which of these comes in between: {options}?",
    "Name the object that is placed between {a} and {b}: {options}.",
    "Take {a} and {b} as the two ends of a straight line across the room. Which of these is near "
    "the middle part of that line: {options}?",
    "Seen from where {a} is, which of these lies in the direction of {b} but less far away: "
    "{options}?",
)
