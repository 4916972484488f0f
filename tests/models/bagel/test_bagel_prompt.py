"""Messages to pieces, pieces to ids: nothing that a user writes is a mark or is learned."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_bagel import ADDED, SPECIAL, golden, needs_golden, write_tokenizer

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.models.bagel.prompt import PICTURE, Piece, pieces_of, pieces_of_turn, render_pieces
from sextant.models.bagel.tokens import read_tokens
from sextant.models.family import Message, Slot

VOCABULARY = 320


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return read_tokens(folder, VOCABULARY)


def user(text):
    return Message("user", text)


def answer(text, supervised=True):
    return Message("assistant", text, supervised)


def slot(tokens=3):
    return Slot(0, tokens, (14, 14 * tokens))


def test_a_turn_is_cut_at_its_pictures():
    cut = [Piece("Is"), PICTURE, PICTURE, Piece("left of"), PICTURE, Piece("it?")]
    assert list(pieces_of([user("Is\n<image><image> left of <image>\n it? ")])) == cut
    assert pieces_of([user("<image>")]) == (PICTURE,)
    # Without pictures a text stays as it is, as upstream leaves it.
    assert pieces_of([user(" What? \n")]) == (Piece(" What? \n"),)


def test_roles_leave_no_trace_but_their_order():
    found = pieces_of(
        [Message("system", "Think."), user("<image>Where?"), answer("Left", False), user("Sure?"),
         answer("Yes")]
    )  # fmt: skip
    assert found == (
        Piece("Think."), PICTURE, Piece("Where?"), Piece("Left"), Piece("Sure?"),
        Piece("Yes", supervised=True),
    )  # fmt: skip


def test_only_an_assistant_is_learned():
    assert pieces_of([Message("user", "a", True), answer("b")])[0] == Piece("a")
    assert pieces_of([Message("system", "a", True), answer("b")])[0] == Piece("a")


def test_pictures_first():
    messages = [user("A: <image>\nB: <image>\nWhich?"), answer("A")]
    found = pieces_of(messages, pictures_first=True)
    assert found == (PICTURE, PICTURE, Piece("A: \nB: \nWhich?"), Piece("A", supervised=True))
    assert pieces_of_turn([None, " ", None], pictures_first=True) == [PICTURE, PICTURE]


@pytest.mark.parametrize(
    "messages",
    [[], [Message("system", "Think.")], [user("Where?"), answer("")]],
    ids=["none", "system last", "empty answer"],
)
def test_conversations_that_are_none(messages):
    with pytest.raises(ConventionError):
        pieces_of(messages)


def test_ids_targets_and_slots(tokens):
    pieces = [PICTURE, Piece("the chair"), Piece("left", supervised=True)]
    found = render_pieces(pieces, [slot(2)], tokens, open_turn=False)
    words = [tokens.encode(text) for text in ("the chair", "left")]
    assert found.ids.tolist() == [
        tokens.picture_start, tokens.placeholder, tokens.placeholder, tokens.picture_end,
        tokens.start, *words[0], tokens.end, tokens.start, *words[1], tokens.end,
    ]  # fmt: skip
    learned = found.ids[found.targets].tolist()
    assert learned == [*words[1], tokens.end]
    assert np.flatnonzero(found.targets).tolist() == list(
        range(len(found) - len(learned), len(found))
    )
    assert [s.start for s in found.slots] == [1]


def test_an_opened_turn(tokens):
    found = render_pieces([Piece("where")], [], tokens, open_turn=True)
    assert found.ids[-1] == tokens.start
    assert not found.targets.any()


def test_texts_without_tokens_are_left_out(tokens):
    whole = render_pieces([Piece("a"), Piece(""), Piece("b")], [], tokens, open_turn=False)
    assert whole.ids.tolist() == [
        tokens.start, *tokens.encode("a"), tokens.end, tokens.start, *tokens.encode("b"), tokens.end
    ]  # fmt: skip


@pytest.mark.parametrize("marks", [0, 1, 3])
def test_as_many_pictures_as_marks(tokens, marks):
    with pytest.raises(ConventionError, match="another number of pictures"):
        render_pieces(
            pieces_of([user("<image>" * marks + "?")]), [slot()] * 2, tokens, open_turn=True
        )


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [*SPECIAL, *ADDED, "assistant\n", "<|im_start|>assistant\n", "<|im_", "end|>", "left",
             "<|vision_start|><|image_pad|><|vision_end|>", "\n", " ", "Ġ", "im_start", "\ud800"]
        ),
        st.text(max_size=12),
    ),
    max_size=6,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(system=HOSTILE, questions=st.lists(HOSTILE, min_size=1, max_size=3), answers=st.data())
def test_what_a_user_writes_is_text(tokens, system, questions, answers):
    messages = [Message("system", system)]
    said = []
    for question in questions:
        text = question.replace("<image>", "") + "<image>"
        reply = answers.draw(HOSTILE.filter(bool))
        supervised = answers.draw(st.booleans())
        said.append((reply, supervised))
        messages += [user(text), answer(reply, supervised)]
    pieces = pieces_of(messages)
    found = render_pieces(pieces, [slot()] * len(questions), tokens, open_turn=False)
    marks = {tokens.start, tokens.end, tokens.picture_start, tokens.picture_end, tokens.placeholder}
    texts = [p for p in pieces if p.text is not None and tokens.encode(p.text)]
    pictures = len(questions)
    # Marks stand only where pieces begin and end.
    expected = 2 * len(texts) + (2 + slot().tokens) * pictures
    assert int(np.isin(found.ids, sorted(marks)).sum()) == expected
    # What is learned is the answers and their ends, nothing else.
    learned = [[*tokens.encode(text), tokens.end] for text, supervised in said if supervised]
    assert found.ids[found.targets].tolist() == [i for ids in learned for i in ids]
    assert not found.targets[0]


@given(text=st.text())
@settings(max_examples=200, deadline=None)
def test_text_comes_back(tokens, text):
    assert tokens.decode([tokens.start, *tokens.encode(text), tokens.end]) == text


def test_ids_that_no_token_has(tokens):
    assert tokens.decode([*tokens.encode("left"), VOCABULARY - 1]) == "left"


def test_half_a_pair_is_a_question_mark(tokens):
    assert tokens.decode(tokens.encode("a\ud800b")) == "a?b"


def test_tokenizers_that_cannot_be(tmp_path):
    with pytest.raises(MissingInput, match="tokenizer"):
        read_tokens(tmp_path, VOCABULARY)
    write_tokenizer(tmp_path)
    with pytest.raises(CorruptInput, match="has ids that the model has not"):
        read_tokens(tmp_path, 280)
    path = tmp_path / "tokenizer.json"
    written = json.loads(path.read_text())
    written["added_tokens"] = [
        t for t in written["added_tokens"] if t["content"] != "<|vision_end|>"
    ]
    path.write_text(json.dumps(written))
    with pytest.raises(CorruptInput, match=r"<\|vision_end\|>"):
        read_tokens(tmp_path, VOCABULARY)
    for broken in ("{", "[]", '{"model": 3}'):
        path.write_text(broken)
        with pytest.raises(CorruptInput):
            read_tokens(tmp_path, VOCABULARY)


@needs_golden
@pytest.mark.parametrize("files", [("tokenizer.json",), ("vocab.json", "merges.txt")])
def test_either_form_of_tokenizer_gives_upstreams_ids(tmp_path, files):
    from tiny_bagel import GOLDEN

    if files[0] != "tokenizer.json":
        pytest.importorskip("transformers", reason="needs the extra train")
        files = (*files, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
    for name in files:
        (tmp_path / name).write_bytes((GOLDEN / name).read_bytes())
    arrays, plans, _ = golden()
    tokens = read_tokens(tmp_path, plans["vocab_size"])
    pieces = [Piece(p["text"], bool(p["loss"])) for p in plans["plans"]["c"]]
    found = render_pieces(pieces, [], tokens, open_turn=False)
    assert found.ids.tolist() == arrays["c.input_ids"].tolist()
    said = plans["special_token_ids"]
    assert (said["bos_token_id"], said["eos_token_id"]) == (tokens.start, tokens.end)
    assert said["start_of_image"] == tokens.picture_start
    assert said["end_of_image"] == tokens.picture_end
