"""The application: what `r2 --help` says, and how a command is found, without reading the files of the others."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from r2cli.cli.commands import COMMANDS, Row
from r2cli.cli.console import write_text
from r2cli.cli.versions import version_line, version_lines
from r2cli.errors import ExitCode

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class Named(TyperCommand):
    """A command whose line is never cut off."""

    def get_short_help_str(self, limit: int = 0) -> str:
        """Its line, whatever room there is: it goes on below if need be."""
        return (self.help or "").partition("\n")[0]


class Command(Named):
    """A command whose help shows arguments as they are typed, and options in sections."""

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """What stands behind `r2 find` in the usage line."""
        arguments = [param.metavar for param in self.params if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(metavar for metavar in arguments if metavar)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Arguments, the command's own options, then those of each group."""
        for title, records in self.sections(ctx).items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def sections(self, ctx: Context) -> dict[str, list[tuple[str, str]]]:
        """What there is to type, each with what it means, by the section in which it stands."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                sections["Arguments"].append((param.metavar or param.name or "", record[1]))
            else:
                sections.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(_plain(record))
        return sections


def _plain(record: tuple[str, str]) -> tuple[str, str]:
    """An option without the angle brackets around its choices."""
    return record[0].replace("<", "").replace(">", ""), record[1]


class Waiting(Named):
    """A command whose file is not read before it is called: its name, and its line."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.name, help=row.about, rich_markup_mode=None)
        self.row = row


class Root(TyperGroup):
    """`r2` itself: reads the file of the command that is called, and of no other."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, with its file read."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(command.row) if isinstance(command, Waiting) else command, rest

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Commands first: they are what somebody looks for."""
        self.format_commands(ctx, formatter)
        with formatter.section("Options"):
            records = (param.get_help_record(ctx) for param in self.get_params(ctx))
            formatter.write_dl([record for record in records if record])

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """What every command can end with."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), code.words) for code in ExitCode])


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version_line())
        raise typer.Exit


def _print_versions(asked: bool) -> None:
    if asked:
        for line in version_lines():
            typer.echo(line)
        raise typer.Exit


def _root(
    context: typer.Context,
    short: Annotated[
        bool, typer.Option("-V", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_versions,
            is_eager=True,
            help="Show it, and those of Python, torch, PyAV and FFmpeg.",
        ),
    ] = False,
) -> None:
    """Type a sentence, get the exact times in your videos where it happens.

    \b
    r2 demo
    r2 find holiday.mp4 "a dog jumps"
    r2 COMMAND --help
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if context.invoked_subcommand is None:
        write_text(f"{context.get_help()}\n")
        raise typer.Exit(ExitCode.COMMAND_LINE)
    if any(row.name == context.invoked_subcommand and row.needs_settings for row in COMMANDS):
        from r2cli.settings import flag_defaults

        known = flag_defaults(context.invoked_subcommand)
        said = {name: value for name, value in known.items() if name == "quiet"}  # what those under a group share
        under = {one.name: said for row in COMMANDS if row.name == context.invoked_subcommand for one in row.under}
        context.default_map = {context.invoked_subcommand: {**known, **under}}


def build_app() -> Callable[..., Any]:
    """The application, as a function of `args` that returns the exit code."""
    app = typer.Typer(name="r2", cls=Root, rich_markup_mode=None, context_settings=_SETTINGS)
    app.callback(invoke_without_command=True)(_root)
    root: Any = typer.main.get_command(app)
    for param in root.params:  # `r2 completion` is what tells of it
        param.hidden = param.name in ("install_completion", "show_completion")
    root.commands = {row.name: Waiting(row) for row in COMMANDS}
    return root  # type: ignore[no-any-return]


def load_command(row: Row) -> Any:  # noqa: ANN401 - typer does not export the class
    """The command of a row of the table, or the group, out of its file."""
    from r2cli.cli.options import spread
    from r2cli.cli.verbose import with_verbose

    room = import_module(f"r2cli.cli.commands.{row.name}")
    app = typer.Typer(name=row.name, rich_markup_mode=None, add_completion=False, context_settings=_SETTINGS)
    if row.under:
        app.callback(invoke_without_command=True)(with_verbose(spread(getattr(room, row.function))))
    for one in row.under or (row,):
        app.command(one.name, cls=Command)(with_verbose(spread(getattr(room, one.function))))
    return typer.main.get_command(app)
