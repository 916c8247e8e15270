"""Answers in the formats of `export`: which are asked for, where they go, and writing them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.completing import complete_formats
from r2cli.cli.console import Answer, Talk
from r2cli.cli.folders import VIDEO_SUFFIXES
from r2cli.cli.options import Showing
from r2cli.errors import CommandLineError, R2Error

if TYPE_CHECKING:
    from r2cli.export.document import Document, Kind
    from r2cli.export.formats import Format

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        autocompletion=complete_formats,
        help="Write the answer in this format instead of a table, or whatever the suffixes of --out say.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Writing(Showing):
    """How the answer is shown, and where else and in what format it is written."""

    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the answer to a file too, in the format of its suffix; - is standard output. May be given more "
            "than once.",
            show_default=False,
        ),
    ] = None
    form: FormatOption = None


_STANDARD_OUTPUT = Path("-")
_STREAMS = (stat.S_IFIFO, stat.S_IFCHR)
"""What is written to as it is: pipes, terminals, /dev/null."""


@dataclass(frozen=True)
class Target:
    """One place to write an answer to."""

    format: Format
    file: Path | None
    """None: standard output."""


@dataclass(frozen=True)
class Exports:
    """In which formats a command answers, and where; checked."""

    targets: tuple[Target, ...] = ()
    force: bool = False

    @property
    def answers(self) -> bool:
        """Whether one of them is the answer on standard output, in place of a table."""
        return any(target.file is None for target in self.targets)

    def write(self, document: Document, talk: Talk) -> None:
        """Write a document everywhere.

        Raises:
            CommandLineError: A file cannot be written, or is a video of the document.
        """
        refused: list[R2Error] = []
        for target in self.targets:
            try:
                _write(target, document, talk, force=self.force)
            except R2Error as error:
                refused.append(error)
        if refused:
            raise refused[0]  # not before the others were written


def plan_exports(writing: Writing, kind: Kind, *, force: bool = False) -> Exports:
    """Put together what the options ask for, before any work is done.

    Args:
        writing: Files to write, and `-` for standard output; the format of all of them, unless their suffixes say it.
            Without a file it is that of standard output, which is JSON where that is asked for, whatever goes into
            files.
        kind: What will be written.
        force: Whether files may be overwritten.

    Raises:
        CommandLineError: There is no such format, it cannot hold the answer, or there is no writing there.
    """
    from r2cli.export.formats import DEFAULT

    named, as_json = None if writing.form is None else _format_called(writing.form), writing.as_json
    files = list(writing.out or ())
    if as_json and (named not in (None, DEFAULT) or _STANDARD_OUTPUT in files):
        raise CommandLineError(
            f"standard output cannot be both JSON and {named.name if named else _STANDARD_OUTPUT}", "leave out --json"
        )
    targets = [Target(named or format_of(file), None if file == _STANDARD_OUTPUT else file) for file in files]
    if as_json or (named is not None and not files):
        targets.append(Target(DEFAULT if as_json else named or DEFAULT, None))
    _require_distinct(files)
    for target in targets:
        _require_target(target, kind, force=force)
    return Exports(tuple(targets), force)


def film_among(files: Sequence[Path], name: str | None) -> tuple[Path | None, list[Path]]:
    """Tell the film that somebody wants to have from the files that are to hold the answer.

    Args:
        files: All of them; what no format is known by is meant to be a film.
        name: A format that was named; then only what is called as a film is one.

    Raises:
        CommandLineError: There are several films.
    """
    from r2cli.export.formats import BY_SUFFIX

    def is_film(file: Path) -> bool:
        suffix = file.suffix.lower()
        return file != _STANDARD_OUTPUT and suffix not in BY_SUFFIX and (name is None or suffix in VIDEO_SUFFIXES)

    films = [file for file in files if is_film(file)]
    if len(films) > 1:
        raise CommandLineError(f"two films, {films[0]} and {films[1]}", "name one file that ends in .mp4, .mov or .mkv")
    return (films[0] if films else None), [file for file in files if not is_film(file)]


def format_of(file: Path) -> Format:
    """The format that a file's suffix stands for.

    Raises:
        CommandLineError: It stands for none.
    """
    from r2cli.export.formats import BY_SUFFIX

    if file == _STANDARD_OUTPUT:
        raise CommandLineError("--out - does not say in which format", "add --format NAME, or --json")
    try:
        return BY_SUFFIX[file.suffix.lower()]
    except KeyError:
        raise CommandLineError(
            f"{file}: no format is known by that suffix", f"call it {_listed(BY_SUFFIX)}, or add --format NAME"
        ) from None


def _format_called(name: str) -> Format:
    from r2cli.export.formats import FORMATS

    try:
        return FORMATS[name.lower()]
    except KeyError:
        raise CommandLineError(f"there is no format {name!r}", f"there are: {', '.join(FORMATS)}") from None


def _listed(words: Iterable[str]) -> str:
    *all_but_last, last = words
    return f"{', '.join(all_but_last)} or {last}" if all_but_last else last


def _require_distinct(files: Sequence[Path]) -> None:
    places = [os.path.realpath(file) if file != _STANDARD_OUTPUT else str(file) for file in files]
    for place, file in zip(places, files, strict=True):
        if places.count(place) > 1:
            raise CommandLineError(f"--out {file} is given twice", "name another file for one of them")


def _require_target(target: Target, kind: Kind, *, force: bool) -> None:
    from r2cli.files import require_free, require_writable

    if kind not in target.format.takes:
        raise CommandLineError(
            f"{target.format.name} holds {_listed(sorted(target.format.takes))}, and no {kind.value}",
            "choose another format",
        )
    if target.file is None or _is_stream(target.file):
        return
    if not target.file.parent.is_dir():
        raise CommandLineError(f"there is no folder {target.file.parent}", "make it, or choose another")
    require_free(target.file, force=force)
    require_writable(target.file.parent)


def _is_stream(file: Path) -> bool:
    try:
        return stat.S_IFMT(file.stat().st_mode) in _STREAMS
    except (OSError, ValueError):
        return False


def _write(target: Target, document: Document, talk: Talk, *, force: bool) -> None:
    content = target.format.write(document)
    if target.file is None:
        Answer().write_bytes(content)
        return
    _require_no_video(target.file, document)
    _write_file(target.file, content, force=force)
    talk.note(f"wrote {target.file}")


def _require_no_video(file: Path, document: Document) -> None:
    """Nobody means to overwrite the very video that was searched, not even with --force."""
    videos = (document.locate(found.video.path) for found in document.findings)
    if any(video is not None and file.exists() and video.samefile(file) for video in videos):
        raise CommandLineError(f"{file} is the video itself", "choose another name")


def _write_file(file: Path, content: bytes, *, force: bool) -> None:
    from r2cli.files import beside, explained

    if _is_stream(file):
        with explained(file):
            file.write_bytes(content)
        return
    with beside(file, force=force) as fresh, explained(file):
        fresh.write_bytes(content)
