"""Phrasings of pt.camera_centric."""

from __future__ import annotations

DIRECTION = (
    "Only the second picture shows {c}. From where the first picture was taken, and facing the way "
    "it faces, in which direction is {c}?",
    "You stand at the first camera and look the way it looks; {c} of the second picture is out of "
    "your sight. Where is it from you, seen from above?",
    "Take the position and viewing direction of the first image. On which side of you is {c} of "
    "the second image?",
    "{c} appears in view 2 but not in view 1. Where is it relative to the camera of view 1, whose "
    "viewing direction counts as front?",
    "With the first picture's view as straight ahead, where around its camera is {c} that the "
    "second picture shows?",
    "Use the second image to find {c}, then say in which direction it lies from the camera of the "
    "first image, front being where that camera looks.",
    "The photographer of the first picture wants to face {c}, seen in the second picture. In which "
    "direction from them is it before they turn?",
    "Relative to the first camera and its heading on the floor plan, where is {c}, which can be "
    "seen from the second camera only?",
    "If you had not moved from the first viewpoint, nor turned, in which direction would {c} be "
    "that came into view at the second viewpoint?",
    "Draw the floor plan with the first camera in the middle, looking up the plan (front). In "
    "which direction from that camera does {c} of the second picture lie?",
    "Both pictures were taken in the same room. Counted from the heading of the first camera, "
    "where is {c}, which only the second one sees?",
    "Imagine a person at the first camera's place, facing what the first picture shows. The second "
    "picture reveals {c}. Which way is it for that person?",
)

HEIGHT = (
    "Only the second picture shows {c}. Is it above or below the height at which the first "
    "picture's camera is held?",
    "{c} appears in view 2 but not in view 1. Is it above or below the height of the camera of "
    "view 1?",
    "You hold the camera of the first picture. Is {c}, known from the second picture, above or "
    "below the level of your camera?",
    "Imagine a level line through the room at the height of the first camera. Does {c} of the "
    "second image lie above or below it?",
    "Relative to the height of the first camera, where is {c}, which can be seen from the second "
    "camera only: above or below?",
    "Use the second image to find {c}. Seen from the camera of the first image, is it above or "
    "below the horizontal?",
    "Suppose the photographer of the first picture, camera held level, turns towards {c} of the "
    "second picture. Is it above or below the horizon of that camera?",
    "The second picture reveals {c}. Is it above or below the height of the first viewpoint?",
    "If you had not left the first viewpoint, would {c}, seen in the second picture, be above or "
    "below the level of the camera?",
    "Both pictures were taken in the same room. Is {c}, which only the second one shows, above or "
    "below the height of the first one's camera?",
    "Compare heights: is {c} in image 2 above or below the place from which image 1 was taken?",
    "A water level at the first camera marks its height on all walls. Is {c} of the second picture "
    "above or below that mark?",
)

VIEWSPATIAL_DIRECTION = (
    "From the perspective of the camera in the first image, where is {c} of the second image "
    "located?",
)
MMSI_DIRECTION = (
    "The first image is taken facing forward. In which direction relative to the camera of the "
    "first image is {c} that appears in the second image?",
)
MINDCUBE_DIRECTION = (
    "If I am standing at the same spot and facing the same direction as shown in image 1, where is "
    "{c} of image 2 relative to me?",
)
