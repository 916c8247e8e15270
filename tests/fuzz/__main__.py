"""`python -m tests.fuzz`: a table of what came of so many damaged files, and exit code 1 if there was a fault."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from r2cli.process import usable_cores
from tests.fuzz.cases import Workshop
from tests.fuzz.films import Films
from tests.fuzz.pool import Outcome, run_cases
from tests.models_made import make_random_model


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="how many damaged files")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--workers", type=int, default=usable_cores(), help="processes")
    parser.add_argument("--seconds", type=float, default=60.0, help="after which a command has no end")
    parser.add_argument("--folder", type=Path, help="where films and what failed are kept")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="r2-fuzz-"))
    begin = time.monotonic()
    workshop = Workshop(Films(folder / "films"), make_random_model(folder / "model"), chosen.seed)
    outcomes = run_cases(
        workshop, chosen.files, folder, workers=chosen.workers, seconds=chosen.seconds, on_outcome=_say
    )
    _show(outcomes, folder, time.monotonic() - begin)
    return 1 if any(one.faults for one in outcomes) else 0


def _say(outcome: Outcome) -> None:
    if outcome.faults:
        last = outcome.said.strip().splitlines()[-1:] or [""]
        sys.stdout.write(f"case {outcome.case.number} ({outcome.case.kind}): {', '.join(outcome.faults)}: {last[0]}\n")
        sys.stdout.flush()


def _show(outcomes: list[Outcome], folder: Path, seconds: float) -> None:
    codes = sorted({one.code for one in outcomes})
    rows = [["kind", "files", *(f"exit {code}" for code in codes), "faults", "slowest"]]
    for kind in sorted({one.case.kind for one in outcomes}):
        these = [one for one in outcomes if one.case.kind == kind]
        counts = Counter(one.code for one in these)
        faulty, slowest = sum(bool(one.faults) for one in these), max(one.seconds for one in these)
        rows.append([kind, str(len(these)), *(str(counts[code]) for code in codes), str(faulty), f"{slowest:.1f} s"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + "\n")
    faulty = sum(bool(one.faults) for one in outcomes)
    kept = f", kept in {folder}" if faulty else ""
    sys.stdout.write(f"{len(outcomes)} files in {seconds:.0f} s: {faulty} with a fault{kept}\n")


if __name__ == "__main__":
    sys.exit(main())
