"""Yes or no, texts and JSON."""

from __future__ import annotations

import json

import pytest

from sextant.evaluation.extraction import find_boolean, find_json, find_text


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Yes", "yes"), ("yes.", "yes"), ("**No**", "no"), ("NO!", "no"), ("True", "yes"),
        ("False.", "no"), ("(yes)", "yes"), ("- No", "no"), ("No, there is no chair", "no"),
        ("Yes - it is.", "yes"), ("The answer is no.", "no"), ("Answer: yes", "yes"),
        ("**Answer:** No", "no"), ("I think yes", "yes"), ("The chair is left. So, yes.", "yes"),
        ("It is true.", "yes"), ("The statement is false.", "no"), ("yes\n\nIt is left.", "yes"),
        ("It is left of it.\nNo", "no"), ("<think>no</think>Yes", "yes"),
        ("<answer>no</answer>", "no"), ("\\boxed{Yes}", "yes"), ("Ｙｅｓ", "yes"), ("是", "yes"),
        ("答案是否", "no"), ("Yes. Wait, actually no.", "no"), ("Is it true? No.", "no"),
        ("Yes and no", "ambiguous"), ("yes or no", "ambiguous"), ("yes\nno", "ambiguous"),
        ("Yes... no", "ambiguous"), ("The answer is yes. The answer is no.", "ambiguous"),
        ("I cannot tell", "refused"), ("Sorry, I can't see the image.", "refused"),
        ("There is no chair", "empty"), ("The answer is no chair", "empty"), ("", "empty"),
        (None, "empty"), ("<think>yes", "empty"), ("nothing", "empty"), ("is it true?", "empty"),
        ("know", "empty"), ("yesterday", "empty"),
    ],
)  # fmt: skip
def test_boolean(reply: str | None, expected: str) -> None:
    found = find_boolean(reply)
    assert (found.value or found.status) == expected
    if found.value is not None and reply is not None and reply.isascii():
        assert found.span is not None
        word = reply[slice(*found.span)].lower()
        assert word in {"yes": ("yes", "true"), "no": ("no", "false")}[str(found.value)]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("red", "red"), ("Answer: the red chair", "the red chair"), (" `red` ", "red"),
        ('**Final answer**: "x y."', "x y."), ("Because.\nAnswer: red\n", "red"),
        ("The answer is red", "red"), ("<answer>blue box</answer>", "blue box"),
        ("<think>red</think>blue", "blue"), ("two\nlines", "two\nlines"),
        ("Answer: red\nAnswer: blue", "blue"),
    ],
)  # fmt: skip
def test_text(reply: str, expected: str) -> None:
    found = find_text(reply)
    assert found.value == expected
    assert found.span is not None
    assert reply[slice(*found.span)] == expected


def test_text_that_is_none() -> None:
    assert find_text("I cannot tell").status == "refused"
    assert find_text(" ** ").status == "empty"
    assert find_text("<answer>a</answer> <answer>b</answer>").status == "ambiguous"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('```json\n{"b": 1, "a": [2]}\n```', {"a": [2], "b": 1}),
        ("the box is [1, 2.5] m", [1, 2.5]),
        ('cells [1,2], so {"chair": [1,2]}', {"chair": [1, 2]}), ('{bad} {"k": "}"}', {"k": "}"}),
        ('<think>{"a": 1}</think>[3]', [3]), ('{"a": 1} and again {"a":1}', {"a": 1}),
        ("[]", []), ('{"ü": "ß"}', {"ü": "ß"}),
    ],
)  # fmt: skip
def test_json(reply: str, expected: object) -> None:
    found = find_json(reply)
    assert found.value == json.dumps(expected, sort_keys=True, separators=(",", ":"))
    assert found.span is not None
    assert json.loads(reply[slice(*found.span)]) == expected


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ('{"a": NaN}', "ambiguous"), ('{"a": Infinity}', "ambiguous"), ("[1e999]", "ambiguous"),
        ('{"a": 1, "a": 2}', "ambiguous"), ('{"a": 1} {"a": 2}', "ambiguous"),
        ('{"a": [1,', "ambiguous"), ("[" * 20_000, "ambiguous"), ('{"a":' * 20_000, "ambiguous"),
        ("[" + "9" * 5000 + "]", "ambiguous"), ("none", "empty"), ("", "empty"),
        ('<think>{"a": 1}', "empty"), ("I cannot determine it.", "refused"),
        ('{"a": "' + "x" * 200_000 + '"}', "ambiguous"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_json_that_is_none(reply: str, status: str) -> None:
    found = find_json(reply)
    assert (found.status, found.value) == (status, None)
