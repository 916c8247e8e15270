"""A picture of the chosen moment: read in another thread, shown as finely as the terminal can."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from r2cli.export.rows import peak_of
from r2cli.picking.halves import draw_halves
from r2cli.picking.review import Review
from r2cli.present.text import visible
from r2cli.tasks.open_video import open_video
from r2cli.timecode import format_time
from r2cli.video.stills import read_stills

if TYPE_CHECKING:
    from PIL.Image import Image

    from r2cli.video.probe import VideoInfo

# What the terminal can show is found out by asking it, which cannot be done any more once a screen is up.
try:
    from textual_image.renderable import Image as Finest
    from textual_image.renderable import SixelImage, TGPImage
    from textual_image.widget import Image as FineImage
except ImportError:
    HAS_PIXELS = False
else:
    HAS_PIXELS = Finest in (SixelImage, TGPImage)

_WIDTH = 480
"""Pixels of a picture that is read."""
_MOST = 48
"""Pictures that are kept."""
_LAST = 0.002
"""Seconds before its end at which a moment's last picture is on screen: more than clocks are rounded by."""


class Place(Enum):
    """Which picture of a moment."""

    FIRST = "first"
    PEAK = "best"
    LAST = "last"

    @property
    def next(self) -> Place:
        """The one after it, in a circle."""
        places = list(Place)
        return places[(places.index(self) + 1) % len(places)]


def time_of(review: Review, place: Place) -> float:
    """When a picture of the chosen moment is on screen, s."""
    start, end = review.span
    if place is Place.PEAK:
        return peak_of(review.candidate.corrected(review.mark), review.candidate.found)
    return start if place is Place.FIRST else max(end - _LAST, start)


class Stills:
    """Pictures of videos, one read at a time; the latest are kept."""

    def __init__(self) -> None:
        self._reading = Lock()
        self._videos: dict[Path, VideoInfo] = {}
        self._pictures: OrderedDict[tuple[Path, float], Image] = OrderedDict()

    def read(self, video: Path, time: float, is_wanted: Callable[[], bool]) -> Image | None:
        """The picture that is on screen at a time; None: it is damaged, or not wanted any more.

        Raises:
            UnreadableInputError: The video cannot be read.
        """
        with self._reading:
            if not is_wanted():
                return None
            if (known := self._pictures.get((video, time))) is not None:
                self._pictures.move_to_end((video, time))
                return known
            if video not in self._videos:
                self._videos[video] = open_video(video)
            for _, picture in read_stills(self._videos[video], [time], _WIDTH):
                self._pictures[video, time] = picture
                if len(self._pictures) > _MOST:
                    self._pictures.popitem(last=False)
                return picture
            return None


class Halves(Static):
    """A picture in characters."""

    picture: Image | None = None

    def show(self, picture: Image | None) -> None:
        """Draw a picture, or none."""
        self.picture = picture
        self._draw()

    def on_resize(self) -> None:
        """Draw it as large as there is room now."""
        self._draw()

    def _draw(self) -> None:
        columns, rows = self.size
        has_room = self.picture is not None and columns > 0 and rows > 0
        self.update(draw_halves(self.picture, columns, rows) if has_room and self.picture is not None else "")


class Still(Vertical):
    """The picture, and below it which one it is."""

    def compose(self) -> ComposeResult:
        """A place for the picture, and a line."""
        yield _pixels() if HAS_PIXELS else Halves(id="picture")
        yield Static(id="caption")

    def show(self, picture: Image | None) -> None:
        """Draw a picture, or none."""
        place: Any = self.query_one("#picture")
        if isinstance(place, Halves):
            place.show(picture)
        else:
            place.image = picture

    def caption(self, place: Place, time: float, trouble: str = "") -> None:
        """Say which picture it is, or why there is none."""
        said = Text(f"{place.value}  {format_time(time, 3)}", "dim", no_wrap=True, overflow="ellipsis")
        self.query_one("#caption", Static).update(Text(visible(trouble), "red") if trouble else said)


def _pixels() -> Widget:
    place = FineImage(None, id="picture")
    place.styles.width, place.styles.height = "100%", "auto"
    return place
