"""Phrasings of cr.route_endpoint."""

from __future__ import annotations

TEXTS = (
    "You stand at {start}, facing {first}. You do the following: {steps} Which of these is then "
    "{where}?",
    "Start at {start} and look at {first}. {steps} What do you now have {where}?",
    "A robot at {start} faces {first} and carries out this program: {steps} Seen from the robot at "
    "the end, which of the options is {where_it}?",
    "Imagine yourself at {start} with {first} straight ahead. {steps} After this, what is {where}?",
    "Follow these instructions in your mind, beginning at {start} and facing {first}. {steps} "
    "Which thing is {where} now?",
    "Here is a short walk that begins at {start}, in the direction of {first}. {steps} Once it is "
    "over, what is {where}?",
    "Beginning at {start}, with your face towards {first}, take these steps. {steps} Name what is "
    "{where} at the end.",
    "Where does this lead? You are at {start} and look towards {first}. {steps} Of the things "
    "listed, which one is {where} at the end?",
    "Someone guides you with your eyes closed. You begin at {start}, turned to {first}. {steps} "
    "What would be {where} if you opened your eyes?",
    "Suppose you set out from {start} towards {first}. {steps} Having done all this, which of the "
    "following is {where}?",
    "Picture the room from above and keep track of your heading. At {start} you face {first}. "
    "{steps} Which of these lies {where} in the end?",
    "A blindfolded player at {start} faces {first} and is told: {steps} From where the player then "
    "stands, what is {where_it}?",
    "You are a delivery robot at {start}, and {first} is right ahead. {steps} When you stop, which "
    "object is {where}?",
)

WHERE = {
    "front": ("in front of you", "in front"),
    "left": ("on your left", "on the left-hand side"),
    "right": ("on your right", "on the right-hand side"),
    "back": ("behind you", "behind"),
}
"""Of the reader, and of somebody else who walks."""

VSIBENCH = (
    "You are a robot beginning at {start} facing {first}. You perform the following actions: "
    "{steps} Which of these objects is {where} at the end?",
)

TEMPLATES = dict.fromkeys(WHERE, TEXTS)
STYLES = {"vsibench": dict.fromkeys(WHERE, VSIBENCH)}
