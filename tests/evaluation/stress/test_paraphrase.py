"""Framings change, questions and the form of the answer do not."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from small_benchmark import ASK, WORDS, as_video, listed, make_items, play, reader, seer

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._wordings import REWORDINGS, SENTENCES, reworded
from sextant.evaluation.stress.paraphrase import SETTINGS

PARAPHRASE = open_stress("paraphrase")

KNOWN = (
    ASK,
    "Enclose the option's letter within ``.",
    "Please answer the question using a single word or phrase.",
    "Answer briefly and directly in one float number.",
    "Answer using a single number and nothing else.",
    "Answer with a single number.",
    "Do not response anything other than a single number!",
    "Reply only to the corresponding option.\nAnswer:",
    "Give me the answer letter directly. The best answer is:",
    "Select the best answer to the following multiple-choice question based on the video. "
    "Respond with only the letter of the correct option.",
    "Please select the correct answer from the options above. \n",
    "Note: You only need to respond with A, B, C, D without providing any additional "
    "information.\n",
    "Note: You only need to respond with (A) or (B) without providing any additional "
    "information.\n",
    "Your answer can only include one of options A, B, C or D.",
    "You only need to provide *ONE* correct answer selecting from the options listed below.",
    "Give exactly one answer, inside answer tags: <answer>A. Above</answer> if A reads Above.",
    "Answer with yes or no.",
    "Answer briefly.",
    "Answer with JSON only.",
)


@pytest.mark.parametrize("sentence", KNOWN)
def test_every_instruction_of_the_benchmarks_has_other_words(sentence):
    found = [reworded(sentence, k) for k in range(REWORDINGS)]
    assert len({sentence, *found}) == 1 + REWORDINGS
    for text in found:
        # What the reply has to look like stays: letters, tags, back-ticks, line ends.
        for token in (
            "``",
            "<answer>",
            "A, B, C or D",
            "A, B, C, D",
            "(A) or (B)",
            "JSON",
            "*ONE*",
        ):
            assert (token in text) == (token in sentence)
        assert text.count("\n") == sentence.count("\n")
        assert text.endswith("Answer:") == sentence.endswith("Answer:")


def test_rewordings_are_no_other_sentence_that_is_known():
    for _, words in SENTENCES:
        assert len(set(words)) == REWORDINGS
        for text in words:
            plain = re.sub(r"\\1", "A", text)
            assert reworded(plain, 0) == plain


def test_only_the_framing_changes():
    items = make_items(6, counts=(2, 4))
    _table, asked = play(reader, items, [PARAPHRASE])
    for variant, prompt, parts in asked.values():
        plain = asked[variant.base.id][1]
        assert variant.item == variant.base
        assert variant.base.question in prompt.text
        assert tuple(listed_any(parts).values()) == variant.base.options
        words = lambda text: [w for w in re.findall(r"\w+", text) if w in WORDS]  # noqa: E731
        assert words(prompt.text) == words(plain.text)
    settings = {v.setting for v, _, _ in asked.values()} - {""}
    assert settings == set(SETTINGS)
    texts = [p.text for v, p, _ in asked.values() if v.base.id == "q0"]
    assert len(set(texts)) == len(SETTINGS) + 1
    assert "(A) " in asked["q0#paraphrase:letters"][1].text
    assert "\nChoices:\n" in asked["q0#paraphrase:heading"][1].text
    assert ASK not in asked["q0#paraphrase:words-2"][1].text


def listed_any(parts):
    text = "".join(part for part in parts if isinstance(part, str))
    return dict(re.findall(r"\(?\b([A-Z])[.):] (\w+)", text)) or listed(parts)


def test_inline_options_are_relettered_where_they_stand():
    items = make_items(2, inline=True)
    _, asked = play(reader, items, [PARAPHRASE.choose(("letters",))], "inline")
    text = asked["q0#paraphrase:letters"][1].text
    a, b, c, d = items[0].options
    assert f"Options: (A) {a}, (B) {b}, (C) {c}, (D) {d}" in text


def test_prompts_without_known_framing_are_counted():
    skipped = Counter()
    play(reader, make_items(3), [PARAPHRASE], "unlisted", skipped=skipped)
    assert skipped == {("paraphrase", "the prompt has no framing that is known"): 3}


def test_reading_says_how_often_the_framing_decides():
    items = make_items(40)
    table, _ = play(seer_of_full_stops, items, [PARAPHRASE])
    found = PARAPHRASE.read(table)
    scores = {row["setting"]: row["score"] for row in found["settings"]}
    assert scores["letters"] == 0.0
    assert scores["words-1"] == scores["heading"] == 1.0
    assert (found["lowest"], found["highest"], found["unsteady"]) == (0.0, 1.0, 1.0)
    table, _ = play(reader, items, [PARAPHRASE.choose(("words-1", "heading"))])
    assert PARAPHRASE.read(table)["unsteady"] == 0.0


def seer_of_full_stops(parts):
    """Finds options only if a full stop follows the letter."""
    return (
        seer(parts)
        if re.search(r"^A\. ", "".join(p for p in parts if isinstance(p, str)), re.M)
        else ""
    )


def test_videos_keep_their_mark():
    items = [as_video(item) for item in make_items(1)]
    _, asked = play(reader, items, [PARAPHRASE])
    assert all(prompt.text.count("<video>") == 1 for _, prompt, _ in asked.values())
