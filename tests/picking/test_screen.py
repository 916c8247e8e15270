"""The screen, run in this process at a fixed size: keys and clicks go in, and files are looked at.

A screen takes a quarter of a second to come up, so that each test asks much of one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from r2cli.cli.picked import PickWriter, play
from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from r2cli.export.json.saved import read_json
from r2cli.findings import Findings, Moment
from r2cli.picking import still
from r2cli.picking.panels import Curve, MomentList
from r2cli.picking.review import begin
from r2cli.picking.screen import PickScreen
from r2cli.picking.still import Place, Stills, time_of
from r2cli.picking.wishes import Stretch, Wish, Work
from r2cli.video import probe
from r2cli.video.stills import read_stills
from tests.export.documents import FOUND, SEVERAL
from tests.films import make_film, read_number

NTSC = Fraction(30000, 1001)
NAMES = {Wish.SAVE: "picked.json", Wish.CLIPS: "clips", Wish.REEL: "reel.mp4", Wish.EXPORT: "picked.csv"}
START, LATER_START = "left_square_bracket", "right_square_bracket"
END, LATER_END = "comma", "full_stop"


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """Three seconds at an NTSC rate, of numbered pictures."""
    return make_film(tmp_path_factory.mktemp("pick") / "film.mp4", frames=90, rate=NTSC)


@pytest.fixture
def found(film, tmp_path, monkeypatch) -> Findings:
    """Two moments of that film, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    video = replace(FOUND.video, path=film, duration=3.003, rate=NTSC)
    moments = (Moment(float(30 / NTSC), float(60 / NTSC), 0.9), Moment(0.25, 0.5, 0.4))
    return replace(FOUND, query="a dog jumps", video=video, moments=moments)


class Hand:
    """Whoever sits before the screen."""

    def __init__(self, app: PickScreen, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other; what they write is written before the next one."""
        for key in keys:
            await self.pilot.press(key)
            if key == "enter":
                await self.settle()
        await self.settle()

    async def settle(self) -> None:
        """Wait for what is read and written, but not for an answer to a question."""
        await self.pilot.pause()
        while self.dialog == "WorkDialog" or any(
            worker.group == "still" and not worker.is_finished for worker in self.app.workers
        ):
            await asyncio.sleep(0.005)
        await self.pilot.pause()

    @property
    def dialog(self) -> str:
        """What is in front."""
        return type(self.app.screen).__name__

    @property
    def texts(self) -> str:
        """All that is said on the screen, behind dialogs too."""
        return "\n".join(str(one.content) for screen in self.app.screen_stack for one in screen.query(Static))

    @property
    def pictures(self) -> tuple[float, float]:
        """Start and end of the chosen moment, in pictures of the film."""
        return tuple(round(float(Fraction(time) * NTSC), 6) for time in self.app.review.span)  # type: ignore[return-value]


Script = Callable[[Hand], Awaitable[None]]


def on_screen(
    *found: Findings, script: Script, size: tuple[int, int] = (80, 24), force: bool = False, player=play
) -> PickScreen:
    """Have somebody sit before a screen."""
    review = begin(Document(found))
    assert review is not None
    app = PickScreen(review, PickWriter(force), NAMES, player, "findings.json")

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            hand = Hand(app, pilot)
            await hand.settle()
            await script(hand)

    asyncio.run(run())
    return app


def saved(name: str = "picked.json") -> list[tuple[float, float]]:
    document = read_json(Path(name).read_text(), name)
    return [(one.start, one.end) for found in document.findings for one in found.moments]


def number_of(picture) -> int:
    """Which picture of the film it is."""
    pixels = np.asarray(picture)
    side = min(pixels.shape[:2])
    left = (pixels.shape[1] - side) // 2
    return read_number(pixels[:side, left : left + side].transpose(2, 0, 1))


def test_keys_move_a_moment_by_exactly_so_many_pictures(found):
    async def script(hand: Hand) -> None:
        for keys, start, end in (
            ([LATER_START, LATER_START, END], 32, 59),
            ([START, LATER_END], 31, 60),
            (["left_curly_bracket", "left_curly_bracket", "greater_than_sign"], 0, 90),
            (["right_curly_bracket", "less_than_sign"], 30, 60),
            (["0"], 30, 60),
            (["right_curly_bracket"], 59, 60),
            (["u", "less_than_sign"], 30, 31),
            (["u", "u", "u", "U", "U", "0", LATER_START, LATER_END], 31, 61),
        ):
            await hand.pilot.press(*keys)
            assert hand.pictures == (start, end), keys
        await hand.press("s", "enter")

    on_screen(found, script=script)
    moved, other = saved()
    assert other == (0.25, 0.5)
    assert moved == (float(Fraction(float(30 / NTSC)) + 1 / NTSC), float(Fraction(float(60 / NTSC)) + 1 / NTSC))
    ((_, picture),) = read_stills(probe(found.video.path), [moved[0]], 160)
    assert number_of(picture) == 31, "the film's own picture"


@pytest.mark.guard
@pytest.mark.slow
def test_only_what_is_kept_is_saved_and_nothing_else_changes(found, r2):
    async def script(hand: Hand) -> None:
        await hand.press("j", "space", "s", "enter")
        assert Path("picked.json").read_bytes() == write_json(Document((replace(found, moments=found.moments[:1]),)))
        await hand.press("a", "s", "enter")
        assert len(saved()) == 2, "what was saved here may be saved again"
        await hand.press("a", "s")
        assert hand.dialog == "Screen", "nothing is kept"
        await hand.press("x", "k", LATER_START, "x", "j", "x", "s", "enter")

    app = on_screen(found, script=script)
    assert app.told == ["wrote picked.json"] * 3
    code, out, err = r2("cut", "picked.json", "--clips", "c", "--json", "-q")
    assert (code, err) == (0, "")
    (clip,) = json.loads(out)["clips"]
    assert clip["asked"]["start"] == pytest.approx(float(31 / NTSC))
    assert clip["actual"]["start"] == pytest.approx(float(31 / NTSC), abs=1e-4)


@pytest.mark.guard
@pytest.mark.slow
def test_nothing_that_is_there_is_overwritten(found):
    async def script(hand: Hand) -> None:
        await hand.press("s", "enter")
        assert hand.dialog == "NameDialog"
        assert "picked.json exists already - choose another name" in hand.texts
        hand.app.screen.query_one(Input).value = "other.json"
        await hand.press("enter", "x")
        assert len(saved("other.json")) == 2
        Path("other.json").write_text("mine, and longer than it was")
        await hand.press("s", "enter")
        assert "other.json exists already" in hand.texts
        await hand.press("escape", "e")
        hand.app.screen.query_one(Input).value = "x.xyz"
        await hand.press("enter")
        assert "x.xyz: no format is known by that suffix - as in: dogs.csv" in hand.texts

    Path("picked.json").write_text("mine")
    on_screen(found, script=script)
    assert Path("picked.json").read_text() == "mine"
    assert Path("other.json").read_text().startswith("mine")

    async def again(hand: Hand) -> None:
        await hand.press("s", "enter")

    on_screen(found, script=again, force=True)
    assert len(saved()) == 2


@pytest.mark.guard
@pytest.mark.slow
def test_every_way_out_asks_where_something_would_be_lost(found):
    async def script(hand: Hand) -> None:
        await hand.press(LATER_END)
        for key in ("q", "ctrl+q", "ctrl+c"):
            await hand.press(key)
            assert hand.dialog == "LeaveDialog"
            assert "What you changed of 1 moment is not saved." in hand.texts
            await hand.press("escape")
            assert hand.dialog == "Screen"
        await hand.press("q", "s", "escape")
        assert hand.app.is_running
        await hand.press("q", "s")
        await hand.pilot.press("enter")

    on_screen(found, script=script)
    assert saved()[0][1] == pytest.approx(float(61 / NTSC))


@pytest.mark.parametrize("keys", [("x", "u", "q"), ("x", "q", "d")])
def test_leaving(found, keys, monkeypatch):
    async def script(hand: Hand) -> None:
        for key in keys:
            await hand.pilot.press(key)
        await asyncio.wait_for(left.wait(), 60)

    left = asyncio.Event()
    monkeypatch.setattr(PickScreen, "exit", lambda self: left.set())
    on_screen(found, script=script)
    assert not list(Path().iterdir())


@pytest.mark.guard
@pytest.mark.slow
def test_clips_a_reel_and_every_format(found):
    async def script(hand: Hand) -> None:
        await hand.press("j", "x", "k", LATER_END, "c", "enter", "r", "enter", "e", "enter", "c", "enter")
        assert "exists already - choose another name" in hand.texts

    app = on_screen(found, script=script)
    (clip,) = Path("clips").iterdir()
    assert app.told == [f"wrote {clip}", "wrote reel.mp4", "wrote picked.csv"]
    assert probe(clip).duration == pytest.approx(float(31 / NTSC), abs=1e-3)
    assert len(Path("picked.csv").read_text().splitlines()) == 2


@pytest.mark.guard
@pytest.mark.slow
def test_work_can_be_stopped_and_leaves_nothing(found, monkeypatch):
    async def script(hand: Hand) -> None:
        await hand.press("c", "enter")
        assert "stopped" in hand.texts

    def stop_at_once(self: Work, done: int) -> None:
        self.is_stopped = True  # as Esc does
        advance(self, done)

    advance = Work._advance
    monkeypatch.setattr(Work, "_advance", stop_at_once)
    assert on_screen(found, script=script).told == []
    assert list(Path("clips").iterdir()) == []


def test_a_video_that_is_missing_is_shown_and_stops_nothing(found):
    async def script(hand: Hand) -> None:
        assert "gone.mp4: there is no such file" in hand.texts
        await hand.press(LATER_END, "c", "enter")
        await hand.press("a", "x", "r", "enter")
        assert "gone.mp4" in hand.texts

    gone = replace(found, query="gone", video=replace(found.video, path=Path("gone.mp4")), moments=found.moments[:1])
    app = on_screen(gone, found, script=script)
    assert any("gone.mp4" in line for line in app.told)
    assert len(list(Path("clips").iterdir())) == 2, "those of the other video"
    assert not Path("reel.mp4").exists()


def test_hostile_names_and_queries_show_literally(tmp_path, monkeypatch):
    async def script(hand: Hand) -> None:
        moments = hand.app.query_one(MomentList)
        listed = [[cell.plain for cell in moments.get_row_at(row)] for row in range(moments.row_count)]
        assert [row[4] for row in listed if "rich" in row[4]] == ["[red]rich[/red] [link=http://x]y[/link]"]
        assert [row[4] for row in listed if "npp" in row[4] or "exe" in row[4]] == ["مرحبا \\u202egnp.exe"]
        assert [row[4] for row in listed if "title" in row[4]] == ["\\x1b[31mred\\x1b]0;title\\x07\\x9b2J"]
        for row in (4, 6, 7, 8, 17):
            hand.app.query_one(MomentList).move_cursor(row=row)
            await hand.settle()
            assert not {"\x1b", "\x9b", "\u202e", "\u2028"} & set(hand.texts)
            query = hand.app.review.candidate.found.query
            assert not query.isprintable() or query in hand.texts

    monkeypatch.chdir(tmp_path)
    on_screen(*SEVERAL, script=script, size=(120, 30))


@pytest.mark.parametrize("size", [(40, 24), (7, 3), pytest.param((160, 50), marks=pytest.mark.slow)])
def test_it_fits_screens_of_any_size(found, size):
    async def script(hand: Hand) -> None:
        await hand.pilot.press("j", LATER_START, "question_mark", "escape", "x")
        assert (hand.app.review.current, hand.app.review.mark.kept, hand.app.review.mark.start) == (1, False, 1)
        assert "1 of 2 kept  1 changed" in hand.texts
        curve = hand.app.query_one(Curve)
        assert size[0] < 40 or {len(line) for line in str(curve.content).split("\n")} == {size[0] - 2}
        await hand.pilot.resize_terminal(80, 24)
        await hand.settle()
        assert {len(line) for line in str(curve.content).split("\n")} == {78}

    on_screen(found, script=script, size=size)


@pytest.mark.guard
@pytest.mark.slow
def test_the_mouse_the_help_and_many_keys_at_once(found):
    async def script(hand: Hand) -> None:
        click, app = hand.pilot.click, hand.app
        await click(MomentList, offset=(2, 2))  # the tick of the second moment
        await hand.settle()
        assert (app.review.current, app.review.kept) == (1, 29)
        await click(MomentList, offset=(10, 1))
        await hand.settle()
        assert (app.review.current, app.review.kept) == (0, 29)
        await click(Curve, offset=(76, 1))
        await hand.settle()
        assert app.review.current == 29
        await hand.press("home", "question_mark")
        for key in ("space x", "[ ]", "{ }", ", .", "< >", "u U", "s ", "c r", "e ", "q "):
            assert f"\n{key}" in f"\n{hand.texts}"
        await hand.press("escape")
        await hand.pilot.press(*["down", "j"] * 3, "k", "up")
        assert app.review.current == app.query_one(MomentList).cursor_row == 4

    moments = (*(Moment(0.0, 1.0, 1 - rank / 100) for rank in range(29)), Moment(2.5, 3.0, 0.1))
    on_screen(replace(found, moments=moments), script=script)


@pytest.mark.guard
@pytest.mark.slow
def test_it_plays_the_moment_as_it_is_now_and_shows_the_end_that_was_moved(found):
    async def script(hand: Hand) -> None:
        assert hand.app.place is Place.PEAK
        await hand.press(LATER_END, "p", "enter")
        assert hand.app.place is Place.LAST
        assert "last  0:02.033" in hand.texts

    played: list[Stretch] = []
    on_screen(found, script=script, player=played.append)
    assert played == [Stretch(found.video.path, float(30 / NTSC), pytest.approx(float(61 / NTSC)))] * 2


def test_the_picture_is_that_of_the_time_and_is_read_once(found, monkeypatch):
    reads = []

    def read(*arguments):
        reads.append(arguments)
        return read_stills(*arguments)

    monkeypatch.setattr(still, "read_stills", read)
    stills = Stills()
    picture = stills.read(found.video.path, float(45 / NTSC), lambda: True)
    assert number_of(picture) == 45
    assert stills.read(found.video.path, float(45 / NTSC), lambda: True) is picture
    assert stills.read(found.video.path, 0.0, lambda: False) is None
    assert len(reads) == 1
    review = begin(Document((found,)))
    assert review is not None
    start, end = review.span
    assert [time_of(review, place) for place in Place] == [start, pytest.approx(1.5015), end - 0.002]
