"""Every known layout is read; what is odd is counted; what is wrong is said."""

from __future__ import annotations

import gzip
import json

import pytest
from workbooks import write_rows

from sextant.errors import CorruptInput, InputError, MissingInput, RecipeError
from sextant.evaluation.predictions import PredictionFile, open_predictions
from sextant.evaluation.predictions.notes import NOTES, Notes
from sextant.evaluation.predictions.prediction import id_of, is_failure, text_of


def read(path, notes=None):
    (file,) = open_predictions([path])
    return file, list(file.read(Notes() if notes is None else notes))


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# --- layouts


def test_a_run_folder_gives_its_plain_rows(tmp_path):
    jsonl(tmp_path / "predictions.jsonl", [
        {"id": "7", "item": "7", "stress": "plain", "setting": "", "task": "t", "options": None,
         "answer": "2", "reply": "two", "error": None, "finish": "stop"},
        {"id": "7#circular:1", "item": "7", "stress": "circular", "setting": "1", "reply": "B"},
        {"id": "8", "item": "8", "stress": "plain", "answer": "3", "reply": None, "error": "429"},
    ])  # fmt: skip
    notes = Notes()
    file, rows = read(tmp_path, notes)
    assert (file.format, file.written_by) == ("jsonl", "run")
    assert [(r.ids[0], r.reply, r.error, r.truth) for r in rows] == [
        ("7", "two", None, "2"), ("8", None, "429", "3"),
    ]  # fmt: skip
    assert notes.counts["variants"] == 1


@pytest.mark.parametrize("id_name", ["id", "question_id", "index", "qid", "idx"])
@pytest.mark.parametrize("reply_name", ["reply", "prediction", "response", "output"])
def test_a_plain_file_names_its_columns_as_it_likes(tmp_path, id_name, reply_name):
    _, rows = read(jsonl(tmp_path / "p.jsonl", [{id_name: 3, reply_name: "B"}]))
    assert [(r.ids[0], r.reply) for r in rows] == [("3", "B")]


def test_newest_lmms_eval_samples(tmp_path):
    """One list level is gone, ``resps`` is left out where it equals what was scored."""
    path = jsonl(tmp_path / "20260806_samples_vsibench.jsonl", [
        {"doc_id": 1, "target": "B", "filtered_resps": "B", "token_counts": [None],
         "doc_hash": "x", "vsibench_overall": {"id": 41, "question_type": "route_planning"}},
        {"doc_id": 0, "target": "2.5", "filtered_resps": "2.5",
         "resps": ["<think>3?</think>2.5"], "vsibench_overall": {"id": 40}},
    ])  # fmt: skip
    file, rows = read(path)
    assert file.written_by == "lmms-eval"
    assert [(r.ids[1], r.position, r.reply, r.filtered, r.truth) for r in rows] == [
        ("41", 1, "B", None, "B"), ("40", 0, "<think>3?</think>2.5", "2.5", "2.5"),
    ]  # fmt: skip
    assert read(tmp_path)[1] == rows  # the folder of one run


def test_older_lmms_eval_samples_nest_once_more_and_keep_the_document(tmp_path):
    sample = {"doc_id": 0, "doc": {"id": "among_1", "question": "?"}, "target": "A",
              "resps": [["A. left"]], "filtered_resps": ["A. left"]}  # fmt: skip
    _, rows = read(jsonl(tmp_path / "s.jsonl", [sample]))
    assert [(r.ids[1], r.reply, r.filtered) for r in rows] == [("among_1", "A. left", None)]
    (tmp_path / "old.json").write_text(json.dumps({"args": {}, "logs": [sample]}, indent=1))
    assert read(tmp_path / "old.json")[1] == rows


def test_several_replies_to_one_question_give_the_first_and_a_note(tmp_path):
    notes = Notes()
    rows = read(jsonl(tmp_path / "s.jsonl", [{"doc_id": 0, "target": "A", "filtered_resps": "A",
                                              "resps": ["A", "B", "3"]}]), notes)[1]  # fmt: skip
    assert rows[0].reply == "A"
    assert notes.counts["several_replies"] == 1


def test_log_likelihoods_are_no_replies(tmp_path):
    row = {"doc_id": 0, "target": "0", "resps": [[["-3.25", "False"]], [["-1.5", "True"]]],
           "filtered_resps": [["-3.25", "False"], ["-1.5", "True"]]}  # fmt: skip
    with pytest.raises(InputError, match=r"log-likelihoods.*\n.*where: .*line 1"):
        read(jsonl(tmp_path / "s.jsonl", [row]))


def test_two_numbers_are_replies_and_no_log_likelihoods(tmp_path):
    row = {"doc_id": 0, "target": "3", "filtered_resps": "3.5", "resps": ["3.5", "1"]}
    assert read(jsonl(tmp_path / "s.jsonl", [row]))[1][0].reply == "3.5"


@pytest.mark.parametrize(("name", "part"), [
    ("M_SiteBenchImage.xlsx", "image"), ("M-Video_SiteBenchVideo_32frame.tsv", "video"),
    ("x_samples_site_bench_image.jsonl", "image"),
    ("x_samples_site_bench_video_multiimage.jsonl", "video"), ("video_image.jsonl", ""),
])  # fmt: skip
def test_a_benchmark_run_in_two_parts_tells_them_by_file_name(tmp_path, name, part):
    assert PredictionFile(tmp_path / name, "tsv", "vlmevalkit").part == part


def test_ids_of_a_part_are_candidates(tmp_path):
    rows = read(jsonl(tmp_path / "x_samples_site_bench_video.jsonl", [
        {"doc_id": 4, "target": "A", "filtered_resps": "A"},
    ]))[1]  # fmt: skip
    assert rows[0].ids[-1] == "video_4"
    (tmp_path / "M_SiteBenchImage.tsv").write_text("index\tid\tprediction\n3\tu\tA\n")
    assert read(tmp_path / "M_SiteBenchImage.tsv")[1][0].ids == ("3", "u", "image_3")


TABLE = [
    ["index", "question", "answer", "prediction"],
    ["0", "How\tmany?", "3", "There are\r\nthree \"big\" chairs, I think"],
    ["1", "Which?", "B", "B"],
]  # fmt: skip


@pytest.mark.parametrize("kind", ["tsv", "csv", "tsv.gz"])
def test_quoted_tables_as_pandas_writes_them(tmp_path, kind):
    mark = "\t" if kind.startswith("tsv") else ","
    quoted = [mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in TABLE]
    data = ("\ufeff" + "\r\n".join(quoted)).encode()
    path = tmp_path / f"Model_VSI-Bench.{kind}"
    path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    _, rows = read(path)
    assert [(r.ids[0], r.truth, r.reply) for r in rows] == [
        ("0", "3", TABLE[1][3]), ("1", "B", "B"),
    ]  # fmt: skip


@pytest.mark.parametrize("layout", ["records", "split", "columns", "pandas", "mapping", "pretty"])
def test_json_in_its_layouts(tmp_path, layout):
    records = [{"index": 0, "prediction": "B", "answer": "A"},
               {"index": 1, "prediction": float("nan"), "answer": "B"}]  # fmt: skip
    stored = {
        "records": records,
        "pretty": records,
        "split": {"columns": ["index", "prediction", "answer"],
                  "data": [list(row.values()) for row in records]},
        "columns": {name: [row[name] for row in records] for name in records[0]},
        "pandas": {name: {str(k): row[name] for k, row in enumerate(records)}
                   for name in records[0]},
        "mapping": {"0": "B", "1": None},
    }[layout]  # fmt: skip
    path = tmp_path / "p.json"
    path.write_text(json.dumps(stored, indent=4 if layout == "pretty" else None))
    _, rows = read(path)
    assert [(r.ids[0], r.reply) for r in rows] == [("0", "B"), ("1", None)]


def test_a_workbook(tmp_path):
    path = write_rows(tmp_path / "p.xlsx", [
        ["index", "video", "answer", "prediction"],
        [0, "a.mp4", 3, "3"], [1, "b.mp4", "B", 2.5], [2, "c.mp4", "B", None],
        [3.0, "d.mp4", "C", "=C"],
    ])  # fmt: skip
    notes = Notes()
    file, rows = read(path, notes)
    assert (file.format, file.written_by) == ("xlsx", "vlmevalkit")
    assert [(r.ids[0], r.reply, r.truth) for r in rows] == [
        ("0", "3", "3"), ("1", "2.5", "B"), ("2", None, "B"), ("3", "=C", "C"),
    ]  # fmt: skip
    assert notes.counts["blank_cells"] == 1


# --- traps


def test_cells_that_the_spreadsheet_cut_off(tmp_path):
    long = "x" * 40_000
    path = write_rows(tmp_path / "p.xlsx", [
        ["index", "prediction"],
        ["whole", long[:32_766]],
        ["cut", ("The answer is B. " + long)[:32_767]],
        ["thinking", ("<think>" + long)[:32_767]],
        ["thought", ("<think>hm</think>B. " + long)[:32_767]],
    ])  # fmt: skip
    notes = Notes()
    rows = {r.ids[0]: r for r in read(path, notes)[1]}
    assert notes.counts["truncated_cells"] == 3
    assert notes.counts["cut_off"] == 1
    assert [name for name, r in rows.items() if r.reply is None] == ["thinking"]
    assert "cut off" in rows["thinking"].error


@pytest.mark.parametrize(("text", "cut"), [
    ("\U0001f600" * 16_383 + "x", True),  # 32,767 UTF-16 units
    ("\U0001f600" * 16_383, True),  # 32,766: pandas does not split the next pair
    ("\U0001f600" * 16_383 + "xy", False),
    ("x" * 32_766, False),
    ("\U0001f600" * 16_382 + "x", False),
])  # fmt: skip
def test_astral_characters_count_twice_in_a_cell(tmp_path, text, cut):
    notes = Notes()
    read(write_rows(tmp_path / "p.xlsx", [["index", "prediction"], ["a", text]]), notes)
    assert notes.counts["truncated_cells"] == cut


@pytest.mark.parametrize("text", [
    "Failed to obtain answer via API.", "Failed to obtain answer",
    "  Failed to obtain answer: <class 'RuntimeError'> CUDA out of memory",
])  # fmt: skip
def test_failure_messages(text):
    assert is_failure(text)


@pytest.mark.parametrize("text", ["", "B", "I failed to obtain answer", "Failed to see a chair"])
def test_replies_that_are_no_failure_messages(text):
    assert not is_failure(text)


@pytest.mark.parametrize(("value", "text"), [
    ("", ""), ("nan", "nan"), (None, None), (float("nan"), None), (1, "1"), (1.0, "1.0"),
    (True, "true"), (2.5, "2.5"),
])  # fmt: skip
def test_text_of_values(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(("value", "name"), [
    (3, "3"), (3.0, "3"), (3.5, None), ("3", "3"), ("", None), (None, None), (True, None),
    ([1], None), (float("inf"), None), (float("nan"), None),
])  # fmt: skip
def test_ids_of_values(value, name):
    assert id_of(value) == name


def test_an_answer_beside_ids_is_the_truth_only_in_a_table_of_vlmevalkit(tmp_path):
    rows = read(jsonl(tmp_path / "a.jsonl", [{"id": 1, "response": "so B", "answer": "B"}]))[1]
    assert rows[0].truth is None
    rows = read(jsonl(tmp_path / "b.jsonl", [{"id": 1, "response": "B", "ground_truth": "C"}]))[1]
    assert rows[0].truth == "C"
    rows = read(jsonl(tmp_path / "c.jsonl", [{"index": 1, "prediction": "B", "answer": "C"}]))[1]
    assert rows[0].truth == "C"


def test_broken_lines_are_counted_and_left_out(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": 1, "reply": "A"}\r\n\r\n[3]\r\n{"id": null, "reply": "B"}\r\n'
        b'{"id": 2}\n{"id": 3, "reply": "C"}\n{"id": 4, "reply":\n' + b"[" * 100_000 + b"\n"
        b'{"id": 5, "reply": ' + b"9" * 5000 + b'}\n{"id": 6, "rep'
    )
    notes = Notes()
    rows = read(path, notes)[1]
    assert [(r.ids[0], r.reply) for r in rows] == [("1", "A"), ("3", "C")]
    assert notes.counts["broken_rows"] == 7
    assert notes.examples["broken_rows"][0] == "line 3"


@pytest.mark.parametrize(("name", "data", "error", "words"), [
    ("p.jsonl", b"", CorruptInput, "is empty"),
    ("p.jsonl", b"\n \n", CorruptInput, "is empty"),
    ("p.jsonl", b"hello\n", CorruptInput, "JSON lines"),
    ("p.jsonl", b'{"id": "a", "reply": "caf\xe9"}\n', CorruptInput, "not UTF-8"),
    ("p.jsonl", b'\xff\xfe{\0"\0', CorruptInput, "UTF-16"),
    ("p.jsonl", b'{"name": 1, "text": "B"}\n', InputError, "got: name, text"),
    ("p.json", b'{"a": {"b": 1}, "c": 2}', InputError, "not a table"),
    ("p.json", b"[1, 2", CorruptInput, "not a JSON file"),
    ("p.json", b'[{"foo": 1}]', InputError, "got: foo"),
    ("p.tsv", b"index\tanswer\n1\tB\n", InputError, "got: index, answer"),
    ("p.tsv", b"index\tprediction\tprediction\n1\tB\tC\n", InputError, "each once"),
    ("p.tsv", b'index\tprediction\n1\t"B\n2\tC\n', CorruptInput, "damaged"),
    ("p.csv", b"index,prediction\n1,caf\xe9\n", CorruptInput, "not UTF-8"),
    ("p.xlsx", b"index,prediction\n", CorruptInput, "not a workbook"),
    ("p.xlsx", b"PK\x03\x04 nothing more", CorruptInput, "damaged"),
    ("p.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", CorruptInput, r"old \.xls or a password"),
    ("p.pkl", b"(dp0\n.", CorruptInput, "never loaded"),
    ("p.tsv", b"\x80\x04\x95", CorruptInput, "a pickle"),
    ("p.parquet", b"PAR1\x00", CorruptInput, "a parquet file"),
    ("p.txt", b"nothing", CorruptInput, "can be read"),
    ("p.jsonl.gz", b"\x1f\x8b\x08\x00garbage!", CorruptInput, "damaged"),
])  # fmt: skip
def test_what_is_no_prediction_file_says_so(tmp_path, name, data, error, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error, match=words) as caught:
        read(tmp_path / name)
    assert name in str(caught.value)


def test_a_cut_gzip_is_damaged(tmp_path):
    packed = gzip.compress(b'{"id": 1, "reply": "A"}\n' * 5000)
    (tmp_path / "p.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CorruptInput, match="damaged"):
        read(tmp_path / "p.jsonl.gz")


def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.evaluation.predictions.streams.FREE_UNPACKED", 1 << 20)
    line = b'{"id": 1, "reply": "' + b"A" * (8 << 20) + b'"}\n'
    (tmp_path / "p.jsonl.gz").write_bytes(gzip.compress(line))
    with pytest.raises(CorruptInput, match="unpacks to far more"):
        read(tmp_path / "p.jsonl.gz")


@pytest.mark.parametrize("name", ["p.jsonl", "p.tsv"])
def test_a_line_without_an_end_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr("sextant.evaluation.predictions.streams.MAX_LINE", 1000)
    monkeypatch.setattr("sextant.evaluation.predictions.table.MAX_LINE", 1000)
    head = "index\tprediction\n" if name.endswith("tsv") else '{"id": 1, "reply": "A"}\n'
    (tmp_path / name).write_text(head + "1\t" + "A" * 5000)
    with pytest.raises(CorruptInput, match=r"too long|damaged"):
        read(tmp_path / name)


def test_a_json_file_that_is_too_long_names_a_better_format(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.evaluation.predictions.streams.MAX_WHOLE", 1000)
    (tmp_path / "p.json").write_text("[" + " " * 2000 + "]")
    with pytest.raises(CorruptInput, match=r"\.jsonl or \.tsv"):
        read(tmp_path / "p.json")


def test_what_is_not_there(tmp_path):
    with pytest.raises(MissingInput, match="no such prediction file"):
        open_predictions([tmp_path / "none.jsonl"])
    with pytest.raises(MissingInput, match="no predictions in this folder"):
        open_predictions([tmp_path])
    with pytest.raises(RecipeError, match="no prediction file"):
        open_predictions([])


def test_a_file_given_twice_and_a_folder_of_two_runs(tmp_path):
    path = jsonl(tmp_path / "a_samples_blink.jsonl", [{"id": 1, "reply": "A"}])
    with pytest.raises(RecipeError, match="twice"):
        open_predictions([path, tmp_path / "." / path.name])
    jsonl(tmp_path / "b_samples_blink.jsonl", [{"id": 1, "reply": "A"}])
    with pytest.raises(RecipeError, match="several runs"):
        open_predictions([tmp_path])


def test_notes_speak_in_order_and_know_their_names():
    notes = Notes(keep=2)
    for k in range(1200):
        notes.add("missing", k)
    notes.add("unused_sheets", n=2)
    first, second = notes.lines()
    assert first.startswith("1,200 questions have no prediction")
    assert first.endswith("(0, 1, ...)")
    assert second.startswith("2 further sheets")
    assert notes.as_json()["missing"] == {"count": 1200, "examples": ["0", "1"]}
    with pytest.raises(KeyError):
        notes.add("mising")
    assert all(text[0].islower() for text in NOTES.values())
