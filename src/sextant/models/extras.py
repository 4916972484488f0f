"""Whether what a family of models needs is installed."""

from __future__ import annotations

import importlib

from sextant.errors import MissingDependency


def needs(*packages: str, extra: str, what: str) -> None:
    """Import packages, in this order.

    Args:
        packages: Their names.
        extra: The extra that would install them.
        what: Needs them.

    Raises:
        MissingDependency: With the first that is not installed.
    """
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise MissingDependency.extra(package, extra, what) from error
