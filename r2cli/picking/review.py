"""What somebody thinks of the moments that were found: which to keep, and where each really begins and ends.

Everything here is a value: each change gives another review, and the one before is what `undo` goes back to. Nothing
is drawn or written here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from r2cli.export.document import Document, kind_of
from r2cli.findings import Findings, Highlight, Highlights, Moment

ASSUMED_RATE = Fraction(25)
"""Pictures per second of a film that does not say."""
_A_LITTLE = Fraction(1, 1000)
"""Of a picture: how far times that were written down as decimals may be beside the picture that they mean."""


class Edge(Enum):
    """An end of a moment."""

    START = "start"
    END = "end"


@dataclass(frozen=True)
class Mark:
    """What was decided of one moment."""

    kept: bool = True
    start: int = 0
    end: int = 0
    """Pictures by which each was moved, later if positive."""

    @property
    def is_moved(self) -> bool:
        """Whether the moment is not where it was found."""
        return bool(self.start or self.end)


_AS_FOUND = Mark()


@dataclass(frozen=True, eq=False)
class Candidate:
    """A moment as it was found."""

    rank: int
    """Its place among all, from 1, as `r2 cut --ranks` takes it."""
    moment: Moment
    found: Findings
    """Whose it is."""
    result: int
    place: int
    """Which of the document's findings that is, and which of its moments."""

    @property
    def rate(self) -> Fraction:
        """Pictures per second of its film."""
        return self.found.video.rate or ASSUMED_RATE

    @property
    def second(self) -> int:
        """Pictures that come nearest to a second."""
        return max(round(self.rate), 1)

    def span(self, mark: Mark) -> tuple[float, float]:
        """Start and end with what was corrected, s; what was not moved is what it was, to the last bit."""
        start = self._moved(self.moment.start, mark.start)
        end = self._moved(self.moment.end, mark.end)
        return max(start, 0.0), min(end, self._last)

    def nudged(self, mark: Mark, edge: Edge, pictures: int) -> Mark:
        """Move an end by pictures, as far as there is film, and one picture is left between the two."""
        first, last = Fraction(self.moment.start), Fraction(self.moment.end)
        left = self._pictures(last - first) - 1  # that may go before an end meets the other
        if edge is Edge.START:
            return replace(mark, start=_towards(mark.start, pictures, -self._pictures(first), left + mark.end))
        return replace(
            mark, end=_towards(mark.end, pictures, mark.start - left, self._pictures(Fraction(self._last) - last))
        )

    def corrected(self, mark: Mark) -> Moment:
        """The moment with its times as they are now; a peak stays within."""
        start, end = self.span(mark)
        if isinstance(self.moment, Highlight):
            return replace(self.moment, start=start, end=end, peak=min(max(self.moment.peak, start), end))
        return replace(self.moment, start=start, end=end)

    @property
    def _last(self) -> float:
        """The latest end: of the film, unless the moment was found to go on for longer."""
        return max(self.found.video.duration, self.moment.end)

    def _moved(self, time: float, pictures: int) -> float:
        return float(Fraction(time) + pictures / self.rate) if pictures else time

    def _pictures(self, seconds: Fraction) -> int:
        """Whole pictures in a stretch."""
        return math.floor(seconds * self.rate + _A_LITTLE)


def _towards(now: int, step: int, lowest: int, highest: int) -> int:
    """A number moved by a step as far as it may, and never the other way."""
    return max(now, min(now + step, highest)) if step > 0 else min(now, max(now + step, lowest))


_Step = tuple[tuple[int, Mark], ...]
"""Moments of one change, each with what was decided of it on the other side of that change."""


@dataclass(frozen=True, eq=False)
class Review:
    """All moments, what was decided of each, and which one is looked at."""

    document: Document
    candidates: tuple[Candidate, ...]
    """Best first; at least one."""
    marks: tuple[Mark, ...]
    current: int = 0
    past: tuple[_Step, ...] = ()
    future: tuple[_Step, ...] = ()
    saved: tuple[Mark, ...] = ()
    """The marks that are safe: as found, or as they were saved last."""

    @property
    def candidate(self) -> Candidate:
        """The moment that is looked at."""
        return self.candidates[self.current]

    @property
    def mark(self) -> Mark:
        """What was decided of it."""
        return self.marks[self.current]

    @property
    def span(self) -> tuple[float, float]:
        """Its start and end, s."""
        return self.candidate.span(self.mark)

    @property
    def kept(self) -> int:
        """How many are kept."""
        return sum(mark.kept for mark in self.marks)

    @property
    def unsaved(self) -> int:
        """How many moments were changed since they were safe."""
        return sum(mark != saved for mark, saved in zip(self.marks, self.saved, strict=True))

    def choose(self, index: int) -> Review:
        """Look at another moment; beyond the ends there is none."""
        return replace(self, current=min(max(index, 0), len(self.candidates) - 1))

    def nearest(self, seconds: float) -> int:
        """The moment that is nearest to a time of the same video and query, the better one of two that hold it."""
        found = self.candidate.found
        spans = {
            index: candidate.span(mark)
            for index, (candidate, mark) in enumerate(zip(self.candidates, self.marks, strict=True))
            if candidate.found is found
        }
        return min(spans, key=lambda index: max(spans[index][0] - seconds, seconds - spans[index][1], 0.0))

    def toggle(self) -> Review:
        """Keep the moment, or do not."""
        return self._changed({self.current: replace(self.mark, kept=not self.mark.kept)})

    def toggle_all(self) -> Review:
        """Keep all of them, or none if all are kept."""
        kept = self.kept < len(self.marks)
        return self._changed({index: replace(mark, kept=kept) for index, mark in enumerate(self.marks)})

    def nudge(self, edge: Edge, pictures: int) -> Review:
        """Move an end of the moment by pictures, as far as that goes."""
        return self._changed({self.current: self.candidate.nudged(self.mark, edge, pictures)})

    def reset(self) -> Review:
        """Put the moment where it was found."""
        return self._changed({self.current: Mark(kept=self.mark.kept)})

    def undo(self) -> Review:
        """Take the last change back, and look at what it was about."""
        if not self.past:
            return self
        *past, step = self.past
        undone = self._with(step)
        return replace(undone, past=tuple(past), future=(*self.future, self._before(step)))

    def redo(self) -> Review:
        """Make a change again that was taken back."""
        if not self.future:
            return self
        *future, step = self.future
        return replace(self._with(step), past=(*self.past, self._before(step)), future=tuple(future))

    def mark_saved(self) -> Review:
        """The same, all of it safe."""
        return replace(self, saved=self.marks)

    def corrected(self) -> Document:
        """What is kept, as it was corrected: a document that every format writes, and `r2 cut` reads.

        Clips that were cut before are of other times and ranks, and shots of a summary are its whole reasoning: both
        are left out.
        """
        kept: list[list[Moment]] = [[] for _ in self.document.findings]
        for candidate, mark in sorted(zip(self.candidates, self.marks, strict=True), key=lambda pair: pair[0].place):
            if mark.kept:
                kept[candidate.result].append(candidate.corrected(mark))
        findings = tuple(map(_with_moments, self.document.findings, map(tuple, kept)))
        return Document(findings, self.document.errors, kind=kind_of(findings))

    def _changed(self, marks: dict[int, Mark]) -> Review:
        step = tuple((index, mark) for index, mark in marks.items() if mark != self.marks[index])
        if not step:
            return self
        changed = replace(self, marks=_replaced(self.marks, step))
        return replace(changed, past=(*self.past, self._before(step)), future=())

    def _with(self, step: _Step) -> Review:
        return replace(self, marks=_replaced(self.marks, step)).choose(step[0][0])

    def _before(self, step: _Step) -> _Step:
        return tuple((index, self.marks[index]) for index, _ in step)


def begin(document: Document) -> Review | None:
    """A review of all moments of a document, none of them decided about; None: it has none.

    Args:
        document: With paths of videos as they are true in the current folder.
    """
    findings = document.findings
    places = [(result, place) for result, found in enumerate(findings) for place in range(len(found.moments))]
    places.sort(key=lambda at: -findings[at[0]].moments[at[1]].score)  # as `ranked` does
    candidates = tuple(
        Candidate(rank, findings[result].moments[place], findings[result], result, place)
        for rank, (result, place) in enumerate(places, start=1)
    )
    marks = (_AS_FOUND,) * len(candidates)
    return Review(document, candidates, marks, saved=marks) if candidates else None


def _replaced(marks: tuple[Mark, ...], step: _Step) -> tuple[Mark, ...]:
    changed = dict(step)
    return tuple(changed.get(index, mark) for index, mark in enumerate(marks))


def _with_moments(found: Findings, moments: tuple[Moment, ...]) -> Findings:
    parts = (found.query, found.video, found.model, found.sampling, moments, found.saliency)
    if isinstance(found, Highlights):
        return Highlights(*parts, ground=found.ground)
    return Findings(*parts)
