"""What exports of a long film cost: ten hours with 500 moments, in every format, and the report in a browser.

    python -m tests.bench.exports [FILM]

Printed are, for each format, the bytes and the seconds that writing took; and, where playwright and a Chromium are
installed, how long the report takes to open, and how long after a key is pressed its effect is on screen. Pictures are
read from FILM, over and over, and are not timed: they cost what decoding costs.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

from r2cli.export.document import Document
from r2cli.export.formats import FORMATS, Format
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, SoundTrack, SourceMedia, VideoSource
from r2cli.video import probe
from r2cli.video.stills import as_jpeg, read_stills
from tests.films import H264, run_ffmpeg

WIDTH = 200
"""Pixels of a still: what r2 takes where there are many."""
RUNS = 5
KEYS = 20
PICTURES = 50
"""Different ones; they are shown over and over."""
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
    drawn: float
    """To the first picture of it."""
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
    parser.add_argument("--only", nargs="+", default=list(FORMATS), help="some formats")
    parser.add_argument("--slower", type=float, default=1.0, help="how many times slower the browser's processor is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = options.film or drawn(Path(folder) / "film.mp4")
        document = document_of(film, options.hours * 3600, options.moments, options.rate)
        report = Path(folder) / "report.html"
        for form in map(FORMATS.__getitem__, options.only):
            content, seconds = measured(form, with_stills(document, form, film))
            print(f"{form.name:12} {len(content) / 1e6:8.3f} MB {seconds:8.3f} s")
            if form.name == "html":
                report.write_bytes(content)
        for opening in opened(report, options.slower) if report.exists() else ():
            print(
                f"report: ready {opening.ready:.2f} s, drawn {opening.drawn:.2f} s, "
                f"first key {1000 * opening.first_key:.0f} ms, then {1000 * opening.key:.0f} ms"
            )


def document_of(film: Path, seconds: float, moments: int, clips_per_second: float) -> Document:
    """A long film that is the same one over and over, with moments everywhere."""
    clips = round(seconds * clips_per_second)
    each = seconds / moments
    source = VideoSource(film, seconds, Fraction(25))
    found = Findings(
        "a dog jumps over a fence",
        source,
        ModelSource("sprites", "0" * 64, "clip-sprites"),
        Sampling(clips_per_second, 150.0, "auto"),
        tuple(Moment(each * n, each * n + each / 2, 1 - n / (moments + 100)) for n in range(moments)),
        tuple(Saliency((clip + 0.5) / clips_per_second, (clip * 7919 % 1000) / 1013) for clip in range(clips)),
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
    form.write(document)
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        content = form.write(document)
        took.append(time.perf_counter() - begun)
    return content, statistics.median(took)


def opened(report: Path, slower: float) -> Iterator[Opening]:
    """Look at it some times, each in a fresh window; nothing where there is no browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        print("report: no browser to open it with: pip install -e '.[browser]', and a Chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for _ in range(RUNS):
            with fresh(browser, slower) as page:
                yield look(page, report)
        browser.close()


@contextmanager
def fresh(browser: Any, slower: float) -> Iterator[Any]:
    """A page of a window of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    yield page
    context.close()


def look(page: Any, report: Path) -> Opening:
    """Open the report, press keys."""
    page.goto(report.as_uri(), wait_until="domcontentloaded")
    for number in range(1, KEYS + 1):
        page.keyboard.press("j")
        while page.evaluate("window.took?.length ?? 0") < number:
            page.wait_for_timeout(5)
    took = page.evaluate("window.took")
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    assert page.locator(".moment").nth(KEYS - 1).get_attribute("aria-current") == "true"
    return Opening(ready / 1000, painted / 1000, took[0] / 1000, statistics.median(took[1:]) / 1000)


if __name__ == "__main__":
    main()
