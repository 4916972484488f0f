"""Phrasings of pt.object_centric and pt.human_centric."""

from __future__ import annotations

OBJECT = (
    "Taking the way {a} faces as front, where is {b} relative to it?",
    "Judged from the front of {a}, not from the camera, on which side is {b}?",
    "If you were {a} and looked the way it faces, where would {b} be?",
    "From the standpoint of {a}, with its own front as front, in which direction is {b}?",
    "Put yourself in the place of {a}, facing where it faces. Where do you find {b}?",
    "Use the own front of {a} as the forward direction. Which way is {b} from there?",
    "Relative to the direction in which {a} is turned, where does {b} lie?",
    "Imagine being at {a} and looking out of its front. On which side of you is {b}?",
    "The side of {a} that is meant to be used or looked at is its front. Counted from that, where "
    "is {b} on the floor plan?",
    "Draw a floor plan on which {a} stands in the middle with its front up the page (front). Where "
    "on it is {b}?",
    "Forget the camera: with the facing direction of {a} as straight ahead, left and right as for "
    "somebody facing that way, in which direction is {b}?",
    "Somebody stands with their back against {a}, at its front, and looks away from it. In which "
    "direction from {a} is {b}, in that person's terms?",
)
VIEWSPATIAL_OBJECT = (
    "From the perspective of {a}, with its front as the forward direction, where is {b} located?",
)
MMSI_OBJECT = (
    "If the side towards which {a} faces is its front, in which direction relative to {a} is {b}?",
)

HUMAN = (
    "From the point of view of {a}, who faces forward, where is {b}?",
    "Put yourself in the place of {a}, facing the same way. Where is {b}?",
    "As {a} would say, looking straight ahead, on which side is {b}?",
    "Relative to the way {a} is facing, and not to the camera, where is {b}?",
    "If {a} had to point at {b}, in which direction would that be, seen from their own front?",
    "Taking the facing direction of {a} as front, in which direction is {b}?",
    "Where does {b} lie for {a}, whose own facing direction counts as front?",
    "Imagine standing where {a} is, turned the same way. On which side of you is {b}?",
    "Draw a floor plan on which {a} stands in the middle and faces up the page (front). Where on "
    "it is {b}?",
    "{a} keeps their body turned as it is and wants to go to {b}. In which direction from their "
    "own front does it lie?",
    "Somebody asks {a} where {b} is. What is the right answer in terms of the way {a} is turned?",
    "Left and right are those of {a}, whose chest points to the front. In which direction is {b} "
    "then?",
)
VIEWSPATIAL_HUMAN = (
    "From the perspective of {a}, where is {b} located?",
    "Imagine you are {a} and face the same direction. Where is {b} relative to you?",
)
MMSI_HUMAN = ("In which direction relative to {a}, from their own perspective, is {b}?",)
