"""File names of clips: readable, and harmless whatever the video and the query are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from r2cli.video.cutting.names import clip_name, distinct


@pytest.mark.parametrize(
    ("video", "start", "query", "name"),
    [
        ("video.mp4", 723.4, "dog jumps", "video_00-12-03_dog-jumps.mp4"),
        ("/a/b/My Film (2).mov", 0, "A dog, jumping!", "My-Film-2_00-00-00_a-dog-jumping.mp4"),
        ("v.mp4", 3600 * 27 + 61, "", "v_27-01-01.mp4"),
        ("v.mp4", -0.5, "🐕", "v_00-00-00.mp4"),
        ("Größe.mp4", 1, "狗 跳", "Größe_00-00-01_狗-跳.mp4"),
        ("हिन्दी.mp4", 1, "x", "हिन्दी_00-00-01_x.mp4"),
        ("...", 1, "../../etc/passwd", "video_00-00-01_etc-passwd.mp4"),
        ("-rf.mp4", 1, "--force", "rf_00-00-01_force.mp4"),
        ("100%d.mp4", 1, "a\nb\0c\x1b[31m", "100-d_00-00-01_a-b-c-31m.mp4"),
        ("caf\udce9.mp4", 1, "a\u202eb", "caf_00-00-01_a-b.mp4"),
        ("con.mp4", 1, "NUL", "con_00-00-01_nul.mp4"),
        ("aux", 1, "com1.", "aux_00-00-01_com1.mp4"),
        ("a. . .mp4", 1, "dots...  ", "a_00-00-01_dots.mp4"),
        ("🎬🎬.mp4", 1, "🐕 jumps", "video_00-00-01_jumps.mp4"),
        ("C:\\Users\\x.mp4", 1, "\\\\server\\share", "C-Users-x_00-00-01_server-share.mp4"),
        ("~root.mp4", 1, '$HOME `id` *?<>|"', "root_00-00-01_home-id.mp4"),
        (".hidden.mp4", 1, ".", "hidden_00-00-01.mp4"),
    ],
)
def test_names(video, start, query, name):
    assert clip_name(Path(video), start, query, ".mp4") == name


@pytest.mark.parametrize("text", ["x" * 5000, "狗" * 5000, "e\u0301" * 5000, "/" * 5000, "a b" * 3000])
def test_names_fit_any_file_system(text, tmp_path):
    name = clip_name(Path("x" + text.replace("/", "-")), 1, text, ".mp4")
    assert len(name.encode()) < 220
    (tmp_path / name).touch()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_equal_names_are_numbered():
    names = ["a.mp4", "A.mp4", "a-2.mp4", "a.mp4", "b.mp4"]
    assert distinct(names) == ["a.mp4", "A-2.mp4", "a-2-2.mp4", "a-3.mp4", "b.mp4"]
