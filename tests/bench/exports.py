"""What exports of a long film cost: ten hours with 500 moments, in every format, and the report in a browser.

    python -m tests.bench.exports [FILM]

Printed are, for each format, the bytes and the seconds that writing took; and, where playwright and a Chromium are
installed, how long the report takes to open, and how long after a key is pressed its effect is on screen. *Work* is
what the page's own thread was busy for, whatever else the machine had to do. Pictures are those of FILM, shown over and
over; reading them is not timed: it costs what decoding costs.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

from r2cli.export.document import Document
from r2cli.export.formats import FORMATS, Format
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.media import SoundTrack, SourceMedia
from r2cli.video import probe
from r2cli.video.stills import as_jpeg, read_stills
from tests.films import H264, run_ffmpeg

WIDTH = 200
"""Pixels of a still: what r2 takes where there are many."""
PICTURES = 50
"""Different ones."""
RUNS = 5
KEYS = 20
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
WATCH = """
addEventListener("keydown", (event) => {
  const pressed = event.timeStamp;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    (window.took ??= []).push(performance.now() - pressed);
  }));
}, true);
"""
"""From a key to the picture after the one in which its effect is drawn."""


@dataclass(frozen=True)
class Opening:
    """One look at the report, in seconds."""

    ready: float
    """From the address to the page's script having run."""
    work: float
    """That the page's thread computed until then."""
    first_key: float
    """From the first key, pressed at once, to its effect."""
    key: float
    """The same of the ones after it, median."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path, nargs="?", help="whose pictures are shown; none: one that is drawn")
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--moments", type=int, default=500)
    parser.add_argument("--rate", type=float, default=0.5, help="clips per second of the model; `sprites` has 2")
    parser.add_argument("--only", nargs="+", default=list(FORMATS), metavar="FORMAT", help="some formats")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = options.film or drawn(Path(folder) / "film.mp4")
        document = document_of(film, options.hours * 3600, options.moments, options.rate)
        report = Path(folder) / "report.html"
        for form in map(FORMATS.__getitem__, options.only):
            content, seconds = measured(form, with_stills(document, form, film))
            say(f"{form.name:12} {len(content) / 1e6:8.3f} MB {seconds:8.3f} s")
            if form.name == "html":
                report.write_bytes(content)
        if report.exists():
            for one in opened(report):
                keys = f"first key {1000 * one.first_key:.0f} ms, then {1000 * one.key:.0f} ms"
                say(f"report: ready in {one.ready:.2f} s, of which work {one.work:.2f} s; {keys}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def document_of(film: Path, seconds: float, moments: int, clips_per_second: float) -> Document:
    """A long film, with moments everywhere."""
    each = seconds / moments
    found = Findings(
        "a dog jumps over a fence",
        VideoSource(film, seconds, Fraction(25)),
        ModelSource("sprites", "0" * 64, "clip-sprites"),
        Sampling(clips_per_second, 150.0, "auto"),
        tuple(Moment(each * n, each * n + each / 2, 1 - n / (moments + 100)) for n in range(moments)),
        tuple(
            Saliency((clip + 0.5) / clips_per_second, (clip * 7919 % 1000) / 1013)
            for clip in range(round(seconds * clips_per_second))
        ),
    )
    media = {film: SourceMedia(1920, 1080, (SoundTrack(2, 48_000),), "01:00:00:00", "", Fraction(25), seconds)}
    return Document((found,), media=media)


def drawn(path: Path) -> Path:
    """A minute of pictures that are as full as those of films."""
    run_ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=640x360:r=5:start_scale=0.5", "-t", "60", *H264, "-g", "10", path)
    return path


def with_stills(document: Document, form: Format, film: Path) -> Document:
    """The document with the pictures that a format shows: those of the film, over and over."""
    if form.stills is None:
        return document
    info = probe(film)
    times = [info.duration * (number + 0.5) / PICTURES for number in range(PICTURES)]
    pictures = [as_jpeg(picture) for _, picture in read_stills(info, times, WIDTH)]
    return replace(document, stills=dict(zip(form.stills(document), cycle(pictures), strict=False)))


def measured(form: Format, document: Document) -> tuple[bytes, float]:
    """What a format writes, and the median of how long that takes."""
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        content = form.write(document)
        took.append(time.perf_counter() - begun)
    return content, statistics.median(took)


def opened(report: Path) -> Iterator[Opening]:
    """Look at it some times, each in a fresh window; nothing where there is no browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        say("report: no browser to open it with: pip install -e '.[browser]', and a Chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for _ in range(RUNS):
            window = browser.new_context(viewport={"width": 1280, "height": 900})
            yield look(window, report)
            window.close()
        browser.close()


def look(window: Any, report: Path) -> Opening:
    """Open the report, press keys."""
    page = window.new_page()
    page.add_init_script(WATCH)
    session = window.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(report.as_uri(), wait_until="domcontentloaded")
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    for number in range(1, KEYS + 1):
        page.keyboard.press("j")
        while page.evaluate("window.took?.length ?? 0") < number:
            page.wait_for_timeout(5)
    took = [one / 1000 for one in page.evaluate("window.took")]
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") / 1000
    if page.locator(".moment").nth(KEYS - 1).get_attribute("aria-current") != "true":
        raise SystemExit("the keys had no effect")
    return Opening(ready, told["TaskDuration"], took[0], statistics.median(took[1:]))


if __name__ == "__main__":
    main()
