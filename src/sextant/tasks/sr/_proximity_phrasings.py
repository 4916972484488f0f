"""How sr.proximity is asked."""

from __future__ import annotations

CHOICE = (
    "Compared with their own size, are {a} and {b} next to each other or far apart?",
    "Measured by how large the two are, how close is {a} to {b}?",
    "Which describes the placement of {a} and {b} better, relative to their size?",
    "For objects of their size, do {a} and {b} stand next to each other or far from each other?",
    "How would you describe the gap between {a} and {b}, given how large they are?",
    "Taking the size of {a} and {b} as the measure, how are the two placed?",
    "Are {a} and {b} neighbors, or is there a wide space between them for their size?",
    "Judging by their dimensions, is {a} right beside {b} or far away from it?",
    "Compare the gap between {a} and {b} with the size of the two. How are they placed?",
    "Is the space between {a} and {b} small or large, compared with their own sizes?",
    "Think of how many times {a} or {b} would fit between the two. How far apart are they?",
    "In the real room and for things of this size, how do {a} and {b} stand to each other?",
    "Given the dimensions of {a} and {b}, which phrase fits the distance between them?",
)
NEAR = (
    "Are {a} and {b} next to each other?",
    "Is {a} right next to {b}?",
    "Do {a} and {b} stand side by side, with little space between them?",
    "Is {a} placed close beside {b}?",
    "Would you say that {a} and {b} are direct neighbors in this place?",
    "Is there only a small gap between {a} and {b}, compared with their size?",
    "Is {a} located immediately beside {b}?",
    "Are {a} and {b} close together for objects of their size?",
    "Is the space between {a} and {b} small compared with their own sizes?",
    "In the real room, does {a} have its place right beside {b}?",
    "Judging by their dimensions, is it only a little way from {a} to {b}?",
    "Does {a} adjoin {b}, or at least come close to it for its size?",
    "Is {b} so close to {a} that one would call them side by side?",
)
FAR = (
    "Are {a} and {b} far apart?",
    "Is {a} far away from {b}, compared with their size?",
    "Is there a wide space between {a} and {b}?",
    "Would you say that {a} is placed far from {b}?",
    "Do {a} and {b} stand a long way from each other for objects of their size?",
    "Is {a} located well away from {b}?",
    "Are {a} and {b} separated by much more than their own size?",
    "Is the gap between {a} and {b} large compared with the objects themselves?",
    "Is the space between {a} and {b} wide compared with their own sizes?",
    "In the real room, does {a} have its place at a good distance from {b}?",
    "Judging by their dimensions, is it a long way from {a} to {b}?",
    "Would {a} and {b} each fit between the two with plenty of room to spare?",
    "Is {b} so distant from {a} that one would call it far, given their size?",
)
