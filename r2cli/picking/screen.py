"""The screen: what each key does, and what is shown after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.widgets import DataTable, Footer, Static
from textual.worker import get_current_worker

from r2cli.errors import R2Error, UnreadableInputError
from r2cli.export.document import Document
from r2cli.picking.dialogs import HelpDialog, LeaveDialog, Leaving, NameDialog, WorkDialog
from r2cli.picking.keys import HELP, KEYS
from r2cli.picking.panels import Curve, Facts, MomentList
from r2cli.picking.review import Edge, Review
from r2cli.picking.still import Place, Still, Stills, time_of
from r2cli.picking.wishes import Stretch, Wish, Work
from r2cli.present.text import visible

if TYPE_CHECKING:
    from PIL.Image import Image

Writer = Callable[[Wish, Document, Path, Work], None]
"""Writes what is wished for, in a thread of its own; raises `R2Error`."""

_STYLE = """
#title { height: 1; background: $panel; padding: 0 1; }
#middle { height: 1fr; layout: horizontal; }
#moments { width: 1fr; height: 1fr; }
#still { width: 34; height: 1fr; padding: 0 1; }
#picture { height: 1fr; }
#caption { height: 1; }
#facts { height: 3; padding: 0 1; }
#curve { height: 4; margin: 0 1; }
.-wide #still { width: 76; }
.-narrow #middle { layout: vertical; }
.-narrow #still { width: 1fr; height: 1fr; }
.-tall #curve { height: 8; }
.-low #still { display: none; }
.-low #facts { height: 1; }
NameDialog, LeaveDialog, HelpDialog, WorkDialog { align: center middle; }
.dialog { width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $surface; }
"""


class PickScreen(App[None]):
    """The whole of it.

    Args:
        review: Where it begins.
        writer: What writes.
        names: Where to, for each wish, unless somebody types something else.
        player: What plays a moment, without waiting for its end; raises `R2Error`.
        title: What is reviewed, in a few words.
    """

    TITLE = "r2 pick"
    CSS = _STYLE
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-medium"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-middling"), (36, "-tall")]
    BINDINGS = [*KEYS]

    def __init__(
        self,
        review: Review,
        writer: Writer,
        names: Mapping[Wish, str],
        player: Callable[[Stretch], None],
        title: str = "",
    ) -> None:
        super().__init__()
        self.player = player
        self.review, self.writer, self.names, self.about = review, writer, dict(names), title
        self.place, self.stills, self.trouble = Place.PEAK, Stills(), ""
        self.told: list[str] = []
        """What was said of what was written, for when the screen is gone."""

    def compose(self) -> ComposeResult:
        """A title, the list beside a picture, what there is to say, the curve, and the keys."""
        yield Static(id="title")
        with Container(id="middle"):
            yield MomentList()
            yield Still(id="still")
        yield Facts(id="facts")
        yield Curve()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin with the best moment."""
        moments = self.query_one(MomentList)
        moments.fill(self.review)
        moments.focus()
        self._show()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Somebody went to another moment."""
        row = self.query_one(MomentList).cursor_row  # the event's own may be of a key that was pressed before
        if row != self.review.current:
            self.review = self.review.choose(row)
            self._show()

    def on_moment_list_ticked(self, event: MomentList.Ticked) -> None:
        """Somebody clicked on a tick."""
        self._change(self.review.choose(event.row).toggle())

    def on_curve_clicked(self, event: Curve.Clicked) -> None:
        """Go to the moment that is nearest to the place of a click."""
        self._change(self.review.choose(self.review.nearest(event.seconds)))

    def action_tick(self) -> None:
        """Keep the moment, or do not."""
        self._change(self.review.toggle())

    def action_tick_all(self) -> None:
        """Keep all, or none."""
        self._change(self.review.toggle_all())

    def action_nudge(self, edge: str, sign: int, by_second: bool) -> None:
        """Move an end of the moment, and look at the picture there."""
        step = self.review.candidate.second if by_second else 1
        self.place = Place.FIRST if Edge(edge) is Edge.START else Place.LAST
        self._change(self.review.nudge(Edge(edge), sign * step))

    def action_reset(self) -> None:
        """Put the moment where it was found."""
        self._change(self.review.reset())

    def action_undo(self) -> None:
        """Take a change back."""
        self._change(self.review.undo())

    def action_redo(self) -> None:
        """Make it again."""
        self._change(self.review.redo())

    def action_step(self, by: int) -> None:
        """Go to another moment."""
        self._change(self.review.choose(self.review.current + by))

    def action_still(self) -> None:
        """Show another picture of the moment."""
        self.place = self.place.next
        self._show()

    def action_play(self) -> None:
        """Play the moment as it is now."""
        try:
            self.player(Stretch(self.review.candidate.found.video.path, *self.review.span))
        except R2Error as error:
            self._say(str(error), is_bad=True)

    def action_keys(self) -> None:
        """Show every key."""
        self.push_screen(HelpDialog(list(HELP)))

    @work(exclusive=True, group="dialog")
    async def action_write(self, name: str) -> None:
        """Ask where to, and write."""
        await self._write(Wish[name])

    @work(exclusive=True, group="dialog")
    async def action_leave(self) -> None:
        """Leave, unless something would be lost."""
        answer = Leaving.DISCARD
        if self.review.unsaved:
            answer = await self.push_screen_wait(LeaveDialog(self.review.unsaved))
        if answer is Leaving.DISCARD or (answer is Leaving.SAVE and await self._write(Wish.SAVE)):
            self.exit()

    async def _write(self, wish: Wish) -> bool:
        """Ask until it is written, or nobody wants it any more; whether it is."""
        if not self.review.kept:
            self._say("nothing is kept", is_bad=True)
            return False
        trouble = ""
        while name := await self.push_screen_wait(NameDialog(wish, self.names[wish], trouble)):
            self.names[wish] = name
            trouble = await self._try(wish, Path(name).expanduser())
            if not trouble:
                return True
        return False

    async def _try(self, wish: Wish, target: Path) -> str:
        """Write, and give what went wrong."""
        job = Work()
        shown = WorkDialog(job)
        await self.push_screen(shown)
        trouble = ""
        try:
            await asyncio.to_thread(self.writer, wish, self.review.corrected(), target, job)
        except R2Error as error:
            trouble = str(error)
        finally:
            job.is_stopped = True
            self.told += job.notes
        await shown.dismiss()
        for note in job.notes:
            self._say(note)
        if not trouble and wish is Wish.SAVE:
            self.review = self.review.mark_saved()
        self._show()
        return trouble

    def _change(self, review: Review) -> None:
        """Go on from another review, and show what is different."""
        before, self.review = self.review, review
        moments = self.query_one(MomentList)
        for index, (candidate, old, new) in enumerate(zip(review.candidates, before.marks, review.marks, strict=True)):
            if old != new:
                moments.show(index, candidate, new)
        if moments.cursor_row != review.current:
            moments.move_cursor(row=review.current)
        self._show()

    def _show(self) -> None:
        review = self.review
        unsaved = f"  {review.unsaved} changed" if review.unsaved else ""
        title = Text(f"{review.kept} of {len(review.marks)} kept{unsaved}  ", no_wrap=True, overflow="ellipsis")
        self.query_one("#title", Static).update(title.append(visible(self.about), "dim"))
        self.query_one(Curve).show(review)
        self.query_one(Facts).show(review)
        self._look()

    @work(thread=True, exclusive=True, group="still", exit_on_error=False)
    def _look(self) -> None:
        """Read the picture that is to be shown, and show it unless another one is wanted by then."""
        worker, place, review = get_current_worker(), self.place, self.review
        time, picture, trouble = time_of(review, place), None, ""
        try:
            picture = self.stills.read(review.candidate.found.video.path, time, lambda: not worker.is_cancelled)
            trouble = "" if picture else "no picture"
        except (UnreadableInputError, OSError) as error:
            trouble = str(error)
        if not worker.is_cancelled:
            self.call_from_thread(self._show_still, place, time, picture, trouble)

    def _show_still(self, place: Place, time: float, picture: Image | None, trouble: str) -> None:
        still = self.query_one(Still)
        still.show(picture)
        still.caption(place, time, trouble)

    def _say(self, text: str, *, is_bad: bool = False) -> None:
        self.notify(visible(text), severity="error" if is_bad else "information", markup=False)
