"""How sr.egocentric_direction is asked."""

from __future__ import annotations

CHOICE = (
    "From the camera's point of view, where is {a} relative to {b}?",
    "As seen in this image, in which direction does {a} lie from {b}?",
    "Looking from the camera, what is the position of {a} with respect to {b}?",
    "Seen from where the picture was taken, where is {a} compared with {b}?",
    "Relative to {b}, where is {a} from the camera's viewpoint?",
    "Taking the photographer's view, which word describes where {a} is relative to {b}?",
    "From this viewpoint, {a} is on which side of {b}?",
    "How is {a} placed relative to {b}, judged from the camera's position?",
    "Start at {b}. Which way, in the terms of the camera, do you go to get to {a}?",
    "Take {b} as the reference and the camera's view as the frame. Where is {a}?",
    "Tell someone who looks through the camera and has found {b} where to find {a}.",
    "In the scene as the viewer faces it, what is the main direction from {b} to {a}?",
    "Which of these fits best for {a} as compared with {b}, from the viewer's standpoint?",
)
BOOLEAN = (
    "From the camera's point of view, is {a} {relation} {b}?",
    "As seen in this image, is {a} {relation} {b}?",
    "Looking from the camera, would you say {a} is {relation} {b}?",
    "Is {a} {relation} {b} from where the picture was taken?",
    "Judging from the camera's position, is {a} {relation} {b}?",
    "Does {a} lie {relation} {b} from this viewpoint?",
    "From the photographer's view, is {a} {relation} {b}?",
    "Seen from the camera, is {a} located {relation} {b}?",
    "Take the viewer's standpoint. Is {a} {relation} {b}?",
    "Someone looking through the camera says that {a} is {relation} {b}. Is that so?",
    "In the scene as the viewer faces it, does {a} have its place {relation} {b}?",
    "Is it right to say, from the camera's viewpoint, that {a} is {relation} {b}?",
    "With the camera's view as the frame of reference, is {a} {relation} {b}?",
)
VIEWSPATIAL = (
    "From the camera's perspective, where is {a} located in relation to {b}?",
    "How is {a} positioned with respect to {b} from the camera's perspective?",
)
MMSI = (
    "In the view of the camera, in which direction is {a} from {b}?",
    "When facing the scene as the camera does, where is {a} relative to {b}?",
)
SPAR = ("From the observer's perspective, what is the spatial relation of {a} to {b}?",)
