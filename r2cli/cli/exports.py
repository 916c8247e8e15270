"""Writing answers in the formats and to the places that were asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Answer, Talk
from r2cli.cuts import Pad, Planned
from r2cli.errors import CommandLineError, R2Error
from r2cli.export.document import Document, Kind
from r2cli.export.rows import videos_of
from r2cli.export.text import for_terminal, one_line
from r2cli.present.text import visible
from r2cli.saving.enrich import enriched
from r2cli.saving.write import require_no_film, write_file

if TYPE_CHECKING:
    from r2cli.export.formats import Format
    from r2cli.findings import Findings

_WITH_SALIENCY = ("json", "jsonl")
"""Formats that hold the score of every clip."""


@dataclass(frozen=True)
class Target:
    """One place to write an answer to."""

    format: Format
    file: Path | None
    """None: standard output."""

    @property
    def is_told_at_once(self) -> bool:
        """Whether each video is told of as soon as it is done."""
        return self.file is None and self.format.streams


@dataclass
class Exports:
    """In which formats a command answers, and where; checked."""

    kind: Kind = Kind.FINDINGS
    targets: tuple[Target, ...] = ()
    force: bool = False
    no_saliency: bool = False
    """Whether JSON leaves out the score of every clip."""
    pad: Pad = Pad()
    """Handles of the moments, where a format has them."""
    is_trial: bool = False
    """Whether no file is written after all, and they are named instead."""
    told: int = 0
    """Of how many findings standard output has told already."""

    @property
    def answers(self) -> bool:
        """Whether one of them is the answer on standard output, in place of a table."""
        return any(target.file is None for target in self.targets)

    @property
    def has_edit(self) -> bool:
        """Whether one of them is for an editing program."""
        return any(target.format.is_edit for target in self.targets)

    @property
    def has_file(self) -> bool:
        """Whether one of them goes to a file."""
        return any(target.file is not None for target in self.targets)

    def tell(self, findings: Sequence[Findings]) -> None:
        """Write the next findings, of a video that is done, where they are not to wait for those of the others."""
        self.told += len(findings)
        for target in self.targets:
            if target.is_told_at_once:
                _answer(target.format.write(self._lean(Document(tuple(findings), kind=self.kind), target)))

    def write(self, document: Document, talk: Talk) -> None:
        """Write the whole answer everywhere, without what was told before.

        Raises:
            CommandLineError: A file cannot be written, or is a film of the document.
        """
        document, refused = replace(document, pad=self.pad), list[R2Error]()
        if self.is_trial:
            document = self._tried(document, talk)
        for target in self.targets:
            if self.is_trial and target.file is not None:
                continue
            try:
                rest = replace(document, findings=document.findings[self.told :])
                whole = rest if target.is_told_at_once else document
                _write(target, self._lean(whole, target), talk, force=self.force)
            except R2Error as error:
                refused.append(error)
        if refused:
            raise refused[0]  # not before the others were written

    def _tried(self, document: Document, talk: Talk) -> Document:
        """The document with the files that the answer would be written to; they are said, unless JSON tells of them."""
        targets = [target for target in self.targets if target.file is not None]
        files = [file for target in targets for file, _ in _parts(target, document) if file is not None]
        for file in files:
            require_no_film(file, document)
        films = document.planned or ()
        if not self.answers:
            Answer().write("".join(f"would write {visible(str(file))}\n" for file in files))  # films are in the table
        elif not any(target.file is None and target.format.name in _WITH_SALIENCY for target in self.targets):
            for file in (*(film.path for film in films), *files):
                talk.note(f"would write {file}")
        return replace(document, planned=(*films, *(Planned(file, "answer") for file in files)))

    def _lean(self, document: Document, target: Target) -> Document:
        if not self.no_saliency or target.format.name not in _WITH_SALIENCY:
            return document
        return replace(document, findings=tuple(replace(found, saliency=()) for found in document.findings))


def _write(target: Target, document: Document, talk: Talk, *, force: bool) -> None:

    document = enriched(document, target.format, talk, ("r2", *sys.argv[1:]))
    for file, part in _parts(target, document):
        content = target.format.write(part)
        if file is None:
            _answer(content)
            continue
        require_no_film(file, document)
        write_file(file, content, force=force)
        talk.note(f"wrote {file}")


def _answer(content: bytes) -> None:
    answer = Answer()
    answer.write_bytes(for_terminal(content) if answer.is_watched else content)


def _parts(target: Target, document: Document) -> Iterator[tuple[Path | None, Document]]:
    """What goes where: all of it to one place; or to a folder, a file for each video, called as that."""
    from r2cli.video.cutting.names import distinct

    form, file = target.format, target.file
    if not form.of_one_video:
        yield file, document
        return
    videos = videos_of(document)
    if file is None or not os.path.isdir(file):
        if len(videos) > 1:
            raise CommandLineError(
                f"{form.name} holds the times of one video, and this answer is about {len(videos)}",
                f"name a folder, as in: --format {form.name} --out .",
            )
        yield file, document
        return
    names = distinct(f"{_stem(video)}{form.suffixes[0]}" for video in videos)
    for video, name in zip(videos, names, strict=True):
        yield file / name, document.about(video)


def _stem(video: Path) -> str:
    """What a file about a video is called, so that players find it: as the video, unless no file can be called so."""
    try:
        os.fsencode(video.stem)
    except UnicodeEncodeError:
        return one_line(video.stem)
    return video.stem or "video"
