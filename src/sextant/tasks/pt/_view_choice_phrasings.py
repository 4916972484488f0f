"""Phrasings of pt.view_choice."""

from __future__ import annotations

TEMPLATES = (
    "You stand at {a} and look towards {b}. Which of the numbered pictures do you see?",
    "Which numbered picture was taken from the place of {a}, with the camera turned towards {b}?",
    "Imagine being where {a} is and facing {b}. Which numbered picture shows your view?",
    "Somebody takes a picture standing at {a}, with {b} straight ahead. Which numbered picture is "
    "it?",
    "Place a camera at {a} and point it at {b}. Which of the numbered pictures would it take?",
    "From the spot where {a} is, you turn until you face {b}. Which numbered picture is what you "
    "see then?",
    "Which of the numbered views belongs to a person at {a} who looks in the direction of {b}?",
    "Work out from the first pictures where {a} and {b} are. Which numbered picture is the view "
    "from {a} towards {b}?",
    "If you walked over to {a} and looked at {b} from there, which numbered picture would you see?",
    "The view from {a} in the direction of {b} is one of the numbered pictures. Which one?",
    "A camera right at {a} is aimed at {b}. Choose the numbered picture that it took.",
    "One numbered picture was taken at {a}, looking to {b}; the others were taken elsewhere or "
    "look another way. Which is it?",
)
MINDCUBE = ("If I am standing at {a} and facing {b}, which of the numbered views would I see?",)
VIEWSPATIAL = (
    "From the position of {a}, facing {b}, which numbered picture shows the scene in view?",
)
