"""`r2 doctor`: would `r2 find` work here?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import JsonOption, QuietOption

if TYPE_CHECKING:
    from r2cli.doctor.check import Check

SCHEMA = 1


def doctor(as_json: JsonOption = False, quiet: QuietOption = False) -> int:
    """Look at all that r2 needs, and say what to mend.

    It searches a tiny film, and ends with the exit code that r2 find would end with.

    \b
    r2 doctor
    r2 doctor --json
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.doctor.checks import CHECKS, examine, exit_code

    with Talk(quiet).progress("looking around", len(CHECKS)) as on_progress:
        checks = examine(on_progress)
    code, answer = exit_code(checks), Answer()
    if as_json:
        document = {"schema": SCHEMA, "works": code == 0, "checks": [asdict(check) for check in checks]}
        answer.write(json.dumps(document, indent=2) + "\n")
        return code
    from r2cli.present.doctor import health_table

    answer.show(health_table((check.state, check.name, check.lines) for check in checks))
    answer.write("\n" + _verdict(checks, code))
    return code


def _verdict(checks: Sequence[Check], code: int) -> str:
    faults = _list("To mend:", [check for check in checks if check.state == "fault"])
    notes = _list("Worth knowing:", [check for check in checks if check.state == "note" and check.fix])
    opening = "r2 find works here.\n" if code == 0 else f"r2 find would fail here (exit code {code}).\n"
    return "\n".join(part for part in (opening, faults, notes) if part)


def _list(title: str, checks: Sequence[Check]) -> str:
    lines = [f"  {check.name}: {check.fix}" for check in checks]
    return "\n".join([title, *lines]) + "\n" if lines else ""
