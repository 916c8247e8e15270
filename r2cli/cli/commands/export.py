"""`r2 export`: saved findings in other formats, without searching again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from r2cli.cli.console import Talk
from r2cli.cli.exporting import Writing, plan_exports, require_edit
from r2cli.cli.options import ForceOption, HandlesOption
from r2cli.cli.saved import read_document
from r2cli.errors import CommandLineError, ExitCode


def export(
    context: typer.Context,
    findings: Annotated[
        Path,
        typer.Argument(
            metavar="FINDINGS.json", help="What --json of find, highlight, summarize or cut wrote; - is standard input."
        ),
    ],
    pad: HandlesOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which files would be written.")] = False,
    force: ForceOption = False,
    *,
    writing: Writing,
) -> int:
    """Write saved findings in other formats.

    Without searching again; it needs no model, and not the videos.

    \b
    r2 find holiday.mp4 "a dog jumps" --json > findings.json
    r2 export findings.json --out dogs.csv --out dogs.srt
    r2 export findings.json --format markdown
    r2 export findings.json --out dogs.otio --pad 1
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    document = read_document(findings)
    exports = plan_exports(writing, document.kind, force=force, is_trial=dry_run, pad=pad)
    require_edit(pad, exports, context)
    if not exports.targets:
        raise CommandLineError("nothing to do", "say where to or how: --out FILE or --format NAME")
    exports.write(document, Talk(writing.quiet))
    return ExitCode.NOTHING if document.is_empty else ExitCode.FOUND
