"""Baselines find what texts give away, no more, and never learn from their own fold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import ConventionError
from sextant.models.blind.predictors import TOLERANCES, Row, common_answer, worth
from sextant.models.blind.templates import templates_of
from sextant.models.messages import Question, Request
from sextant.models.registry import open_model
from sextant.samples.text_prior import fold_of

WAYS = ("left", "right", "front", "back", "front-left", "front-right", "back-left", "back-right")
THINGS = ("chair", "bed", "lamp", "sofa", "rug", "television")


def choice(k, options, correct, text="Where is it?", task="t", fold_key=None):
    return Question(
        f"q{k}", fold_key or f"q{k}", task, text, tuple(options), "ABCDEF"[correct], "choice"
    )


def number(k, value, text="How far?", task="n"):
    return Question(f"q{k}", f"q{k}", task, text, None, f"{value:g}", "number", value)


def answers(kind, questions):
    model = open_model(f"blind:{kind}")
    model.study(iter(questions))
    return [r.text for r in model.replies(Request(q.id, ("anything",)) for q in questions)]


def accuracy(kind, questions):
    found = answers(kind, questions)
    return float(np.mean([a == q.answer for a, q in zip(found, questions, strict=True)]))


def ways(count, weights, seed=0):
    """Four of eight ways as options; how often a way is right goes by its weight."""
    rng = np.random.default_rng(seed)
    p = np.array(weights) / sum(weights)
    made = []
    for k in range(count):
        truth = int(rng.choice(8, p=p))
        options = [truth, *rng.choice([i for i in range(8) if i != truth], 3, replace=False)]
        rng.shuffle(options)
        text = f"Where is the {THINGS[rng.integers(6)]} from place {rng.integers(99)}?"
        made.append(choice(k, [WAYS[i] for i in options], options.index(truth), text))
    return made


LEAN = (30, 5, 25, 10, 10, 10, 5, 5)


def best_possible(weights):
    """Accuracy of answering the weightiest option shown, worked out over all option sets.

    The three others are drawn evenly, so given the set S every member i is right with a chance in
    proportion to p_i, and the best answer to S is right with max p / sum p over S.
    """
    from itertools import combinations

    p = np.array(weights) / sum(weights)
    # P(S, truth = i) = p_i / C(7, 3)
    return sum(max(p[list(s)]) for s in combinations(range(8), 4)) / 35


def test_the_prior_comes_close_to_what_is_possible():
    questions = ways(4000, LEAN)
    bound = best_possible(LEAN)
    assert 0.45 < bound < 0.55
    for kind in ("most_frequent", "prior"):
        assert bound - 0.04 < accuracy(kind, questions) < bound + 0.03


def test_nothing_is_found_where_nothing_is_given_away():
    questions = ways(4000, [1] * 8)
    for kind in ("chance", "most_frequent", "prior"):
        assert abs(accuracy(kind, questions) - 0.25) < 0.03


def test_chance_is_even_and_depends_on_the_id_alone():
    questions = ways(2000, LEAN)
    first = answers("chance", questions)
    assert first == answers("chance", questions)
    backwards = answers("chance", questions[::-1])
    assert backwards == first[::-1]
    assert min(first.count(x) for x in "ABCD") > 430


def test_a_preferred_letter():
    rng = np.random.default_rng(1)
    questions = [
        choice(k, rng.permutation(WAYS)[:4], 2 if rng.random() < 0.6 else int(rng.integers(4)))
        for k in range(1000)
    ]
    assert accuracy("most_frequent", questions) == pytest.approx(0.7, abs=0.05)
    assert accuracy("prior", questions) > 0.65


def test_the_answer_follows_from_the_phrasing():
    rng = np.random.default_rng(2)
    questions = []
    for k in range(1000):
        left = bool(rng.integers(2))
        text = f"Is the {THINGS[k % 6]} {'near' if left else 'beyond'} the {THINGS[(k + 1) % 6]}?"
        options = ("yes", "no") if rng.random() < 0.5 else ("no", "yes")
        questions.append(choice(k, options, options.index("yes" if left else "no"), text))
    assert accuracy("most_frequent", questions) < 0.6
    assert accuracy("prior", questions) > 0.99


def test_the_answer_follows_from_a_word_of_the_options():
    rng = np.random.default_rng(3)
    questions = []
    for k in range(1500):
        correct = int(rng.integers(4))
        options = [
            f"{rng.integers(10**6)} is {'truly' if i == correct else 'not'} so" for i in range(4)
        ]
        questions.append(choice(k, options, correct))
    assert accuracy("prior", questions) > 0.99


def test_what_lies_in_one_fold_teaches_nothing():
    """Answers that can be known from the own fold alone stay unknown."""
    rng = np.random.default_rng(4)
    questions = []
    for key in range(300):
        secret = int(rng.integers(4))
        for k in range(4):  # rotations of one item, with texts of its own
            options = [f"{key}-{i}" for i in range(4)]
            questions.append(
                choice(f"{key}/{k}", options, secret, f"only {key}", fold_key=f"{key}")
            )
    assert abs(accuracy("prior", questions) - 0.25) < 0.06


def test_leaving_out_the_other_folds_changes_the_answer():
    """An answer is a function of the other folds: those of its own fold may change as they like."""
    questions = ways(400, LEAN)
    changed = [
        q if fold_of(q.fold_key, 0) != 0 else choice(k, q.options, (ord(q.answer) - 64) % 4, q.text)
        for k, q in enumerate(questions)
    ]
    before, after = answers("prior", questions), answers("prior", changed)
    own = [k for k, q in enumerate(questions) if fold_of(q.fold_key, 0) == 0]
    assert len(own) > 50
    assert [before[k] for k in own] == [after[k] for k in own]


def test_numbers_by_the_thing_asked_about():
    rng = np.random.default_rng(5)
    typical = dict(zip(THINGS, (80, 200, 40, 190, 240, 110), strict=True))
    questions = []
    for k in range(1200):
        thing = THINGS[rng.integers(6)]
        text = f"What is the length of the {thing} in centimetres?"
        questions.append(number(k, round(typical[thing] * float(rng.normal(1, 0.05))), text))

    def mean_relative(kind):
        pairs = zip(answers(kind, questions), questions, strict=True)
        errors = [abs(float(a) - q.value) / q.value for a, q in pairs]
        return float(np.mean(errors))

    assert mean_relative("prior") < 0.06
    assert mean_relative("most_frequent") > 0.3
    assert mean_relative("chance") > 0.5


def test_the_median_is_an_answer_that_was_given():
    questions = [number(k, (1, 2, 2, 3, 50)[k % 5]) for k in range(200)]
    assert set(answers("most_frequent", questions)) == {"2"}
    assert set(answers("chance", questions)) == {"1", "2", "3", "50"}


def test_free_texts_get_the_most_frequent_one():
    questions = [
        Question(f"{k}", f"{k}", "t", "Is it?", None, "no" if k % 3 else "yes", "boolean")
        for k in range(90)
    ]
    assert set(answers("most_frequent", questions)) == {"no"}
    assert set(answers("prior", questions)) == {"no"}


def test_tasks_are_kept_apart():
    a = [choice(f"a{k}", ("x", "y"), 0, task="a") for k in range(50)]
    b = [choice(f"b{k}", ("x", "y"), 1, task="b") for k in range(50)]
    assert accuracy("most_frequent", a + b) == 1.0


@pytest.mark.parametrize("kind", ["chance", "most_frequent", "prior"])
def test_tiny_sets(kind):
    for questions in (
        [],
        [choice(0, "pq", 1)],
        [number(0, 3.0)],
        [choice(0, "pq", 1), number(1, 2)],
    ):
        for text, question in zip(answers(kind, questions), questions, strict=True):
            assert text in ("A", "B") if question.options else text in ("", "3", "2")


def test_what_was_not_studied_fails():
    model = open_model("blind:prior")
    model.study([choice(0, "pq", 1)])
    (reply,) = model.replies([Request("else", ("x",))])
    assert reply.text is None
    assert "not studied" in reply.error


def test_studying_again_forgets_and_shows_in_the_identity():
    model = open_model("blind:most_frequent")
    seen = set()
    for correct in (0, 1):
        questions = [choice(k, "pq", correct) for k in range(30)]
        model.study(questions)
        seen.add(model.identity()["studied"])
        assert {r.text for r in model.replies(Request(q.id, ()) for q in questions)} == {
            "AB"[correct]
        }
    assert len(seen) == 2


@pytest.mark.parametrize("answer", ["C", "a", "", "AB", "1"])
def test_an_answer_that_is_no_option_is_refused(answer):
    question = Question("q", "q", "t", "?", ("x", "y"), answer, "choice")
    with pytest.raises(ConventionError, match="letter of an option"):
        open_model("blind:chance").study([question])


def test_the_same_id_twice_is_refused():
    with pytest.raises(ConventionError, match="same id"):
        open_model("blind:chance").study([choice(0, "pq", 1), choice(0, "pq", 1)])


def test_templates_lose_names_and_numbers():
    names = [f"{a}{b}" for a in "bcdfghjk" for b in "lmnpqrst"]
    texts = [
        f"How far is the {a} from the {b}, about {n}.5 m?"
        for a in names
        for b in names
        for n in (1, 20)
    ]
    made = templates_of([*texts, "How far is the old piano from the rug, about 7 m?"])
    assert set(made[:-1]) == {"how far is the _ from the _ about # m"}
    assert made[-1] == "how far is the _ from the _ about # m"


def test_a_name_that_all_ask_about_is_part_of_the_phrasing():
    texts = [f"How far is the camera from the {chr(97 + k)}{k}?" for k in range(26)]
    assert set(templates_of(texts)) == {"how far is the camera from the _"}


@given(st.lists(st.text(max_size=30), max_size=20))
@settings(max_examples=50)
def test_templates_of_anything(texts):
    made = templates_of(texts)
    assert len(made) == len(texts)
    assert made == templates_of(texts)


def row(value, key="", answer=None):
    return Row("r", "r", key, key, (), -1, answer or f"{value}", value)


def test_narrow_keys_need_enough_rows():
    rows = [row(1.0, "a")] * 3 + [row(9.0, "b")] * 2 + [row(5.0, "c")] * 9
    answer = common_answer(lambda r: r.question)(rows)
    assert answer(row(0.0, "a")) == "1"
    assert answer(row(0.0, "b")) == "5"


def test_numbers_are_worth_what_mean_relative_accuracy_says():
    assert worth(row(10.0), "10") == 1.0
    assert worth(row(10.0), "8") == pytest.approx(np.mean([0.2 <= t for t in TOLERANCES]))
    assert worth(row(10.0), "100") == 0.0
    assert worth(row(10.0), "many") == 0.0
