"""The forms in which options come."""

from __future__ import annotations

import pytest

from sextant.errors import InputError
from sextant.evaluation.extraction import Options, as_options


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (["chair", "table"], ("chair", "table")),
        (["A. chair", "B. table"], ("chair", "table")),
        (["(A) chair", "(B) table"], ("chair", "table")),
        (["[A] chair", "[B] table"], ("chair", "table")),
        (["A: chair", "B) table"], ("chair", "table")),
        (["A.chair", "B.table"], ("chair", "table")),
        (("A. left\nside", "B. x"), ("left\nside", "x")),
        (["A", "B"], None),
        (2, None),
        # Not labels: one is missing, or they are not in order.
        (["A. chair", "table"], ("A. chair", "table")),
        (["B. chair", "A. table"], ("B. chair", "A. table")),
        (["B", "A"], ("B", "A")),
        (["a. chair", "b. table"], ("a. chair", "b. table")),
        ([" chair ", "table\n"], ("chair", "table")),
        ([1, 2], ("1", "2")),
    ],
)
def test_forms(given: object, texts: tuple[str, ...] | None) -> None:
    options = as_options(given)  # type: ignore[arg-type]
    assert options == Options("AB", texts)
    assert as_options(options) is options
    assert options.choices() == dict(zip("AB", texts or (), strict=False))


@pytest.mark.parametrize("given", [0, -1, 27, [], ["x"] * 27, "ABCD", ""])
def test_what_cannot_be_options_is_refused(given: object) -> None:
    with pytest.raises(InputError):
        as_options(given)  # type: ignore[arg-type]


def test_one_option_is_possible() -> None:
    assert as_options(["only"]) == Options("A", ("only",))
    assert as_options(26).letters[-1] == "Z"
