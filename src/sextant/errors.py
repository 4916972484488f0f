"""The exception tree.

    SextantError
    ├── InputError           a file, record or folder is not what it should be
    │   ├── MissingInput     it is not there, or a needed part of it is not
    │   ├── CorruptInput     it is there but cannot be decoded
    │   └── ConventionError  it decodes, but breaks a convention: NaN pose, non-rotation,
    │                        zero focal length, wrong unit, duplicate id
    ├── RecipeError          a recipe or an option that cannot be meant
    ├── OutputError          the output folder is taken, foreign, or cannot be written
    ├── VerificationError    a stored answer is not what the scene says
    ├── TrainingError        a training run that must not go on as it is
    └── MissingDependency    an optional extra is not installed

Every message says what is wrong, where, what was expected and got, and what to do next.
This module and ``sextant._version`` are the floor that every other module may stand on.
"""

from __future__ import annotations


class SextantError(Exception):
    """Base of every error this package raises on purpose.

    Args:
        what: One sentence that names the problem.
        where: File, record or field (``"scene.json: object chair_3"``).
        expected: What would have been right.
        got: What was found instead.
        hint: What the user can do next.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        expected: object = None,
        got: object = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.expected = None if expected is None else str(expected)
        self.got = None if got is None else str(got)
        self.hint = hint
        super().__init__(self._render())

    def _render(self) -> str:
        parts = [self.what]
        for label, text in (
            ("where", self.where),
            ("expected", self.expected),
            ("got", self.got),
            ("next", self.hint),
        ):
            if text is not None:
                parts.append(f"{label}: {text}")
        return "\n  ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default reduction, and errors cross process pools.
        return (_rebuild, (type(self), self.what, self.where, self.expected, self.got, self.hint))


def _rebuild(
    cls: type[SextantError],
    what: str,
    where: str | None,
    expected: str | None,
    got: str | None,
    hint: str | None,
) -> SextantError:
    return cls(what, where=where, expected=expected, got=got, hint=hint)


class InputError(SextantError):
    """A file, record or folder is not what it should be."""


class MissingInput(InputError):
    """An input, or a needed part of it, is not there."""


class CorruptInput(InputError):
    """An input is there but cannot be decoded."""


class ConventionError(InputError):
    """An input decodes but breaks a convention of the scene schema."""


class RecipeError(SextantError):
    """A recipe or an option that cannot be meant."""


class OutputError(SextantError):
    """The output folder is taken, foreign, or cannot be written."""


class VerificationError(SextantError):
    """A stored answer is not what the scene says."""


class TrainingError(SextantError):
    """A training run that must not go on as it is."""


class MissingDependency(SextantError):
    """An optional dependency is not installed."""

    @classmethod
    def extra(cls, package: str, extra: str, needed_for: str) -> MissingDependency:
        """Build the message for ``package`` that the extra ``extra`` would install."""
        return cls(
            f"{needed_for} needs the package {package!r}, which is not installed",
            hint=f"pip install 'sextant-si[{extra}]'",
        )
