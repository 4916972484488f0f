"""The command line: arguments and help, no logic. Heavy imports happen inside the verbs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sextant._version import __version__
from sextant.cli import corpora, exams, gathering, generating, scenes, training
from sextant.errors import RecipeError, SextantError

app = typer.Typer(
    name="sextant",
    help="3D captures -> exact spatial questions -> audited corpora.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# In the order in which the help lists them.
app.command()(generating.generate)
app.command()(generating.verify)
app.command()(corpora.audit)
app.command("import")(gathering.import_set)
app.command()(gathering.mix)
app.command()(corpora.publish)
app.command()(corpora.info)
app.command()(corpora.check)
app.command()(corpora.export)
app.command()(corpora.report)
app.command()(exams.evaluate)
app.command()(exams.score)
app.command()(training.plan)
app.command()(training.train)
app.command()(generating.demo)
app.add_typer(scenes.app, name="scenes")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"sextant {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """3D captures -> exact spatial questions -> audited corpora."""


def main() -> None:
    """Run the command line; our errors become a message and an exit code."""
    try:
        app()
    except RecipeError as error:
        _fail(error, 2)
    except SextantError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        _say_stopped()
        sys.exit(130)
    except SystemExit as stop:
        # The argument parser turns Ctrl-C into an exit of its own.
        if stop.code == 130:
            _say_stopped()
        raise


def _say_stopped() -> None:
    typer.echo("stopped; the same command goes on where this one ended", err=True)


def _fail(error: SextantError, code: int) -> None:
    typer.echo(f"sextant: {error}", err=True)
    sys.exit(code)
