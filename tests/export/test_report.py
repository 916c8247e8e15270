"""The report: what it holds, what it lets nobody do, and what its script would save."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest

from r2cli.export.document import Document, Kind
from r2cli.export.json.saved import read_json
from r2cli.export.report.curves import LANES, curve_path, lanes_of, ticks_of
from r2cli.export.report.page import stills_of, write_report
from r2cli.export.rows import peak_of
from r2cli.findings import Highlight, Moment, Saliency
from tests.export.documents import DOCUMENTS, FOUND, NASTY

PAGES = {name: one for name, one in DOCUMENTS.items() if one.kind is not Kind.CUTS}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, scripts, and the text in between."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(content.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts.append((self.elements[-1][1], data))
        elif self._inside != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> dict:
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == "data"))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_from_outside_becomes_markup(name):
    page = Page(write_report(PAGES[name]))
    assert len(page.scripts) == 2
    plain = Page(write_report(Document((replace(FOUND, query="plain", moments=FOUND.moments[:1]),))))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements} | {
        "ol",
        "li",
        "p",
        "img",
        "ul",
        "strong",
        "nav",
    }
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in page.all("img"))
    assert all(one["src"].startswith("file:///") for one in page.all("video"))
    assert not page.all("link")
    assert "src" not in {key for one in page.all("script") for key in one}


def test_the_policy_allows_the_pages_own_script_and_no_other():
    page = Page(write_report(DOCUMENTS["one"]))
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    script = page.scripts[-1][1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_hostile_queries_are_shown_as_they_are():
    page = Page(write_report(DOCUMENTS["hostile"]))
    shown = " ".join(page.words)
    for query in ("</script><b>bold</b>", "100% of %s %(x)s {rank} {0.__class__}", '=HYPERLINK("http://x")'):
        assert query in NASTY or query in NASTY[2]
        assert query in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("name", PAGES)
def test_what_it_saves_is_read_back(name, tmp_path):
    """As the script puts it together, with everything ticked."""
    document = PAGES[name]
    data = Page(write_report(document)).data
    results = []
    for result in data["document"]["results"]:
        step = 1 / result["sampling"]["clips_per_second"]
        saliency = [{"time": (clip + 0.5) * step, "score": score} for clip, score in enumerate(result.pop("scores"))]
        results.append({**result, "saliency": saliency})
        results[-1].pop("summary", None)
    saved = read_json(json.dumps({**data["document"], "results": results}), "selection.json")
    assert [one.moments for one in saved.findings] == [one.moments for one in document.findings]
    assert len(data["moments"]) == sum(len(one.moments) for one in document.findings)
    for one in data["moments"]:
        moment = document.findings[one["result"]].moments[one["place"]]
        assert (one["start"], one["end"]) == (moment.start, moment.end)


def test_moments_stand_under_their_video_best_first_with_their_pictures():
    second = replace(FOUND, query="a cat", moments=(Moment(5.0, 6.0, 0.7),))
    document = Document((FOUND, second))
    pictures = dict.fromkeys(stills_of(document), b"\xff\xd8jpeg")
    text = write_report(replace(document, stills=pictures)).decode()
    assert re.findall(r'<span class="rank"[^>]*>(\d+)</span>', text) == ["1", "2", "3"]
    assert re.findall(r'<p class="what"[^>]*>(.*?)</p>', text)[1] == "a cat"
    assert text.count(base64.b64encode(b"\xff\xd8jpeg").decode()) == 3


def test_several_videos_are_listed_and_one_is_not():
    other = replace(FOUND, video=replace(FOUND.video, path=Path("<other>.mp4")), moments=())
    page = Page(write_report(Document((FOUND, other))))
    links = [one["href"] for one in page.all("a")][1:]
    assert links == ["#video-0", "#video-1"]
    assert {link[1:] for link in links} == {one["id"] for one in page.all("section") if one["class"] == "video"}
    assert not Page(write_report(DOCUMENTS["one"])).all("nav")


@pytest.mark.parametrize(("rate", "told"), [(Fraction(30000, 1001), "29.97 pictures"), (Fraction(25), "25 pictures")])
def test_a_rate_is_told_where_it_is_known(rate, told):
    for known, count in ((rate, 1), (Fraction(0), 0)):
        found = replace(FOUND, video=replace(FOUND.video, rate=known))
        words = " ".join(Page(write_report(Document((found,)))).words)
        assert words.count(f" · {told} per second · ") == count
        assert words.count("pictures per second") == count


def test_a_peak_is_looked_for_in_the_order_of_time_and_nowhere_else():
    """Of many moments in a long film, each looks at its own clips."""
    clips = tuple(Saliency(float(second), 1.0 - second / 1000) for second in range(1000))
    looked: list[float] = []

    class Watched(Saliency):
        @property
        def score(self):  # type: ignore[override]
            looked.append(self.time)
            return 0.0

    watched = tuple(object.__new__(Watched) for _ in clips)
    for one, clip in zip(watched, clips, strict=True):
        object.__setattr__(one, "time", clip.time)
    assert peak_of(Moment(500.0, 509.5, 0.5), replace(FOUND, saliency=watched)) == 500.0
    assert sorted(set(looked)) == [500.0 + second for second in range(10)]


def test_the_receipt_says_how_it_was_made():
    path = FOUND.video.path
    document = replace(DOCUMENTS["one"], digests={path: "ab" * 32}, command=("r2", "find", "a b.mp4", "x"))
    text = write_report(document).decode()
    assert "BLAKE3 " + "ab" * 32 in text
    assert "r2 find &#39;a b.mp4&#39; x" in text
    assert FOUND.model.sha256 in text


def test_the_peak_is_a_highlights_own_or_where_saliency_is_highest():
    clips = tuple(Saliency(second + 0.5, score) for second, score in enumerate((0.9, 0.1, 0.5, 0.3)))
    assert peak_of(Moment(1.0, 4.0, 0.5), replace(FOUND, saliency=clips)) == 2.5
    assert peak_of(Highlight(1.0, 4.0, 0.5, 3.25), FOUND) == 3.25
    assert peak_of(Moment(1.0, 4.0, 0.5), replace(FOUND, saliency=())) == 2.5


def test_a_curve_shows_the_highest_of_each_column():
    assert curve_path([]) == ""
    heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", curve_path([0.0] * 9_999 + [1.0]))]
    assert min(heights) == pytest.approx(8.0)
    assert heights.count(100.0) > 990


@pytest.mark.parametrize(
    ("duration", "texts", "last"),
    [
        (600.0, ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00"], 100.0),
        (596.5, ["0:00", "2:00", "4:00", "6:00", "8:00"], 48_000 / 596.5),
        (2.0, ["0:00.0", "0:00.5", "0:01.0", "0:01.5", "0:02.0"], 100.0),
        (36_000.0, ["0:00", "2:00:00", "4:00:00", "6:00:00", "8:00:00", "10:00:00"], 100.0),
        (0.0, ["0:00"], 0.0),
    ],
)
def test_times_under_the_line_are_round(duration, texts, last):
    ticks = ticks_of(duration)
    assert [text for text, _ in ticks] == texts
    assert ticks[-1][1] == pytest.approx(last)


def test_moments_that_overlap_lie_in_lanes():
    spans = [(0.0, 10.0), (5.0, 15.0), (10.0, 20.0), (6.0, 8.0), (50.0, 50.0), (50.2, 51.0)]
    assert lanes_of(spans) == [0, 1, 0, 2, 0, 1]
    assert lanes_of([]) == []
    assert max(lanes_of([(0.0, 100.0)] * 40)) == LANES - 1


def test_ten_hours_and_500_moments_stay_small():
    clips = tuple(Saliency(2.0 * clip + 1, (clip * 7919 % 1000) / 1000) for clip in range(18_000))
    moments = tuple(Moment(70.0 * n, 70.0 * n + 30, 1 - n / 600) for n in range(500))
    long = replace(FOUND, moments=moments, saliency=clips, video=replace(FOUND.video, duration=36_000.0))
    document = Document((long,))
    pictures = dict.fromkeys(stills_of(document), bytes(5_000))
    assert len(pictures) == 500
    assert len(write_report(replace(document, stills=pictures))) < 5_000_000
