"""The README's pictures: `python -m tests.pictures [--chromium PROGRAM]`, from the film of `r2 demo`.

The terminal is drawn by rich from what the command really writes; the page is the report as Chromium shows it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from r2cli.__main__ import main

FOLDER = Path(__file__).parents[1] / ".github" / "images"
WIDTH = 92
"""Columns."""
PAPER = TerminalTheme(
    (251, 250, 248),
    (29, 28, 26),
    [(29, 28, 26), (180, 73, 28), (91, 127, 30), (166, 97, 26), (31, 111, 139), (122, 74, 156), (31, 111, 139)]
    + [(107, 104, 98)],
)
COMMANDS = (
    ("find", "r2-demo.mp4", "dog jumps", "--model", "sprites"),
    ("find", "r2-demo.mp4", "an elephant", "--model", "sprites"),
    ("highlight", "r2-demo.mp4", "--model", "sprites-highlights", "--top", "3"),
)


def draw_terminal(target: Path) -> None:
    """What a few commands write, as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    for arguments in COMMANDS:
        words = " ".join(f'"{word}"' if " " in word else word for word in arguments)
        console.print(Text.assemble(("$ ", "bold red"), (f"r2 {words}", "bold")))
        console.print(Text(_said_by(arguments).rstrip("\n")))
        console.print()
    # Its fonts lie on a server; those of the reader's own machine do as well.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    target.write_text(console.export_svg(title="r2", theme=PAPER, code_format=form), encoding="utf-8")


def _said_by(arguments: tuple[str, ...]) -> str:
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # the curve is drawn in Unicode where that is known to fit
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        main(list(arguments))
    said.seek(0)
    return said.read()


def draw_report(target: Path, chromium: str) -> None:
    """The report of two queries, on a screen of 1280 x 820."""
    Path("queries.txt").write_text("dog jumps\ndog sleeps\npig swims\nairplane flies\n", encoding="utf-8")
    found = ["find", "r2-demo.mp4", "--queries", "queries.txt", "--model", "sprites", "--quiet"]
    with contextlib.redirect_stdout(io.StringIO()):
        main([*found, "--out", "report.html"])
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    flags += ["--user-data-dir=profile", "--virtual-time-budget=5000", "--window-size=1280,820"]
    subprocess.run(
        [chromium, *flags, f"--screenshot={target}", Path("report.html").absolute().as_uri()],
        check=True,
        capture_output=True,
    )


def run() -> None:
    """Draw both, in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    chromium = parser.parse_args().chromium
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ |= {"R2_CACHE_DIR": f"{folder}/cache", "R2_DATA_DIR": f"{folder}/data", "R2_CONFIG_DIR": folder}
        main(["demo", "--quiet"])
        draw_terminal(FOLDER / "find.svg")
        if chromium:
            draw_report(FOLDER / "report.png", chromium)
        os.chdir("/")


if __name__ == "__main__":
    run()
