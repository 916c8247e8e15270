"""The table of checkpoints: every row is whole, and a wrong name leads to a right one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS, DEFAULT, find_checkpoint
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile

RELEASED = {name: row for name, row in CHECKPOINTS.items() if row.family == "r2" and isinstance(row.source, HubFile)}
PARAMETERS = {"moments": 2_836_242, "highlights": 1_846_281}
PUBLISHED = """
r2_tuning_qvhighlights-ed516355 r2_tuning_charades-1de02112 r2_tuning_tacos-81759b55 r2_tuning_ego4d-6a6f5754
r2_tuning_youtube_dog-702bd293 r2_tuning_youtube_gym-ff68b1b3 r2_tuning_youtube_par-27442af0
r2_tuning_youtube_ska-dad28398 r2_tuning_youtube_ski-df2edc4c r2_tuning_youtube_sur-d384d8b2
r2_tuning_tvsum_bk-45b59440 r2_tuning_tvsum_bt-13683fdf r2_tuning_tvsum_ds-d11b33d3 r2_tuning_tvsum_fm-2c8c119d
r2_tuning_tvsum_ga-59e79858 r2_tuning_tvsum_ms-d9b4f8fa r2_tuning_tvsum_pk-1830ce03 r2_tuning_tvsum_pr-51d78fc9
r2_tuning_tvsum_vt-0069d8d3 r2_tuning_tvsum_vu-6f8ebb4b
"""


def test_the_default_is_for_real_footage():
    assert DEFAULT == "qvhighlights"


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_every_row_is_whole(name):
    from r2cli.backbones.build import build_clip

    row = CHECKPOINTS[name]

    assert row.name == name
    assert row.summary
    assert row.licence
    assert row.window * row.clips_per_second >= 1
    assert 0 <= row.min_score < 1
    with torch.device("meta"):
        clip = build_clip(row.backbone)
    widths = (clip.visual.transformer.width, clip.transformer.width)
    assert widths == (row.config.vision_width or widths[0], row.config.query_width or widths[1])
    assert len(clip.visual.transformer.resblocks) >= row.config.layers


def test_every_published_file_has_a_row():
    assert [row.source.path for row in RELEASED.values()] == [f"checkpoints/{stem}.pth" for stem in PUBLISHED.split()]
    assert all(f"-{row.source.sha256}.pth" in row.source.path for row in RELEASED.values())


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_model_has_the_published_number_of_parameters(name):
    from r2cli.models.r2 import R2

    row = RELEASED[name]
    with torch.device("meta"):
        model = R2(row.config)

    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS[row.task]
    assert row.config.boundaries == (row.task == "moments")


@pytest.mark.parametrize("name", RELEASED)
def test_the_authors_figures_are_said_to_be_theirs(name):
    assert "; authors: " in RELEASED[name].summary


def settings(row: Checkpoint) -> tuple[object, ...]:
    return row.clips_per_second, row.unit, row.suppression


def test_models_are_used_as_they_were_trained():
    assert settings(CHECKPOINTS["qvhighlights"]) == (0.5, 2.0, "normal")
    assert CHECKPOINTS["qvhighlights"].window == 150
    assert settings(CHECKPOINTS["charades"]) == (1.0, 0.1, "linear")
    assert settings(CHECKPOINTS["tacos"]) == settings(CHECKPOINTS["ego4d"]) == (0.5, None, "linear")
    assert {settings(row) for name, row in RELEASED.items() if name.startswith("tvsum")} == {(0.5, None, None)}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qvh", "qvhighlights"),
        ("QVHighlights", "qvhighlights"),
        ("qvhighligths", "qvhighlights"),
        ("youtube_dog", "youtube-dog"),
        ("tvsum_BK", "tvsum-bk"),
        ("charade", "charades"),
    ],
)
def test_a_wrong_name_leads_to_the_nearest(typed, meant):
    with pytest.raises(ModelUnavailableError) as caught:
        find_checkpoint(typed)

    assert str(caught.value).startswith(f"no checkpoint named '{typed}' - did you mean '{meant}'? See: r2 models")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("typed", ["", "zzzz"])
def test_a_name_like_no_other_leads_to_the_list(typed):
    with pytest.raises(ModelUnavailableError) as caught:
        find_checkpoint(typed)

    assert "did you mean" not in str(caught.value)
    assert "r2 models" in str(caught.value)
    assert "qvhighlights" in str(caught.value)


def test_the_table_loads_no_torch():
    program = "import sys, r2cli.checkpoints.load; sys.exit(bool({'torch', 'open_clip'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
