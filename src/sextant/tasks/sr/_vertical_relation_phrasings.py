"""How sr.vertical_relation is asked."""

from __future__ import annotations

CHOICE = (
    "Which is {higher}, measured from the floor, {a} or {b}?",
    "In the real scene, which one is located {higher} above the ground: {a} or {b}?",
    "{a} or {b}: which of the two is placed {higher}?",
    "Comparing heights above the floor, which object is {higher}, {a} or {b}?",
    "Of {a} and {b}, which is at the {higher} level?",
    "Which of these two is mounted or standing {higher}: {a} or {b}?",
    "Think of how far each object is above the floor. Which one is {higher}, {a} or {b}?",
    "If water slowly filled the room, which would it reach {order}, {a} or {b}?",
    "Whatever the viewpoint suggests, which object is {higher} in the room, {a} or {b}?",
    "Sort {a} and {b} by their height above the floor. Which one is {higher}?",
    "One of {a} and {b} is as a whole {higher} in the room than the other. Which one is it?",
    "Imagine the room drawn from the side. Which would appear {higher} in the drawing, {a} or {b}?",
    "Name the object with the {higher} position in the room: {a} or {b}.",
)
BOOLEAN = (
    "Is {a} {higher} than {b}, seen as a whole?",
    "Is all of {a} at a {higher} level than {b}?",
    "In the real scene, is {a} located {higher} than {b}?",
    "Would you say {a} is placed {higher} than {b}?",
    "Measured from the floor, is {a} {higher} than {b}?",
    "Comparing their heights above the ground, is {a} {higher} than {b}?",
    "Does {a} sit at a {higher} height in the room than {b}?",
    "Regardless of their sideways position, is {a} {higher} in the room than {b}?",
    "Whatever the viewpoint suggests, is {a} {higher} in the room than {b}?",
    "Imagine the room drawn from the side. Would {a} appear {higher} in the drawing than {b}?",
    "Of {a} and {b}, is {a} the one with the {higher} position in the room?",
    "Compared with {b}, is {a} at a {higher} place in the room?",
    "Take the levels of {a} and {b} above the floor. Is that of {a} the {higher} one?",
)
