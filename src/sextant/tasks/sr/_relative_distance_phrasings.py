"""How sr.relative_distance is asked."""

from __future__ import annotations

RELATIVE = (
    "Measuring from the closest point of each object, which of {options} is {superlative} "
    "{preposition} {anchor}?",
    "Which of the following is {superlative} {preposition} {anchor}, measured between the closest "
    "points: {alternatives}?",
    "Among {options}, which one is {superlative} {preposition} {anchor}, going by their nearest "
    "points?",
    "Going by the shortest distance between surfaces, which object is {superlative} {preposition} "
    "{anchor}: {alternatives}?",
    "Think of {anchor}. Which of these objects is {superlative} {preposition} it, measured from "
    "closest point to closest point: {alternatives}?",
    "Compare how far {options} are from {anchor}, each at its closest point. Which one is "
    "{superlative} {preposition} {anchor}?",
    "{alternatives}: which one is {superlative} {preposition} {anchor}, taking the closest points?",
    "If you measured from {anchor} to the nearest point of each object, for which of these would "
    "the tape be {tape}: {alternatives}?",
    "Which object stands {superlative} {preposition} {anchor} when the gap between the closest "
    "points is what counts?",
    "A fly takes the shortest way through the air from {anchor} to each of {options}. Which trip "
    "is the {tape}?",
    "In the room, not in the picture plane, which has the {tape} distance between its surface and "
    "that of {anchor}: {alternatives}?",
    "Say which of {options} is {superlative} {preposition} {anchor} if each distance is taken "
    "where the two objects come nearest to each other.",
    "Rank {options} by the gap that separates each of them from {anchor}. Whose gap is the {tape}?",
    "With distances taken between the nearest points, which of these objects ({bare}) lies "
    "{superlative} {preposition} {anchor}?",
)
VSIBENCH = (
    "Measuring from the closest point of each object, which of these objects ({bare}) is the "
    "{superlative} {preposition} {anchor}?",
)
SPAR = (
    "With distances taken between nearest points, which of {options} is {superlative} "
    "{preposition} {anchor}?",
    "Which object has the {tape} distance to {anchor}, nearest point to nearest point: "
    "{alternatives}?",
)
