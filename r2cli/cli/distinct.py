"""Moments that show much the same: those of one video and query that lie mostly within a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from r2cli.findings import ranked

if TYPE_CHECKING:
    from r2cli.findings import Findings, Moment

_MOST = 0.5
"""Of the shorter one's time: two moments that share more show the same."""


def distinct_moments(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Moments that show something of their own, in the same order.

    Args:
        moments: Of one video and query, best first.
    """
    kept: list[Moment] = []
    for one in moments:
        if not any(_share(one, other) > _MOST for other in kept):
            kept.append(one)
    return tuple(kept)


def distinct_findings(found: Findings) -> Findings:
    """The same with distinct moments only."""
    return replace(found, moments=distinct_moments(found.moments))


def distinct_ranks(findings: Sequence[Findings]) -> frozenset[int]:
    """The places of distinct moments in the ranking of all."""
    kept = {id(moment) for found in findings for moment in distinct_moments(found.moments)}
    return frozenset(rank for rank, (moment, _) in enumerate(ranked(findings), start=1) if id(moment) in kept)


def _share(one: Moment, other: Moment) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    shorter = min(one.end - one.start, other.end - other.start)
    return shared / shorter if shorter > 0 else float(shared >= 0)
