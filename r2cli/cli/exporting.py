"""Answers in the formats of `export`: the options that ask for them, checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.completing import complete_formats
from r2cli.cli.exports import Exports, Target
from r2cli.cli.folders import VIDEO_SUFFIXES
from r2cli.cli.options import Showing, set_by_settings
from r2cli.cuts import Pad
from r2cli.errors import CommandLineError
from r2cli.saving.write import is_stream
from r2cli.writing import require_free, require_writable

if TYPE_CHECKING:
    from r2cli.export.document import Kind
    from r2cli.export.formats import Format

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME|TEMPLATE",
        autocompletion=complete_formats,
        help="Write the answer in this format instead of a table, whatever the suffixes of --out say: json, jsonl, "
        "csv, tsv, markdown, srt, vtt, ffmetadata, youtube, audacity, m3u, mpv, otio, edl, fcpxml, fcp7, html, png, "
        "jpeg, files, files0; or as a line per moment, as '{path} {start:timecode} {score:.2f}'.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Pages(Showing):
    """How the answer is shown, and what else there is to look at."""

    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write a page to review the moments in (.html); short for --out. May be given more than once.",
            show_default=False,
        ),
    ] = None
    sheet: Annotated[
        list[Path] | None,
        typer.Option(
            "--sheet",
            metavar="FILE",
            help="Write a contact sheet (.png, .jpg); short for --out. May be given more than once.",
            show_default=False,
        ),
    ] = None

    @property
    def to_look_at(self) -> list[Target]:
        """The pages and sheets, each in the format of its suffix, whatever the format of other files.

        Raises:
            CommandLineError: A file is called as something else.
        """
        return [
            *(Target(_format_among(("html",), "--report", file), file) for file in self.report or ()),
            *(Target(_format_among(("png", "jpeg"), "--sheet", file), file) for file in self.sheet or ()),
        ]


def _format_among(names: tuple[str, ...], option: str, file: Path) -> Format:
    from r2cli.export.formats import FORMATS, by_suffix
    from r2cli.saving.find_format import listed

    form = by_suffix(file)
    if form is None or form.name not in names:
        suffixes = [suffix for name in names for suffix in FORMATS[name].suffixes]
        raise CommandLineError(
            f"{option} {file}: it is called as no {' or '.join(names)}", f"let its name end in {listed(suffixes)}"
        )
    return form


@dataclass(frozen=True)
class Writing(Pages):
    """How the answer is shown, and where else and in what format it is written."""

    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write a line of JSON for each video as soon as it is done.")
    ] = False
    no_saliency: Annotated[
        bool,
        typer.Option(
            "--no-saliency/--saliency",
            help="Leave the score of every clip out of JSON; moments, and r2 cut, do without it.",
        ),
    ] = False
    files: Annotated[
        bool, typer.Option("--files", help="Write only the names of the videos with a match, best first.")
    ] = False
    print0: Annotated[
        bool, typer.Option("--print0", help="End each of these names with a zero byte, for xargs -0.")
    ] = False
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the answer to a file too, in the format of its suffix (.json, .csv, .srt, .vtt, .md ...); - is "
            "standard output. May be given more than once.",
            show_default=False,
        ),
    ] = None
    form: FormatOption = None

    @property
    def short(self) -> str | None:
        """The format of standard output that a switch of its own asks for, whatever goes into files.

        Raises:
            CommandLineError: There are two, or --print0 has nothing to act on.
        """
        if self.print0 and not self.files:
            raise CommandLineError("--print0 has nothing to act on", "add --files")
        asked = {"json": self.as_json, "jsonl": self.jsonl, "files0" if self.print0 else "files": self.files}
        names = [name for name, is_asked in asked.items() if is_asked]
        if len(names) > 1:
            raise CommandLineError(f"standard output cannot be both {' and '.join(names)}", "leave one of them out")
        return names[0] if names else None


_STANDARD_OUTPUT = Path("-")


def plan_exports(
    writing: Writing, kind: Kind, *, force: bool = False, is_trial: bool = False, pad: Pad | None = None
) -> Exports:
    """Put together what the options ask for, before any work is done.

    Args:
        writing: Files to write, and `-` for standard output; the format of all of them, unless their suffixes say it.
            Without a file it is that of standard output, for which there are switches too, whatever goes into files.
        kind: What will be written.
        force: Whether files may be overwritten.
        is_trial: Whether no file is written after all.
        pad: Handles of the moments, for formats that have them.

    Raises:
        CommandLineError: There is no such format, it cannot hold the answer, or there is no writing there.
    """
    from r2cli.saving.find_format import format_called, format_of

    named = None if writing.form is None else format_called(writing.form)
    short = None if writing.short is None else format_called(writing.short)
    files = list(writing.out or ())
    seen = writing.to_look_at
    _require_distinct([*files, *(target.file for target in seen if target.file)])
    targets = [*(Target(named or format_of(file), file) for file in files if file != _STANDARD_OUTPUT), *seen]
    is_shown = short is not None or _STANDARD_OUTPUT in files or (named is not None and not files)
    if is_shown:
        targets.append(Target(_shown(named, short, files), None))
    for target in targets:
        _require_target(target, kind, force=force)
    return Exports(kind, tuple(targets), force, writing.no_saliency, pad or Pad(), is_trial)


def require_edit(pad: Pad | None, exports: Exports, context: typer.Context) -> None:
    """See that handles that somebody typed have something to be of.

    Raises:
        CommandLineError: They have not.
    """
    if pad is not None and "pad" not in set_by_settings(context) and not exports.has_edit:
        raise CommandLineError("--pad has nothing to act on", "add --out FILE for an editing program, as cut.edl")


def _shown(named: Format | None, short: Format | None, files: Sequence[Path]) -> Format:
    """The format of standard output."""
    if files and _STANDARD_OUTPUT not in files:
        named = None  # it is that of the files
    form = named or short
    if form is None:
        raise CommandLineError("--out - does not say in which format", "add --format NAME, or --json")
    if short not in (None, form):
        raise CommandLineError(f"standard output cannot be both {form.name} and JSON or names", "leave one of them out")
    return form


def film_among(files: Sequence[Path], name: str | None) -> tuple[Path | None, list[Path]]:
    """Tell the film that somebody wants to have from the files that are to hold the answer.

    Args:
        files: All of them; what no format is known by is meant to be a film.
        name: A format that was named; then only what is called as a film is one.

    Raises:
        CommandLineError: There are several films.
    """
    from r2cli.export.formats import by_suffix

    def is_film(file: Path) -> bool:
        if file == _STANDARD_OUTPUT or os.path.isdir(file) or by_suffix(file) is not None:
            return False
        return name is None or file.suffix.lower() in VIDEO_SUFFIXES

    films = [file for file in files if is_film(file)]
    if len(films) > 1:
        raise CommandLineError(f"two films, {films[0]} and {films[1]}", "name one file that ends in .mp4, .mov or .mkv")
    return (films[0] if films else None), [file for file in files if not is_film(file)]


def _require_distinct(files: Sequence[Path]) -> None:
    places = [os.path.realpath(file) if file != _STANDARD_OUTPUT else str(file) for file in files]
    for place, file in zip(places, files, strict=True):
        if places.count(place) > 1:
            raise CommandLineError(f"{file} is given twice", "name another file for one of them")


def _require_target(target: Target, kind: Kind, *, force: bool) -> None:
    from r2cli.saving.find_format import listed

    form, file = target.format, target.file
    if kind not in form.takes:
        held = listed(sorted(one.value for one in form.takes))
        raise CommandLineError(f"{form.name} holds {held}, and no {kind.value}", "choose another format")
    if file is None or is_stream(file):
        return
    if form.of_one_video and os.path.isdir(file):
        require_writable(file)
        return
    if not os.path.isdir(file.parent):
        raise CommandLineError(f"there is no folder {file.parent}", "make it, or choose another")
    require_free(file, force=force)
    require_writable(file.parent)
