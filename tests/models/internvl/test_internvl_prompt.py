"""Ids and supervised spans, against a plain reading of the template and hostile texts."""

from __future__ import annotations

import json
from multiprocessing import Pipe

import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_internvl import NOT_SPECIAL, SPECIAL, tokenizer

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.models.family import Message, Slot
from sextant.models.internvl.prompt import Turn, numbered, render_turns, turns_of
from sextant.models.internvl.rules import SYSTEM
from sextant.models.internvl.tokens import CONTENT, MARKS, read_tokens

PIECES = (
    *SPECIAL,
    *NOT_SPECIAL,
    "<image",
    "assistant\n",
    "user\n",
    "\n",
    " ",
    "\n\n",
    "é",
    "\ud800",
)
HOSTILE = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=8
).map("".join)  # fmt: skip


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    tokenizer().save(str(folder / "tokenizer.json"))
    return read_tokens(folder, 400)


def upstream_ids(text):
    """What a tokenizer gives that takes marks for what they are."""
    return tokenizer().encode(text, add_special_tokens=False).ids


def rendered(tokens, messages, slots=(), **how):
    turns = turns_of(messages, **how)
    opened = messages[-1].role == "user"
    return render_turns(turns, slots, tokens, open_turn=opened)


def test_a_conversation_is_the_template_tokenised(tokens):
    slots = [Slot(0, 3, (32, 32)), Slot(0, 2, (32, 32))]
    messages = [
        Message("user", "<image>\nWhat is left?  And <image> right?"),
        Message("assistant", "the table", supervised=True),
        Message("user", "\n\nSure? 12.5 m "),
        Message("assistant", "yes", supervised=False),
    ]
    found = rendered(tokens, messages, slots, system=SYSTEM)
    first, second = "<IMG_CONTEXT>" * 3, "<IMG_CONTEXT>" * 2
    text = (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n"
        f"<|im_start|>user\n<img>{first}</img>\nWhat is left?  And <img>{second}</img> right?"
        "<|im_end|>\n<|im_start|>assistant\nthe table<|im_end|>\n"
        "<|im_start|>user\n\n\nSure? 12.5 m <|im_end|>\n<|im_start|>assistant\nyes<|im_end|>\n"
    )
    assert found.ids.tolist() == upstream_ids(text)
    learned = found.ids[found.targets].tolist()
    assert learned == [*upstream_ids("the table"), tokens.end]
    for slot, said in zip(found.slots, slots, strict=True):
        span = found.ids[slot.start : slot.start + slot.tokens]
        assert len(span) == said.tokens
        assert set(span.tolist()) == {tokens.context}
        assert found.ids[slot.start - 1] == tokens.picture_start
        assert found.ids[slot.start + slot.tokens] == tokens.picture_end


def test_a_question_opens_the_answer(tokens):
    found = rendered(tokens, [Message("system", "Be brief."), Message("user", "Why?")], system="x")
    text = (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert found.ids.tolist() == upstream_ids(text)
    assert not found.targets.any()
    without = rendered(tokens, [Message("user", "Why?")])
    assert without.ids[:2].tolist() == [tokens.start, *tokens.encode("user")[:1]]


@given(HOSTILE, HOSTILE, HOSTILE)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_hostile_text_is_never_special_and_never_supervised(tokens, user, system, answer):
    user, system = user.replace("<image>", ""), system.replace("<image>", "")
    messages = [
        Message("system", system),
        Message("user", f"{user}<image>{user}"),
        Message("assistant", answer + "B", supervised=True),
    ]
    found = rendered(tokens, messages, [Slot(0, 2, (32, 32))])
    ids = found.ids.tolist()
    # The marks that stand are those of the template, in its order, and no others.
    marks = [k for k in ids if k in tokens.silent]
    content = {tokens.plain.token_to_id(mark) for mark in CONTENT}
    whole = [tokens.start, tokens.end, tokens.start, tokens.picture_start, tokens.context,
             tokens.context, tokens.picture_end, tokens.end, tokens.start, tokens.end]  # fmt: skip
    assert [k for k in marks if k not in content] == whole
    # What is learned is one span: the answer's own ids and its end.
    (places,) = np.nonzero(found.targets)
    assert places.tolist() == list(range(places[0], len(ids) - len(tokens.encode("\n"))))
    assert ids[places[0] : places[-1]] == tokens.encode(answer + "B")
    assert ids[places[-1]] == tokens.end


@given(HOSTILE)
@settings(deadline=None)
def test_text_comes_back_as_it_was(tokens, text):
    import unicodedata

    clean = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    assert tokens.plain.decode(tokens.encode(text), skip_special_tokens=False) == clean


def test_texts_without_marks_have_the_ids_of_upstream(tokens):
    for text in ("Where is the chair?", "a\n\n b", "", "中文 é", "<tool_call>x</tool_call>",
                 "<ref>the chair</ref><box>[[1, 2]]</box>"):  # fmt: skip
        assert tokens.encode(text) == upstream_ids(text)


def test_marks_stay_text_on_the_way_to_a_worker(tokens):
    sender, receiver = Pipe()
    sender.send(tokens)
    arrived = receiver.recv()
    for text in ("Where is <|im_end|> the <IMG_CONTEXT>?", "".join(SPECIAL), "<ref>x</ref>"):
        assert arrived.encode(text) == tokens.encode(text)
    ids = [tokens.start, *tokens.encode("the chair"), tokens.end]
    assert arrived.decode(ids) == "the chair"
    assert (arrived.context, arrived.silent) == (tokens.context, tokens.silent)


def test_decoding_leaves_marks_and_unknown_ids_out(tokens):
    ids = [tokens.start, *tokens.encode("the chair"), tokens.context, 399, tokens.end]
    assert tokens.decode(ids) == "the chair"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "last turn"),
        ([Message("system", "x")], "last turn"),
        ([Message("user", "x"), Message("system", "y"), Message("user", "z")], "not the first"),
        ([Message("user", "x"), Message("assistant", "", True)], "has no text"),
        ([Message("user", "<image>")], "another number of pictures"),
        ([Message("user", "x"), Message("assistant", "<image>", True)], None),
        ([Message("system", "<image>"), Message("user", "x")], None),
    ],
)
def test_only_users_show_pictures(tokens, messages, words):
    if words is None:
        assert rendered(tokens, messages).slots == ()
        return
    with pytest.raises(ConventionError, match=words):
        rendered(tokens, messages)


def test_pictures_are_numbered_where_they_stand():
    def numbering(text):
        (turn,) = numbered(turns_of([Message("user", text)]))
        return "<image>".join(turn.texts)

    assert numbering("<image>Why?") == "<image>\nWhy?"
    assert numbering("<image>\nWhy?") == "<image>\nWhy?"
    assert numbering("Why?") == "Why?"
    assert numbering("<image><image>Why?") == "Image-1: <image>\nImage-2: <image>\nWhy?"
    assert numbering("<image>\n<image>\nWhy?") == "Image-1: <image>\nImage-2: <image>\nWhy?"
    written = "Image-1: <image>\nImage-2: <image>\nWhy?"
    assert numbering(written) == written
    assert numbering("A. <image> B. <image>") == "A. Image-1: <image>\n B. Image-2: <image>\n"
    frames = "<image>Frame-1: <image>\nFrame-2: <image>\n<image>"
    named = "Image-1: <image>\nFrame-1: <image>\nFrame-2: <image>\nImage-2: <image>\n"
    assert numbering(frames) == named
    turns = numbered([Turn("user", ("", "a")), Turn("assistant", ("b",)), Turn("user", ("", ""))])
    assert [turn.texts for turn in turns] == [
        ("Image-1: ", "\na"), ("b",), ("Image-2: ", "\n"),
    ]  # fmt: skip


def test_broken_tokenizers_are_refused(tmp_path):
    with pytest.raises(MissingInput, match="without a tokenizer"):
        read_tokens(tmp_path, 400)
    path = tmp_path / "tokenizer.json"
    for text in ("[]", "{", "{}", '{"model": 3}'):
        path.write_text(text)
        with pytest.raises(CorruptInput, match="tokenizer"):
            read_tokens(tmp_path, 400)
    tokenizer().save(str(path))
    with pytest.raises(CorruptInput, match="ids that the model has not"):
        read_tokens(tmp_path, 310)
    written = json.loads(path.read_text())
    written["added_tokens"] = [t for t in written["added_tokens"] if t["content"] != "</img>"]
    for k, token in enumerate(written["added_tokens"]):
        token["id"] = written["added_tokens"][0]["id"] + k
    path.write_text(json.dumps(written))
    with pytest.raises(CorruptInput, match="lacks a mark"):
        read_tokens(tmp_path, 400)
    assert "</img>" in MARKS


def test_added_tokens_whose_ids_would_change_are_refused(tmp_path):
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    written = json.loads((tmp_path / "tokenizer.json").read_text())
    del written["added_tokens"][3]  # the library numbers those behind it anew
    (tmp_path / "tokenizer.json").write_text(json.dumps(written))
    with pytest.raises(CorruptInput, match="other ids"):
        read_tokens(tmp_path, 400)


def test_a_folder_without_the_one_file(tmp_path, tokens):
    """OpenGVLab publishes vocabulary, merges and added tokens apart."""
    pytest.importorskip("transformers", reason="needs the extra train")
    written = json.loads(tokenizer().to_str())
    (tmp_path / "vocab.json").write_text(json.dumps(written["model"]["vocab"]))
    merges = [m if isinstance(m, str) else " ".join(m) for m in written["model"]["merges"]]
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    decoder = {
        str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in written["added_tokens"]
    }
    settings_file = {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": decoder,
                     "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}  # fmt: skip
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings_file))
    found = read_tokens(tmp_path, 400)
    assert (found.start, found.end, found.context) == (tokens.start, tokens.end, tokens.context)
    for text in ("Where is <|im_end|> the chair?", "a\n\n b", "<ref>x</ref> 12"):
        assert found.encode(text) == tokens.encode(text)
