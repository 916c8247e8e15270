"""`r2 export`: saved findings in other formats, without searching again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from r2cli.cli.console import Talk
from r2cli.cli.cutting import Force
from r2cli.cli.exporting import FormatName, Out, plan_exports
from r2cli.cli.options import AsJson, Quiet
from r2cli.cli.saved import read_document
from r2cli.errors import CommandLineError

FOUND, NOTHING = 0, 1


def export(
    findings: Annotated[
        Path,
        typer.Argument(
            metavar="FINDINGS.json", help="What --json of find, highlight, summarize or cut wrote; - is standard input."
        ),
    ],
    out: Out = None,
    form: FormatName = None,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Write saved findings in other formats, without searching again.

    \b
    r2 find holiday.mp4 "a dog jumps" --json > findings.json
    r2 export findings.json --out dogs.csv --out dogs.srt
    r2 export findings.json --format markdown
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    document = read_document(findings)
    exports = plan_exports(out, form, document.kind, as_json=as_json, force=force)
    if not exports.targets:
        raise CommandLineError("nothing to do", "say where to or how: --out FILE or --format NAME")
    exports.write(document, Talk(quiet))
    return NOTHING if document.is_empty else FOUND
