"""The table of checkpoints: every row is whole, and a wrong name leads to a right one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from r2cli.checkpoints.registry import CHECKPOINTS, DEFAULT, find_checkpoint
from r2cli.errors import ModelUnavailableError


def test_the_default_is_for_real_footage():
    assert DEFAULT == "qvhighlights"


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_every_row_is_whole(name):
    from r2cli.backbones.clip import build_clip

    row = CHECKPOINTS[name]

    assert row.name == name
    assert row.summary
    assert row.licence
    assert row.window * row.clips_per_second >= 1
    assert 0 <= row.min_score < 1
    clip = build_clip(row.backbone)
    widths = (clip.visual.transformer.width, clip.transformer.width)
    assert widths == (row.config.vision_width, row.config.query_width)
    assert len(clip.visual.transformer.resblocks) >= row.config.layers


def test_qvhighlights_is_used_as_it_was_trained():
    row = CHECKPOINTS["qvhighlights"]

    assert (row.clips_per_second, row.window, row.unit, row.suppression) == (0.5, 150, 2, "normal")
    assert row.source.sha256 in row.source.path


@pytest.mark.parametrize("typed", ["qvh", "QVHighlights", "qvhighlight", "qvhighligths"])
def test_a_wrong_name_leads_to_the_nearest(typed):
    with pytest.raises(ModelUnavailableError) as caught:
        find_checkpoint(typed)

    assert str(caught.value).startswith(f"no checkpoint named '{typed}' - did you mean 'qvhighlights'?")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("typed", ["", "zzzz"])
def test_a_name_like_no_other_gets_the_list(typed):
    with pytest.raises(ModelUnavailableError) as caught:
        find_checkpoint(typed)

    assert "did you mean" not in str(caught.value)
    assert "qvhighlights" in str(caught.value)


def test_the_table_loads_no_torch():
    program = "import sys, r2cli.checkpoints.load; sys.exit(bool({'torch', 'open_clip'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
