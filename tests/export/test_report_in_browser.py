"""The report in a real browser: it loads nothing, plays what is clicked, and saves what `r2 cut` takes."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from r2cli.__main__ import main
from r2cli.export.document import Document, Kind
from r2cli.export.json.findings import write_json
from r2cli.export.report.page import stills_of, write_report
from r2cli.findings import Findings, Moment, Saliency, VideoSource
from tests.export.documents import DOCUMENTS, FOUND, HIGHLIGHTS, SUMMARY
from tests.films import H264, make_film, read_number, run_ffmpeg

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to look at pages with"),
]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RATE = 25
SIZE = (320, 192)
PATIENCE = 15_000
"""Milliseconds; a limit for what hangs, never what a test decides on."""


@dataclass
class Opened:
    """A page, and all that it asked for or complained of."""

    page: sync_api.Page
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def video(self, number: int = 0) -> sync_api.Locator:
        return self.page.locator("video").nth(number)

    def time(self, number: int = 0) -> float:
        return self.video(number).evaluate("video => video.currentTime")

    def wait(self, condition: str, number: int = 0) -> None:
        # Playwright's own way to wait evaluates text in the page, which the page's policy does not allow.
        until = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(f"(video => {condition})(document.querySelectorAll('video')[{number}])"):
            assert time.monotonic() < until, condition
            self.page.wait_for_timeout(20)

    def still(self, number: int = 0) -> None:
        """Stopped, with its picture on screen."""
        self.video(number).evaluate("video => video.pause()")
        self.wait("video.paused && !video.seeking && video.readyState >= 2", number)

    def stay(self, number: int = 0) -> None:
        """From now on nothing plays: what is sought can be looked at."""
        self.still(number)
        self.video(number).evaluate("video => { video.play = () => Promise.resolve(); }")

    def shown(self, number: int = 0) -> int:
        """The number that the film's picture on screen says."""
        from PIL import Image

        self.still(number)
        self.video(number).evaluate(
            "video => { video.controls = false; return new Promise(done => requestAnimationFrame(() =>"
            " requestAnimationFrame(done))); }"
        )
        picture = Image.open(io.BytesIO(self.video(number).screenshot())).convert("RGB")
        width, height = picture.size
        inner = height * min(1.0, (width / height) * SIZE[1] / SIZE[0])  # the film stands in the middle of its place
        left, top = (width - inner) / 2, (height - inner) / 2
        square = picture.crop(tuple(map(round, (left, top, left + inner, top + inner)))).resize((96, 96))
        return read_number(np.asarray(square).transpose(2, 0, 1))

    def shows(self, number: int) -> bool:
        """Whether the film's picture of that number comes up: a seek is over before its picture is on screen."""
        until = time.monotonic() + PATIENCE / 1000
        while (shown := self.shown()) != number and time.monotonic() < until:
            self.page.wait_for_timeout(20)
        return shown == number

    def save(self, target: Path) -> dict:
        with self.page.expect_download(timeout=PATIENCE) as download:
            self.page.click("#save")
        download.value.save_as(target)
        return json.loads(target.read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Ten seconds of numbered pictures."""
    return make_film(tmp_path_factory.mktemp("film") / "numbers.mp4", frames=10 * RATE, size=SIZE, output=["-g", "25"])


def findings(film: Path, *spans: tuple[float, float], query: str = "a dog", duration: float = 10.0) -> Findings:
    moments = tuple(Moment(start, end, 0.9 - 0.1 * place) for place, (start, end) in enumerate(spans))
    clips = tuple(Saliency(clip / 2 + 0.25, 0.5) for clip in range(int(2 * duration)))
    video = VideoSource(film, duration, Fraction(RATE))
    return replace(FOUND, query=query, video=video, moments=moments, saliency=clips)


@pytest.fixture
def three(film) -> Document:
    return Document((findings(film, (2.0, 4.0), (6.0, 8.0), (3.0, 7.0)),))


@contextmanager
def opened(browser, document: Document, folder: Path, **context: object) -> Iterator[Opened]:
    target = folder / "report.html"
    target.write_bytes(write_report(document))
    around = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
    page = around.new_page()
    result = Opened(page)
    page.on("request", lambda request: result.requests.append(request.url))
    page.on("pageerror", lambda error: result.faults.append(str(error)))
    page.on("console", lambda said: result.faults.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: (result.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.goto(target.as_uri())
    try:
        yield result
    finally:
        around.close()


def test_it_asks_for_nothing_but_its_video(browser, three, film, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        seen.wait("video.readyState >= 1")
        seen.page.click(".thumb >> nth=0")
        seen.wait("video.currentTime >= 2.0")
        assert set(seen.requests) == {(tmp_path / "report.html").as_uri(), film.as_uri()}
        assert not seen.faults


def test_what_is_clicked_is_played_from_its_first_picture_to_its_last(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        seen.page.click(".thumb >> nth=1")
        seen.wait("!video.paused && video.currentTime > 6.1")
        assert seen.page.locator(".moment").nth(1).get_attribute("aria-current") == "true"
        seen.wait("video.paused")
        assert 8.0 <= seen.time() < 8.0 + 0.25
        seen.page.click("#band-0")
        seen.wait("!video.paused && video.currentTime >= 2.0 && video.currentTime < 4.0")
        seen.stay()
        for press, picture in (("j", 150), ("j", 75), ("j", 75), ("k", 150), ("k", 50), ("k", 50)):
            seen.page.keyboard.press(press)
            assert seen.shows(picture)


def test_the_time_line_seeks_where_it_is_clicked(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        seen.wait("video.readyState >= 1")
        box = seen.page.locator(".line").bounding_box()
        seen.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 20)
        seen.wait("!video.seeking && video.currentTime > 1")
        assert seen.time() == pytest.approx(9.0, abs=0.05)
        seen.wait("Math.abs(parseFloat(document.querySelector('.head').style.left) - 90) < 0.5")


def test_keys_play_step_and_set_ends(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        press = seen.page.keyboard.press
        seen.page.click(".thumb >> nth=0")
        seen.wait("!video.paused")
        press("Space")
        seen.wait("video.paused")
        press("Space")
        seen.wait("!video.paused")
        press("Space")
        seen.wait("video.paused")
        seen.stay()
        press("k")
        for key, picture in (
            ("ArrowRight", 75),
            ("Shift+ArrowRight", 76),
            ("Shift+ArrowRight", 77),
            ("Shift+ArrowLeft", 76),
            ("ArrowLeft", 51),
        ):
            press(key)
            assert seen.shows(picture)
        press("[")
        for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
            press(key)
            seen.still()
        press("]")
        (moment,) = [one for one in seen.save(tmp_path / "s.json")["results"][0]["moments"] if one["score"] == 0.9]
        assert (moment["start"], moment["end"]) == (pytest.approx(51 / 25, abs=1e-3), pytest.approx(78 / 25, abs=1e-3))
        press("x")
        assert not seen.page.locator(".tick").nth(0).is_checked()
        assert seen.page.inner_text(".count") == "2 of 3 moments kept"
        press("x")
        assert seen.page.locator(".tick").nth(0).is_checked()


def test_a_nudge_is_one_picture(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        row = seen.page.locator(".moment").nth(0)
        for act, picture in (("s-", 49), ("s-", 48), ("s+", 49), ("e+", 100), ("e-", 99), ("e-", 98)):
            row.locator(f'[data-act="{act}"]').click()
            assert seen.shows(picture)
        assert row.locator(".range").inner_text() == "0:01.960 – 0:03.960"
        saved = seen.save(tmp_path / "s.json")["results"][0]["moments"]
        assert [(one["start"], one["end"]) for one in saved][0] == pytest.approx((49 / 25, 99 / 25), abs=1e-9)
        assert [(one["start"], one["end"]) for one in saved][1:] == [(6.0, 8.0), (3.0, 7.0)]
        row.locator('[data-act="reset"]').click()
        assert row.locator(".range").inner_text() == "0:02.0 – 0:04.0"
        assert (
            seen.save(tmp_path / "again.json")["results"][0]["moments"][0].items() >= {"start": 2.0, "end": 4.0}.items()
        )


def test_what_is_saved_is_cut(browser, three, film, tmp_path, capsys):
    from r2cli.video.probe import probe

    with opened(browser, three, tmp_path) as seen:
        seen.page.uncheck(".tick >> nth=1")
        seen.page.locator('.moment >> nth=0 >> [data-act="e+"]').click()
        saved = seen.save(tmp_path / "selection.json")
        assert seen.page.inner_text("#save") == "Save selection (2)"
    assert [one["score"] for one in saved["results"][0]["moments"]] == [0.9, pytest.approx(0.7)]
    assert len(saved["results"][0]["saliency"]) == 20
    assert main(["cut", str(tmp_path / "selection.json"), "--clips", str(tmp_path / "clips"), "-q"]) == 0
    lengths = sorted(probe(path).duration for path in (tmp_path / "clips").iterdir())
    assert lengths == pytest.approx([2.0 + 1 / RATE, 4.0], abs=0.001)


def test_nothing_kept_is_nothing_to_cut(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        for tick in seen.page.locator(".tick").all():
            tick.uncheck()
        seen.save(tmp_path / "selection.json")
    assert main(["cut", str(tmp_path / "selection.json"), "--clips", str(tmp_path / "clips"), "-q"]) == 1


def test_times_and_the_command_are_copied(browser, three, tmp_path):
    with opened(browser, three, tmp_path, permissions=["clipboard-read", "clipboard-write"]) as seen:
        for button, text in (
            ('[data-act="copy"] >> nth=1', "0:06.0 – 0:08.0"),
            ("#command", "r2 cut selection.json --clips clips"),
        ):
            seen.page.click(button)
            seen.wait("document.querySelector('.toast').textContent.endsWith(' copied')")
            assert seen.page.evaluate("navigator.clipboard.readText()") == text


@pytest.mark.parametrize(
    "query",
    [
        "</script><script>window.harmed = 1; alert(1)</script>",
        '<img src=x onerror="window.harmed = 1">',
        "\"><svg onload='window.harmed = 1'>",
        "<!--<script>",
    ],
)
def test_a_hostile_query_is_shown_and_not_run(browser, film, query, tmp_path):
    document = Document((findings(film, (2.0, 4.0), query=query), findings(film, (5.0, 6.0), query="other")))
    with opened(browser, document, tmp_path) as seen:
        seen.page.click(".thumb >> nth=0")
        seen.wait("video.currentTime >= 2.0")
        assert seen.page.evaluate("window.harmed") is None
        assert seen.page.inner_text(".what >> nth=0") == query
        assert seen.save(tmp_path / "s.json")["results"][0]["query"] == query
        assert not seen.faults
        assert len(set(seen.requests)) <= 3  # the page, its video, what it saves
        assert all(url.startswith(("file:", "blob:")) for url in seen.requests)


def test_the_policy_stops_what_an_escape_would_let_through(browser, three, tmp_path):
    with opened(browser, three, tmp_path) as seen:
        seen.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=data:x onerror=\"window.harmed = 1\">');"
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.harmed = 1'}))"
        )
        seen.page.wait_for_timeout(200)
        assert seen.page.evaluate("window.harmed") is None
        assert any("Content Security Policy" in fault for fault in seen.faults)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_the_moments_that_are_kept_and_nothing_to_press(browser, film, tmp_path, scheme):
    document = Document((findings(film, (2.0, 4.0), (6.0, 8.0)), findings(tmp_path / "b.mp4", (1.0, 2.0), query="b")))
    document = replace(document, stills=dict.fromkeys(stills_of(document), _jpeg(0)))
    with opened(browser, document, tmp_path, color_scheme=scheme) as seen:
        seen.page.uncheck(".tick >> nth=1")
        seen.page.emulate_media(media="print", color_scheme=scheme)
        shown = {
            kind: [one.is_visible() for one in seen.page.locator(kind).all()]
            for kind in (
                ".moment",
                ".moment img",
                ".line",
                ".receipt",
                "button:not(.thumb, .band)",
                ".screen",
                ".films",
            )
        }
        assert shown[".moment"] == shown[".moment img"] == [True, False, True]
        assert shown[".line"] == [True, True]
        assert shown[".receipt"] == [True]
        assert not any([*shown["button:not(.thumb, .band)"], *shown[".screen"], *shown[".films"]])
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_button_turns_it_around(browser, three, scheme, tmp_path):
    with opened(browser, three, tmp_path, color_scheme=scheme) as seen:
        light = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((a, b) => a + +b, 0) > 380"
        assert seen.page.evaluate(light) == (scheme == "light")
        seen.page.click("#theme")
        assert seen.page.evaluate(light) == (scheme == "dark")
        seen.page.click("#theme")
        assert seen.page.evaluate(light) == (scheme == "light")


def test_a_video_that_is_not_there_can_be_opened_from_elsewhere(browser, film, tmp_path):
    gone = tmp_path / "gone away.mp4"
    with opened(browser, Document((findings(gone, (2.0, 4.0)),)), tmp_path) as seen:
        seen.page.wait_for_selector(".lost", state="visible", timeout=PATIENCE)
        assert str(gone) in seen.page.inner_text(".lost")
        assert seen.video().is_hidden()
        seen.page.set_input_files(".lost input", str(film))
        seen.wait("video.readyState >= 1")
        seen.page.click(".thumb")
        seen.wait("!video.paused && video.currentTime >= 2.0")
        assert seen.page.locator(".lost").is_hidden()
        assert seen.video().is_visible()


def test_several_videos_play_one_at_a_time_and_save_each_their_own(browser, film, tmp_path):
    other = tmp_path / "other.mp4"
    shutil.copy(film, other)
    document = Document(
        (
            findings(film, (2.0, 4.0), query="a dog"),
            findings(film, (5.0, 6.0), (7.0, 8.0), query="a cat"),
            findings(other, query="a dog"),
            findings(other, (1.0, 3.0), query="a cat"),
        )
    )
    with opened(browser, document, tmp_path) as seen:
        assert seen.page.locator("section.video").count() == 2
        assert seen.page.locator(".band").count() == 4
        seen.page.click(".thumb >> nth=0")
        seen.wait("!video.paused")
        seen.page.click(".thumb >> nth=3")
        seen.wait("!video.paused && video.currentTime >= 1.0", 1)
        assert seen.video(0).evaluate("video => video.paused")
        seen.page.keyboard.press("Space")
        seen.wait("video.paused", 1)
        seen.page.keyboard.press("x")
        saved = seen.save(tmp_path / "s.json")["results"]
        assert [len(one["moments"]) for one in saved] == [1, 2, 0, 0]
        for width in (390, 1280):
            seen.page.set_viewport_size({"width": width, "height": 500})
            seen.page.click('.films a[href="#video-1"]')
            top = seen.page.locator("#video-1 h2").evaluate("name => name.getBoundingClientRect().top")
            assert 0 < top < 250, "the other film's name is what is seen first"
        assert not seen.faults


@pytest.mark.parametrize(
    ("found", "kind"), [(HIGHLIGHTS[1], Kind.HIGHLIGHTS), (SUMMARY, Kind.SUMMARIES)], ids=["highlights", "summary"]
)
def test_highlights_and_summaries_play_and_cut(browser, film, found, kind, tmp_path):
    document = Document((replace(found, video=VideoSource(film, 10.0, Fraction(RATE))),), kind=kind)
    with opened(browser, document, tmp_path) as seen:
        assert seen.page.inner_text("h1") == kind.value.capitalize()
        seen.page.click(".thumb >> nth=1")
        seen.wait("!video.paused && video.currentTime >= 7.0")
        seen.page.uncheck(".tick >> nth=0")
        for _ in range(25):  # past the peak of the highlight
            seen.page.locator('.moment >> nth=1 >> [data-act="s+"]').click()
        (moment,) = seen.save(tmp_path / "s.json")["results"][0]["moments"]
        assert moment["start"] == pytest.approx(8.0, abs=1e-6)
        assert moment.get("peak", 8.1) >= 8.0 - 1e-6
        assert not seen.faults
    assert main(["cut", str(tmp_path / "s.json"), "--clips", str(tmp_path / "clips"), "-q"]) == 0


@pytest.mark.parametrize("name", [name for name, one in DOCUMENTS.items() if one.kind is not Kind.CUTS])
def test_odd_pages_open_without_a_fault(browser, name, tmp_path):
    with opened(browser, DOCUMENTS[name], tmp_path) as seen:
        for key in ("j", "j", "k", "x", "Space", "ArrowRight", "[", "]"):
            seen.page.keyboard.press(key)
        seen.page.click("#theme")
        faults = [one for one in seen.faults if "ERR_FILE_NOT_FOUND" not in one]
        assert not faults


def test_500_moments_in_ten_hours_can_be_used(browser, tmp_path):
    """How fast, `python -m tests.bench.exports` measures."""
    film = tmp_path / "busy.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=640x360:r=5:start_scale=0.5", "-t", "100", *H264, "-g", "10", film)
    spans = [(72.0 * n, 72.0 * n + 30) for n in range(500)]
    clips = tuple(Saliency(2.0 * clip + 1, (clip * 7919 % 1000) / 1000) for clip in range(18_000))
    within = [(start / 360, end / 360) for start, end in spans]
    found = findings(film, *within, duration=100.0)
    (tmp_path / "found.json").write_bytes(write_json(Document((found,))))
    assert main(["export", str(tmp_path / "found.json"), "--out", str(tmp_path / "short.html"), "-q"]) == 0
    pictures = re.findall(r"data:image/jpeg;base64,([^\"]+)", (tmp_path / "short.html").read_text())
    assert len(pictures) == 500
    long = Document((replace(findings(film, *spans, duration=36_000.0), saliency=clips),))
    stills = dict(zip(stills_of(long), map(base64.b64decode, pictures), strict=True))
    long = replace(long, stills=stills)
    with opened(browser, long, tmp_path) as seen:
        seen.page.keyboard.press("j")
        seen.page.wait_for_selector('.moment[aria-current="true"]')
        for _ in range(20):
            seen.page.keyboard.press("j")
        row = seen.page.locator(".moment").nth(20)
        assert row.get_attribute("aria-current") == "true"
        assert row.evaluate(
            "row => { const box = row.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"
        )
        assert not seen.faults
    assert len(write_report(long)) < 5_000_000


def _jpeg(size: int) -> bytes:
    """A picture of about so many bytes."""
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (18, 32, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).resize((320, 180)).save(content, "JPEG", quality=72)
    return content.getvalue() + bytes(max(0, size - content.tell()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_serious_fault(browser, film, scheme, width, tmp_path):
    """With axe-core, from where R2_AXE says that its script lies."""
    script = os.environ.get("R2_AXE")
    if not script or not Path(script).is_file():
        pytest.skip("R2_AXE names no axe.min.js of axe-core")
    several = Document(
        (
            *(findings(film, (2.0 + n, 4.0 + n), (3.0, 7.0), query=f"query {n}") for n in range(6)),
            findings(tmp_path / "gone.mp4", query="a dog"),
        )
    )
    several = replace(several, stills=dict.fromkeys(stills_of(several), _jpeg(0)))
    viewport = {"width": width, "height": 900}
    with opened(browser, several, tmp_path, color_scheme=scheme, viewport=viewport, bypass_csp=True) as seen:
        seen.page.wait_for_selector(".lost:not([hidden])", timeout=PATIENCE)
        seen.page.uncheck(".tick >> nth=1")
        seen.page.keyboard.press("j")
        seen.page.locator('.moment >> nth=0 >> [data-act="s+"]').click()
        seen.page.add_script_tag(path=script)
        found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [
            f"{one['impact']} {one['id']}: {one['help']}: {node['html'][:120]} {node.get('failureSummary', '')}"
            for one in found["violations"]
            for node in one["nodes"]
            if one["impact"] in ("serious", "critical", "moderate")
        ]
        assert not told, "\n".join(told)
