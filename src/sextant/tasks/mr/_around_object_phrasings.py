"""Phrasings of mr.around_object: {n} is the number of a picture, {a} the object in the middle."""

from __future__ import annotations

from collections.abc import Mapping

_SIDE = (
    "Standing where picture {n} was taken and looking at {a}, which of these things out of your "
    "view is to the {side} of {a}?",
    "Picture {n} does not show everything around {a}. Which object is to the {side} of {a} from "
    "that viewpoint?",
    "Take the viewpoint of picture {n}. Which object, not visible in it, stands to the {side} of "
    "{a}?",
    "The pictures go round {a}. As seen from the camera of picture {n}, what lies to the {side} of "
    "{a}, outside that picture?",
    "Outside the frame of picture {n}, what is there to the {side} of {a}, as its camera faces it?",
    "Use the other pictures to tell what is to the {side} of {a} when you look at it from where "
    "picture {n} was taken.",
    "With {side} meant as in picture {n}, which of these objects is on the {side} side of {a}?",
    "You face {a} from the position of picture {n}. Beyond the edge of your view, what is to "
    "the {side} of it?",
    "From the camera of picture {n}, facing {a}: name the object that stands to the {side} of {a} "
    "and cannot be seen in that picture.",
    "What is found to the {side} of {a} from the perspective of picture {n}, though only another "
    "picture shows it?",
    "Someone took picture {n} while looking at {a}. For this person, which of the objects outside "
    "the picture is to the {side} of {a}?",
    "Put the views together: seen from where picture {n} was taken, which object is to the {side} "
    "of {a}?",
    "Stand where the camera of picture {n} stood and face {a}. Which object would you point at "
    "{side} of it, out of your sight in that picture?",
)

_BEHIND = (
    "Standing where picture {n} was taken and looking at {a}, which of these things that you "
    "cannot see is behind {a}?",
    "Picture {n} does not show what is beyond {a}. Which object stands behind {a} from that "
    "viewpoint?",
    "Take the viewpoint of picture {n}. Which object, not visible in it, stands behind {a}?",
    "The pictures go round {a}. As seen from the camera of picture {n}, what lies on the far side "
    "of {a} and is not in that picture?",
    "If you walked from where picture {n} was taken past {a}, which of these objects would you be "
    "walking towards?",
    "Use the other pictures to tell what is behind {a} when you look at it from where picture {n} "
    "was taken.",
    "With behind meant as seen from the camera of picture {n}, which of these objects is behind "
    "{a}?",
    "You face {a} from the position of picture {n}. What is on the other side of it, unseen by "
    "you?",
    "From the camera of picture {n}, facing {a}: name the object that stands farther away behind "
    "{a} and cannot be seen in that picture.",
    "What is found behind {a} from the perspective of picture {n}, though only another picture "
    "shows it?",
    "Someone took picture {n} while looking at {a}. For this person, which of the objects missing "
    "in the picture is behind {a}?",
    "Put the views together: seen from where picture {n} was taken, which object is behind {a}?",
    "Which object lies beyond {a}, on a line from the camera of picture {n} through {a}, without "
    "being seen in that picture?",
)

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "left": _SIDE,
    "right": _SIDE,
    "behind": _BEHIND,
}

STYLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "mindcube": {
        "left": (
            "Based on these images of one scene: if I stand at the viewpoint of picture {n} and "
            "face {a}, what is to the {side} of {a}?",
            "Assume the spot and viewing direction of picture {n}. What is to the {side} of {a}?",
        ),
        "right": (
            "Based on these images of one scene: if I stand at the viewpoint of picture {n} and "
            "face {a}, what is to the {side} of {a}?",
            "Assume the spot and viewing direction of picture {n}. What is to the {side} of {a}?",
        ),
        "behind": (
            "Based on these images of one scene: if I stand at the viewpoint of picture {n} and "
            "face {a}, what is behind {a}?",
            "Assume the spot and viewing direction of picture {n}. What is behind {a}?",
        ),
    },
}
