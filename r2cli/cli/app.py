"""The application: its commands, and what `r2 --help` says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from r2cli import __version__
from r2cli.cli.commands.bench import bench
from r2cli.cli.commands.cache import cache, clear, info, list_, prune
from r2cli.cli.commands.config import config
from r2cli.cli.commands.cut import cut
from r2cli.cli.commands.demo import demo
from r2cli.cli.commands.doctor import doctor
from r2cli.cli.commands.export import export
from r2cli.cli.commands.find import find
from r2cli.cli.commands.highlight import highlight
from r2cli.cli.commands.index import index
from r2cli.cli.commands.models import models, path, pull, remove, verify
from r2cli.cli.commands.shell import shell
from r2cli.cli.commands.summarize import summarize
from r2cli.settings import flag_defaults

COMMANDS: tuple[Callable[..., int], ...] = (
    find,
    highlight,
    summarize,
    index,
    shell,
    cut,
    export,
    demo,
    bench,
    config,
    doctor,
)
"""One function per command, in the order of `--help`; each returns the exit code."""

_MEND = ("config", "doctor")
"""Commands that help to mend broken settings, and so must run in spite of them."""

GROUPS: tuple[tuple[Callable[..., int], tuple[Callable[..., int], ...]], ...] = (
    (models, (pull, verify, path, remove)),
    (cache, (info, list_, prune, clear)),
)
"""Commands with commands of their own: what they do alone, and what can follow them."""

EXIT_CODES = """\b
Exit codes:
  0    found
  1    nothing matched
  2    the command line is wrong
  3    an input cannot be read (the others are still done)
  4    a model cannot be had
  5    FFmpeg is missing or failed
  130  interrupted
"""


class Command(TyperCommand):
    """A command whose usage line shows its arguments as they are written in its file, without brackets."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer does not export the class
        """What stands behind `r2 find` in the usage line."""
        arguments = [param.metavar for param in self.params if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(metavar for metavar in arguments if metavar)]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"r2 {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Type a sentence, get the exact times in your videos where it happens."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)
    if context.invoked_subcommand not in _MEND:
        defaults = flag_defaults()
        context.default_map = {command.__name__: defaults for command in COMMANDS}


def build_app() -> Callable[..., Any]:
    """The application, as a function of `args` that returns the exit code."""
    app = typer.Typer(
        name="r2",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, epilog=EXIT_CODES)(_root)
    for command in COMMANDS:
        app.command(cls=Command, epilog=EXIT_CODES)(command)
    for root, commands in GROUPS:
        group = typer.Typer(rich_markup_mode=None)
        group.callback(invoke_without_command=True)(root)
        for command in commands:
            # `list_` is called so in Python only
            group.command(command.__name__.rstrip("_"), cls=Command, epilog=EXIT_CODES)(command)
        app.add_typer(group, name=root.__name__, epilog=EXIT_CODES)
    return typer.main.get_command(app)
