"""Highlights and summaries as JSON: what they say beyond what all findings do."""

from __future__ import annotations

from typing import Any

from r2cli.findings import Findings, Highlight, Highlights, Moment, Shot, Summary


def moment_fields(moment: Moment) -> dict[str, Any]:
    """A moment; of a highlight also its peak, and of one that was moved also where it was."""
    fields: dict[str, Any] = {"start": moment.start, "end": moment.end, "score": moment.score}
    if isinstance(moment, Highlight):
        fields["peak"] = moment.peak
    if moment.unsnapped is not None:
        fields["unsnapped"] = {"start": moment.unsnapped[0], "end": moment.unsnapped[1]}
    return fields


def excerpt_fields(found: Findings) -> dict[str, Any]:
    """Why clips count as salient, and the shots of a summary; nothing for plain findings."""
    if not isinstance(found, Highlights):
        return {}
    ground = found.ground
    fields: dict[str, Any] = {
        "ground": {"kind": ground.kind, "domain": ground.domain or None, "certainty": ground.certainty}
    }
    if isinstance(found, Summary):
        fields["summary"] = {"length": found.length, "shots": [_shot(shot) for shot in found.shots]}
    return fields


def _shot(shot: Shot) -> dict[str, Any]:
    played = None if shot.played is None else {"start": shot.played[0], "end": shot.played[1]}
    return {
        "start": shot.start,
        "end": shot.end,
        "score": shot.score,
        "value": shot.value,
        "reason": shot.reason,
        "played": played,
    }
