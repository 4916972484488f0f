"""How sr.camera_proximity is asked."""

from __future__ import annotations

OBJECTS = (
    "Which of these objects is {extreme} {preposition} the camera: {options}?",
    "Going by the closest visible point of each, which is {extreme} {preposition} the camera: "
    "{options}?",
    "From where the picture was taken, which object is at the {distance} distance: {options}?",
    "{options}: which one has its nearest visible point at the {distance} distance from the "
    "camera?",
    "Which object is {extreme} {preposition} the photographer, measured to the nearest point in "
    "view: {options}?",
    "If you measured from the camera to the closest visible point of each, for which would the "
    "distance be {distance}: {options}?",
    "Which of the following is {extreme} {preposition} the viewer: {options}?",
    "Seen from the camera, which of these is {extreme}: {options}?",
    "A straight line runs from the camera to the nearest visible spot of each of {all}. Which line "
    "is the {distance}?",
    "Compare how far {all} are from the camera, each at its nearest visible point. Which one is "
    "{extreme}?",
    "Standing where the picture was taken, which would you have {extreme} {preposition} you, "
    "judged by the nearest part in view: {options}?",
    "Take the camera as the starting point. Which object is {extreme} {preposition} it: {options}?",
    "In real distance, not in place or size on the image, which is {extreme} {preposition} the "
    "camera: {options}?",
)
POINTS = (
    "Which of the marked points is {extreme} {preposition} the camera: {options}?",
    "The points {all} are marked. Which of them is {extreme} {preposition} the camera?",
    "From where the picture was taken, which marked point is at the {distance} distance: "
    "{options}?",
    "Compare the surfaces at the marks {all}. Which one is {extreme} {preposition} the camera?",
    "Which of the dots {all} lies on the surface {extreme} {preposition} the viewer?",
    "If you measured from the camera to each marked point, for which would the distance be "
    "{distance}: {options}?",
    "Which mark is {extreme} {preposition} the photographer: {options}?",
    "Among the marked spots {all}, which is {extreme} {preposition} the camera in the real scene?",
    "A straight line runs from the camera to the surface at each of the dots {all}. Which line is "
    "the {distance}?",
    "{options}: at which mark is the surface {extreme} {preposition} the camera?",
    "A laser at the camera measures the range of {all}. At which point does it read the {distance} "
    "range?",
    "Rank the dots {all} by their distance from the camera. Which one is {extreme}?",
    "Standing where the picture was taken, which marked place would you have {extreme} "
    "{preposition} you: {options}?",
)
SPAR_OBJECTS = (
    "From the observer's viewpoint, which object is {extreme} {preposition} the observer, judged "
    "by its nearest visible point: {options}?",
    "Taking the observer as the center, which of {all} has the {distance} distance?",
)
SPAR_POINTS = ("Which of the points {all} is {extreme} {preposition} the observer in this image?",)
WORDS = {
    "nearest": {"extreme": "closest", "preposition": "to", "distance": "shortest"},
    "farthest": {"extreme": "farthest", "preposition": "from", "distance": "longest"},
}
