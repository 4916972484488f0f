"""Phrasings of cr.multi_hop; {hop} is "closest to" or "farthest from"."""

from __future__ import annotations

TALLER = (
    "Of {items}, take the one {hop} {anchor}. Is it taller than {other}?",
    "Which of {items} is {hop} {anchor}? Is that object taller than {other}?",
    "Find, among {items}, what stands {hop} {anchor}. Does it measure more from bottom to top "
    "than {other}?",
    "Consider {items}, and pick the one {hop} {anchor}. Is it taller than {other}?",
    "Is the object {hop} {anchor}, out of {items}, taller than {other}?",
    "Pick whichever of {items} is {hop} {anchor}. Compared with {other}, is it taller?",
    "Think of {items}. One of them is {hop} {anchor}: is its height greater than that of {other}?",
    "Look at {items}. Is the one that is {hop} {anchor} taller than {other}?",
    "Measure from {anchor} to {items}, nearest points each time, and keep what is {hop} it. Does "
    "that rise over a greater height, from its own bottom to its own top, than {other}?",
    "Someone selects from {items} the object {hop} {anchor}. From foot to top, is it taller than "
    "{other}?",
    "Two steps: among {items}, determine which is {hop} {anchor}; then say whether that one is "
    "taller than {other}.",
    "Would you say that the thing {hop} {anchor}, if only {items} count, is taller than {other}?",
    "Only one of {items} is {hop} {anchor}. Standing side by side on the same floor, would it be "
    "taller than {other}?",
)

DISTANCE = (
    "Of {items}, take the one {hop} {anchor}. How far is it from {other}, in meters, between "
    "their closest points?",
    "Which of {items} is {hop} {anchor}? Give that object's distance to {other} in meters, "
    "closest point to closest point.",
    "Find, among {items}, what is {hop} {anchor}. What is its shortest distance to {other} in "
    "meters?",
    "Consider {items}, and pick the one {hop} {anchor}. How many meters lie between it and "
    "{other} at their closest points?",
    "Out of {items}, one is {hop} {anchor}. What is the smallest distance in meters between that "
    "object and {other}?",
    "Pick whichever of {items} is {hop} {anchor}. Measured from closest points, how many meters "
    "is it away from {other}?",
    "Think of {items}. One of them is {hop} {anchor}: what is its shortest distance to {other} in "
    "meters?",
    "Look at {items}. How far is {other} (in meters, nearest points) from the one that is {hop} "
    "{anchor}?",
    "Two steps: among {items}, determine which is {hop} {anchor}; then estimate the gap between "
    "that one and {other} in meters, at its narrowest.",
    "Someone selects from {items} the object {hop} {anchor} and stretches a tape from it to "
    "{other} by the shortest way. How many meters does it show?",
    "Only one of {items} is {hop} {anchor}. How many meters separate it from {other}, nearest "
    "point to nearest point?",
    "If only {items} count, what is {hop} {anchor}? State the minimum distance between that and "
    "{other} in meters.",
    "Keep of {items} just the one {hop} {anchor}. What is the least distance, in meters, from any "
    "point of it to any point of {other}?",
)

TEMPLATES = {"taller": TALLER, "distance": DISTANCE}
