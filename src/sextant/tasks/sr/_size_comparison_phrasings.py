"""How sr.size_comparison is asked."""

from __future__ import annotations

CHOICE = (
    "Which is {word}, {a} or {b}{basis}?",
    "Which of the two is {word}{basis}: {a} or {b}?",
    "{a} or {b}: which one is {word}{basis}?",
    "Comparing {a} with {b}, which one is {word}{basis}?",
    "In the real world, which object is {word}{basis}, {a} or {b}?",
    "Of {a} and {b}, which is the {word} one{basis}?",
    "Regardless of how large they look from here, which is {word}{basis}, {a} or {b}?",
    "If {a} and {b} were put side by side, which would turn out {word}{basis}?",
    "Take the real dimensions of {a} and {b}. Which object is {word}{basis}?",
    "Someone measures {a} and {b} with a tape. Which is found to be {word}{basis}?",
    "Name the {word} of the two{basis}: {a} or {b}.",
    "Allowing for how far away each one is, which of {a} and {b} is really {word}{basis}?",
    "One of {a} and {b} is {word} than the other{basis}. Which one is it?",
)
BOOLEAN = (
    "Is {a} {word} than {b}{basis}?",
    "In the real world, is {a} {word} than {b}{basis}?",
    "Would you say that {a} is {word} than {b}{basis}?",
    "Comparing {a} with {b}, is the former {word}{basis}?",
    "If {a} and {b} were put side by side, would {a} turn out {word}{basis}?",
    "Regardless of how large they look from here, is {a} {word} than {b}{basis}?",
    "Of the two, {a} and {b}, is {a} the {word} one{basis}?",
    "Is it true that {a} is {word} than {b}{basis}?",
    "Take the real dimensions of {a} and {b}. Is {a} {word}{basis}?",
    "Someone measures {a} and {b} with a tape. Is {a} found to be {word}{basis}?",
    "Allowing for how far away each one is, is {a} really {word} than {b}{basis}?",
    "Next to {b}, would {a} be the {word} one{basis}?",
    "Set against {b}, is {a} {word}{basis}?",
)
