"""How sr.depth_order is asked."""

from __future__ import annotations

ORDER = (
    "Order {options} by their distance from the camera, from {first} to {last}, going by the "
    "nearest visible point of each.",
    "Sort these objects by their distance from the camera, {first} first, taking the nearest point "
    "of each that can be seen: {options}.",
    "What is the order of {options} from {first} to {last}, as measured from the camera to the "
    "nearest visible point of each?",
    "Going from {first} to {last}, in which order do {options} lie from the camera (nearest "
    "visible points)?",
    "Rank {options} by how far their nearest visible points are from the camera, starting with the "
    "{first}.",
    "From the photographer's position, list {options} from the {first} to the {last}, each judged "
    "by its nearest visible point.",
    "Which order, from {first} to {last}, do {options} have in distance from the camera if each is "
    "measured to its nearest visible point?",
    "Measure from the camera to the nearest visible point of {options}. In which order do they "
    "come, {first} first?",
    "Someone lists {options} by their real distance from the camera (nearest visible points), "
    "beginning with the {first} and ending with the {last}. What does the list look like?",
    "Compare the ranges from the camera to {options}, each taken at the nearest part in view. How "
    "do they line up from {first} to {last}?",
    "Put {options} in a row by distance from where the picture was taken, the {first} at the "
    "start, counting the nearest visible point of each.",
    "{first} to {last}: how are {options} to be arranged, given the distance between the camera "
    "and the nearest visible point of each?",
    "Not where they are in the image but how far they are from the camera matters (nearest visible "
    "points). Arrange {options} from {first} to {last}.",
)
SPAR = (
    "From the observer's viewpoint, sort {options} by the depth of their nearest visible points, "
    "from {first} to {last}.",
)
