"""How an object store is spoken to: its client, what it lists, and its errors in our own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from sextant.errors import (
    CorruptInput,
    InputError,
    MissingDependency,
    MissingInput,
    SextantError,
)

_EXTRA = {"s3": "store", "gs": "store", "hf": "hub"}


def client_of(scheme: str) -> Any:
    """Return the file system of a scheme; its settings come from the environment.

    Raises:
        MissingDependency: If it is not installed.
    """
    try:
        import fsspec

        options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
        if scheme == "s3":
            # Three tries and ten seconds: a server that is not there is found out soon.
            options["config_kwargs"] = {"connect_timeout": 10, "retries": {"max_attempts": 2}}
        return fsspec.filesystem(scheme, **options)
    except ImportError as error:
        package = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface_hub"}[scheme]
        raise MissingDependency.extra(package, _EXTRA[scheme], f"{scheme}://") from error


def listing(store: Any, path: str) -> dict[str, Mapping[str, Any]]:
    """Return the objects at and below a path, by their path relative to it.

    Raises:
        CorruptInput: If a name leads out of the folder.
    """
    found: dict[str, Mapping[str, Any]] = {}
    root = store._strip_protocol(path).rstrip("/")
    for name, facts in store.find(path, detail=True).items():
        if facts.get("type") == "directory" or str(name).endswith("/"):
            continue
        relative = str(name)[len(root) :].lstrip("/")
        parts = PurePosixPath(relative).parts
        # Names of objects are anything; names of files must stay in their folder.
        if relative and (".." in parts or "\\" in relative or "\0" in relative):
            raise CorruptInput("the name of an object leaves its folder", where=name)
        found[relative] = {**facts, "name": name}
    return found


def etag_of(facts: Mapping[str, Any]) -> str:
    """Return what tells one content of an object from another; empty if the store says nothing."""
    for name in ("ETag", "etag", "md5Hash", "blob_id", "generation", "mtime"):
        if facts.get(name):
            return str(facts[name]).strip('"')
    return ""


_REASONS = {
    "NoCredentialsError": ("no credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                           "or AWS_PROFILE"),
    "PartialCredentialsError": ("half of the credentials", "set both AWS_ACCESS_KEY_ID and "
                                "AWS_SECRET_ACCESS_KEY"),
    "PermissionError": ("the store does not let us in", "look at the credentials and their rights"),
    "FileNotFoundError": ("no such bucket or object", "look at the address: bucket, then prefix"),
    "EndpointConnectionError": ("the store cannot be reached", "look at the network, and at "
                                "AWS_ENDPOINT_URL if it is a server of your own"),
    "ConnectTimeoutError": ("the store does not answer", "look at the network, and at "
                            "AWS_ENDPOINT_URL if it is a server of your own"),
}  # fmt: skip


@contextmanager
def explained(where: str, kind: type[SextantError]) -> Iterator[None]:
    """Say errors of clients in our own words; each client has its own classes."""
    try:
        yield
    except SextantError:
        raise
    except Exception as error:
        chain: BaseException | None = error
        name = type(error).__name__
        while chain is not None and name not in _REASONS:
            chain = chain.__cause__ or chain.__context__
            name = "" if chain is None else type(chain).__name__
        what, hint = _REASONS.get(
            name, ("the store gave an error", "run the same command again: finished work is kept")
        )
        if kind is InputError and name == "FileNotFoundError":
            kind = MissingInput
        got = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise kind(what, where=where, got=got, hint=hint) from error
