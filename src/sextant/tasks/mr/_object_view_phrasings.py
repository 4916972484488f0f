"""Phrasings of mr.object_view: {a} is the object, {side} left or right as in the first picture."""

from __future__ import annotations

from collections.abc import Mapping

_OPPOSITE = (
    "Which of the numbered pictures shows {a} from the side opposite to that of the first picture?",
    "The first picture shows {a} from one side. Which numbered picture was taken from the opposite "
    "side?",
    "Walk half way round {a}, starting from the first picture. Which picture do you see?",
    "In which numbered picture is {a} seen from the direction opposite to the first one?",
    "Which picture shows the side of {a} that faces away from the camera of the first picture?",
    "If the first picture looks at {a} from one direction, which of the others looks at it from "
    "the reverse direction?",
    "Find the picture taken from beyond {a}, looking back towards where the first one was taken.",
    "With {a} in the middle between two cameras, which numbered picture faces the first one?",
    "Somebody stands on the far side of {a}, exactly across from the first camera, and looks at "
    "it. Which picture do they take?",
    "Go round {a} by 180 degrees from the viewpoint of the first picture. Which of the numbered "
    "pictures shows what you see then?",
    "Which numbered picture looks at the side of {a} that is hidden from the first camera?",
    "Two photographers face each other with {a} between them. One takes the first picture; which "
    "one is the other's?",
    "Choose the numbered picture whose camera is across from the first camera, with {a} between "
    "the two.",
)

_SIDE = (
    "Which of the numbered pictures shows {a} from the side that is at its {side} in the first "
    "picture?",
    "Starting from the first picture, you walk to the {side} until you have gone a quarter of the "
    "way round {a}. Which picture do you see?",
    "From the first camera, {a} has a left and a right side. Which numbered picture was taken from "
    "the {side} one?",
    "Which numbered picture looks at {a} from the {side}, as {side} is in the first picture?",
    "Somebody stands to the {side} of {a} as the first picture shows it, and looks at it. Which "
    "picture is theirs?",
    "In which numbered picture is {a} seen from the direction that is {side} in the first picture?",
    "The first picture shows {a}. Which of the others was taken from the {side} of it, seen from "
    "the first camera?",
    "Move round {a} by ninety degrees to the {side} of the first viewpoint. Which picture fits?",
    "Circle {a} from where the first picture was taken, setting off to the {side}, and stop after "
    "a quarter turn. Which numbered picture is taken there?",
    "A second camera looks at {a} at a right angle to the first one, from the {side} as the first "
    "one sees it. Which picture is the second camera's?",
    "Which numbered picture faces the side of {a} that lies to the {side} for the first camera?",
    "A person walks into the first picture from its {side} edge towards {a}, looking at it. Which "
    "numbered picture is closest to what they see?",
    "Pick the numbered picture whose camera stands {side} of {a}, going by left and right in the "
    "first picture.",
)

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "left": _SIDE,
    "right": _SIDE,
    "opposite": _OPPOSITE,
}

_MINDCUBE_SIDE = (
    "Based on these views of one scene: if I stand where the first picture was taken, face {a} and "
    "move round it to the {side} by a quarter turn, which picture shows what I see?",
)

STYLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "mindcube": {
        "left": _MINDCUBE_SIDE,
        "right": _MINDCUBE_SIDE,
        "opposite": (
            "Based on these views of one scene: if I stand where the first picture was taken, face "
            "{a} and move round it to its far side, which picture shows what I see?",
        ),
    },
}
