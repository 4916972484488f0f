"""Options that several verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SourceName = Annotated[
    str, typer.Option("--source", help="Reader; `sextant scenes help` lists them.")
]
Root = Annotated[
    Path | None, typer.Option("--root", help="The dataset's folder (none for procedural).")
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]
Workers = Annotated[int, typer.Option(help="Processes; the bytes do not depend on it.", min=1)]
Engine = Annotated[
    str, typer.Option(help="pool: processes here; ray: --workers at a time on a Ray cluster.")
]
RayAddress = Annotated[
    str | None,
    typer.Option(help="A running Ray cluster, auto or host:port; else one is started here."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Scenes = Annotated[int | None, typer.Option(help="At most this many scenes.", min=1)]


def alone(shard: str | None, ray_address: str | None) -> bool:
    """Tell whether this machine does all of the work."""
    return shard is None and ray_address is None
