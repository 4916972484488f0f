"""Phrasings of pt.point_correspondence and pt.object_correspondence."""

from __future__ import annotations

POINT = (
    "Point P is marked in the first image. Which point of the second image is the same spot?",
    "The first picture marks point P. Which marked point in the second picture lies on the same "
    "place?",
    "Find point P of view 1 again in view 2. Which letter marks it there?",
    "Which of the points marked in the second image corresponds to point P in the first?",
    "Both images show the same scene. Which point in the second one is point P of the first?",
    "Point P in image 1 reappears in image 2 under another letter. Which one?",
    "Match point P of the first view with its counterpart in the second view.",
    "Looking at the second picture, which marked point is at the same place in the room as P in "
    "the first?",
    "Somebody touches the spot marked P in the first picture. Which mark of the second picture "
    "would their finger be on?",
    "A dot of paint at P in the first image would be seen in the second image at which marked "
    "point?",
    "Which letter in image 2 stands at the very spot of the scene that is called P in image 1?",
    "The camera moved between the pictures. At which marked point of the second picture is the "
    "spot of point P now?",
)
SPAR_POINT = (
    "A point is marked P in image 1. Which of the points marked in image 2 is the same 3D point of "
    "the scene?",
)

OBJECT = (
    "One object is marked P in the first image. Which marked object of the second image is it?",
    "Which of the objects marked in view 2 is the very object marked P in view 1?",
    "The object in box P of the first picture appears again in the second. In which box?",
    "Find the object marked P again in the second view. Which letter does it have there?",
    "Both images show the same scene from different places. Which box of the second holds the "
    "object in box P of the first?",
    "Match the object marked P in image 1 with the same object in image 2.",
    "Which box in the second picture contains the same single object as box P in the first?",
    "Seen from the second viewpoint, which marked object is P of the first viewpoint?",
    "If somebody stuck a label on the object in box P of the first picture, in which box of the "
    "second picture would the label be found?",
    "The camera moved, and the boxes got new letters. Which of them holds what box P held before?",
    "Box P of the first image singles out one thing. Under which letter is that very thing boxed "
    "in the second image?",
    "Not its twin, but the same object as P in the first picture: which box of the second picture "
    "is around it?",
)
SPAR_OBJECT = (
    "The object in bounding box P of image 1 is also visible in image 2. Which bounding box of "
    "image 2 shows it?",
)
MMSI_OBJECT = (
    "Which of the objects marked in the second image is the one marked P in the first image?",
)
