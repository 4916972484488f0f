"""Images that a corpus shows but does not hold: where they lie, and that none leaves its folder.

A row's ``images`` name such a picture ``external/<name>/<path>``; the manifest says which folder a
name stands for:

    "external": {"sensenova_si": "/data/SenseNova-SI-8M"}

A folder that is not absolute is relative to the corpus. Where it has moved, ``SEXTANT_EXTERNAL``
says where to: ``name=folder``, several of them separated like the entries of ``PATH``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sextant.errors import InputError, MissingInput, RecipeError

EXTERNAL = "external"

VARIABLE = "SEXTANT_EXTERNAL"

EXTERNAL_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")

_PATH = re.compile(r"external/([a-z0-9][a-z0-9_.-]{0,63})/(.+)", re.DOTALL)


def external_parts(path: str) -> tuple[str, str] | None:
    """Return name and rest of ``external/<name>/<rest>``; None of any other path.

    >>> external_parts("external/spar_7m/scannet/a.jpg"), external_parts("images/ab/ab.png")
    (('spar_7m', 'scannet/a.jpg'), None)
    """
    match = _PATH.fullmatch(path)
    return None if match is None else (match[1], match[2])


def external_path(name: str, path: str) -> str:
    """Return what a row says of a picture; the inverse of ``external_parts``."""
    return f"{EXTERNAL}/{name}/{path}"


def moved_roots(text: str | None = None) -> dict[str, str]:
    """Return the folders that the environment, or ``text``, gives for names.

    Raises:
        RecipeError: If an entry is not ``name=folder``.
    """
    found = {}
    text = os.environ.get(VARIABLE, "") if text is None else text
    for entry in filter(None, text.split(os.pathsep)):
        name, sign, folder = entry.partition("=")
        if not sign or not folder or EXTERNAL_NAME.fullmatch(name) is None:
            raise RecipeError(
                "no folder of external images", where=VARIABLE,
                expected=f"name=folder{os.pathsep}name=folder", got=entry,
            )  # fmt: skip
        found[name] = folder
    return found


def external_roots(
    corpus: Path, stated: Mapping[str, object], moved: Mapping[str, str]
) -> dict[str, Path]:
    """Return the folder of every name of a manifest.

    Args:
        corpus: The corpus folder.
        stated: What the manifest says.
        moved: Where folders are now, by name; others than the manifest's are ignored.

    Raises:
        InputError: If the manifest's names or folders are none.
    """
    roots = {}
    for name, folder in stated.items():
        if not isinstance(folder, str) or not folder or EXTERNAL_NAME.fullmatch(name) is None:
            raise InputError(
                "the manifest names no folder of external images", where=corpus,
                expected="external: {name: folder}", got=f"{name}: {folder!r}",
            )  # fmt: skip
        roots[name] = corpus / Path(moved.get(name, folder)).expanduser()
    return roots


MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 4095


def inside(root: Path, relative: str) -> Path | None:
    """Return ``root / relative`` if that stays below ``root``, symbolic links followed."""
    path = root / relative
    try:
        # Resolving passes over names that no file system holds; whoever opens them would not.
        name = os.fsencode(path)
        if len(name) > MAX_PATH_BYTES or max(map(len, name.split(b"/"))) > MAX_NAME_BYTES:
            return None
        return path if path.resolve().is_relative_to(root.resolve()) else None
    except (OSError, ValueError, RuntimeError):  # a loop of links, a name that is none
        return None


def link_roots(corpus: Path, roots: Mapping[str, Path], names: Sequence[str]) -> list[Path]:
    """Make ``external/<name>`` in the corpus folder a link to each root.

    So that programs that know paths relative to one folder, and nothing of manifests, find all
    pictures. Links of the same name are replaced; anything else there is left alone and refused.

    Returns:
        The links.

    Raises:
        MissingInput: If a root is not there.
        InputError: If something that is no link stands in the way.
    """
    made = []
    for name in sorted(names):
        if not roots[name].is_dir():
            raise MissingInput(
                "the folder of external images is not there", where=roots[name],
                hint=f"{VARIABLE}={name}=FOLDER says where it is now",
            )  # fmt: skip
        link = corpus / EXTERNAL / name
        link.parent.mkdir(exist_ok=True)
        if link.is_symlink():
            if link.resolve() == roots[name].resolve():
                made.append(link)
                continue
            link.unlink()
        elif link.exists():
            raise InputError("no link to external images", where=link, hint="move it away")
        link.symlink_to(roots[name].absolute(), target_is_directory=True)
        made.append(link)
    return made
