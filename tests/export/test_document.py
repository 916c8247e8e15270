"""What a document knows of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from r2cli.export.document import Document, Kind, kind_of
from r2cli.export.rows import rows_of
from tests.export.documents import CLIPS, DOCUMENTS, FOUND, HIGHLIGHTS, ODD, REEL, SUMMARY


def test_of_one_video_clips_do_not_go_to_other_moments():
    """The ranks of clips are those among all videos; alone, a video's moments have others."""
    best = replace(CLIPS[0], rank=1, video=FOUND.video.path, path=Path("best.mp4"))
    document = Document((ODD, FOUND), (), (best,), REEL)
    assert [row.clip for row in rows_of(document.about(ODD.video.path))] == [None] * len(ODD.moments)
    assert document.about(ODD.video.path).findings == (ODD,)
    cuts = DOCUMENTS["cuts"].about(CLIPS[1].video)
    assert (cuts.kind, cuts.clips) == (Kind.CUTS, (CLIPS[1],))


def test_a_kind_is_what_can_be_said_of_all():
    assert kind_of((SUMMARY,)) is Kind.SUMMARIES
    assert kind_of((SUMMARY, *HIGHLIGHTS)) is Kind.HIGHLIGHTS
    assert kind_of((SUMMARY, FOUND)) is Kind.FINDINGS
    assert kind_of(()) is Kind.FINDINGS
