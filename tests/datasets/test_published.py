"""Every published set is read from files as they are published; what is wrong with one is said with file and line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from r2cli.datasets.check import check
from r2cli.datasets.table import DATASETS, find_dataset
from r2cli.errors import CommandLineError, UnreadableInputError

QVH = {
    "qid": 2579,
    "query": "A girl and her mother cooked.",
    "duration": 150,
    "vid": "NUsG9BgSes0_210.0_360.0",
    "relevant_windows": [[82, 86], [88, 92]],
    "relevant_clip_ids": [41, 42, 44, 45],
    "saliency_scores": [[1, 2, 1], [1, 4, 1], [0, 0, 4], [3, 3, 3]],
}
NLQ = {
    "version": "1",
    "videos": [
        {
            "video_uid": "v",
            "clips": [
                {
                    "clip_uid": "c-1",
                    "video_start_sec": 480.0,
                    "video_end_sec": 960.5,
                    "annotations": [
                        {
                            "annotation_uid": "a-1",
                            "language_queries": [
                                {"clip_start_sec": 3.5, "clip_end_sec": 7.25, "query": " Where is the knife? "},
                                {"clip_start_sec": 3.5, "clip_end_sec": 7.25, "query": None},
                                {"query": "What did I pick up?"},
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}


def read(name, folder, split):
    return list(find_dataset(name).samples(folder, split))


def test_qvhighlights(tmp_path):
    hidden = {key: QVH[key] for key in ("qid", "query", "duration", "vid")}
    (tmp_path / "highlight_val_release.jsonl").write_text(json.dumps(QVH) + "\n\n")
    (tmp_path / "highlight_test_release.jsonl").write_text(json.dumps(hidden) + "\n")
    (sample,) = read("qvhighlights", tmp_path, "val")
    assert (sample.id, sample.video, sample.duration) == (2579, QVH["vid"], 150)
    assert sample.windows == ((82, 86), (88, 92))
    assert sample.ratings.shape == (75, 3)
    assert sample.ratings[[41, 45]].tolist() == [[1, 2, 1], [3, 3, 3]]
    assert sample.ratings.sum() == 23
    (secret,) = read("qvhighlights", tmp_path, "test")
    assert (secret.windows, secret.ratings) == (None, None)


def test_charades(tmp_path):
    (tmp_path / "charades_sta_test.txt").write_text("3MSZA 24.3 30.4##person turn a light on.\nAB 0 6##a##b\n")
    first, second = read("charades", tmp_path, "test")
    assert (first.video, first.windows, first.query) == ("3MSZA", ((24.3, 30.4),), "person turn a light on.")
    assert first.duration is None
    assert second.query == "a##b"
    (tmp_path / "Charades_v1_test.csv").write_text("id,subject,length\n3MSZA,x,30.96\nAB,y,12\n")
    assert [sample.duration for sample in read("charades", tmp_path, "test")] == [30.96, 12]


def test_tacos(tmp_path):
    entry = {
        "timestamps": [[206, 315], [30, 60]],
        "fps": 30,
        "num_frames": 6000,
        "sentences": ["He peels.", "He cuts."],
    }
    (tmp_path / "test.json").write_text(json.dumps({"s27-d50.avi": entry}))
    first, second = read("tacos", tmp_path, "test")
    assert first.video == second.video == "s27-d50-cam-002"
    assert first.windows == ((206 / 30, 10.5),)
    assert (second.windows, second.duration, second.query) == (((1, 2),), 200, "He cuts.")
    assert first.id != second.id


def test_ego4d(tmp_path):
    (tmp_path / "nlq_val.json").write_text(json.dumps(NLQ))
    first, second = read("ego4d", tmp_path, "val")
    assert (first.id, first.video, first.query) == ("a-1_0", "c-1", "Where is the knife?")
    assert (first.windows, first.duration) == (((3.5, 7.25),), 480.5)
    assert (second.id, second.windows) == ("a-1_2", None)


def test_tvsum_from_its_tables(tmp_path):
    videos = ("WxtbjNsCQ8A", "EE-bNr36nyA", "oDXZc0tZe04", "uGu_10sucQo")
    (tmp_path / "data").mkdir()
    info = [
        "category\tvideo_id\ttitle\turl\tlength",
        *(f"BK\t{name}\tBees of {name}\thttp://x\t0:10" for name in videos),
    ]
    (tmp_path / "data" / "ydata-tvsum50-info.tsv").write_text("\n".join(info) + "\n")
    rows = []
    for name in videos:
        for rater in range(20):
            # 30 frames a second, 10 s; the shots that were rated begin a little late
            scores = [1 + (max(0, frame - 9) // 60 + rater) % 5 for frame in range(300)]
            rows.append(f"{name}\tBK\t{','.join(map(str, scores))}")
    (tmp_path / "data" / "ydata-tvsum50-anno.tsv").write_text("\n".join(rows) + "\n")
    samples = read("tvsum", tmp_path, "bk-train")
    assert [sample.video for sample in samples] == list(videos)
    assert samples[0].query == "Bees of WxtbjNsCQ8A"
    expected = [[1 + (clip + rater) % 5 for rater in range(20)] for clip in range(5)]
    assert samples[0].ratings.tolist() == expected
    prepared = {name: {"title": "t", "anno": expected} for name in videos}
    (tmp_path / "tvsum_anno.json").write_text(json.dumps(prepared))
    assert read("tvsum", tmp_path, "bk-train")[3].ratings.tolist() == expected


def test_youtube_from_its_folders_and_from_one_file(tmp_path):
    folder = tmp_path / "parkour"
    labels = [1, -1, 0, 1]
    for name in find_names("par-val"):
        (folder / name).mkdir(parents=True)
        clips = [[50 * n, 50 * n + 100] for n in range(4)]
        (folder / name / "match_label.json").write_text(json.dumps([clips, labels]))
        (folder / name / "info.json").write_text(json.dumps(["a", "b", "c", "d", "e", f"title of {name}"]))
    samples = read("youtube", tmp_path, "par-val")
    assert len(samples) == 11
    assert samples[0].ratings.tolist() == [[1], [-1], [0], [1]]
    assert samples[0].query == f"title of {samples[0].video}"
    prepared = {sample.video: {"match": labels, "info": ["a"]} for sample in samples}
    (tmp_path / "youtube_anno.json").write_text(json.dumps(prepared))
    assert [(one.query, one.ratings.tolist()) for one in read("youtube", tmp_path, "par-val")][0] == (
        "parkour",
        [[1], [-1], [0], [1]],
    )


def find_names(split):
    from r2cli.datasets.youtube import _wanted

    return _wanted(split)


@pytest.mark.parametrize(
    ("name", "split", "file", "text", "told"),
    [
        ("qvhighlights", "val", "highlight_val_release.jsonl", "{}\n", r"line 1: 'duration' is missing"),
        ("qvhighlights", "val", "highlight_val_release.jsonl", json.dumps(QVH) + "\n{", r"line 2: no JSON"),
        ("qvhighlights", "val", "highlight_val_release.jsonl", "[1]\n", r"line 1: no JSON object"),
        (
            *("qvhighlights", "val", "highlight_val_release.jsonl"),
            json.dumps(QVH | {"relevant_clip_ids": [74, 75, 1, 2]}),
            r"line 1: 'relevant_clip_ids' must be clips of the video, 0 to 74",
        ),
        (
            *("qvhighlights", "val", "highlight_val_release.jsonl"),
            json.dumps(QVH | {"saliency_scores": [[1, 2]]}),
            r"line 1: 'saliency_scores' must be three numbers",
        ),
        (
            *("qvhighlights", "val", "highlight_val_release.jsonl"),
            json.dumps(QVH | {"relevant_windows": [[1, float("nan")]]}),
            r"line 1: 'relevant_windows' must be a list of \[start, end\]",
        ),
        (*("qvhighlights", "val", "highlight_val_release.jsonl"), json.dumps(QVH | {"duration": 0}), r"line 1: 'dur"),
        ("charades", "test", "charades_sta_test.txt", "A 1 2##q\nA 1 2 q\n", r"line 2: expected VIDEO START END##"),
        ("charades", "test", "charades_sta_test.txt", "A 1 x##q\n", r"line 1: 'x' is no number of seconds"),
        ("charades", "test", "charades_sta_test.txt", "A 1 inf##q\n", r"line 1: 'seconds' is not a finite number"),
        ("tacos", "test", "test.json", '{"a.avi": {"fps": 30}}', r"test\.json, a\.avi: 'num_frames' is missing"),
        ("tacos", "test", "test.json", "[]", r"test\.json is no JSON object"),
        ("ego4d", "val", "nlq_val.json", '{"videos": [{"clips": [3]}]}', r"nlq_val\.json, videos 0: 'clips' must"),
        ("tvsum", "bk-val", "tvsum_anno.json", "{}", r"there is no video Se3oxnaPsz0"),
        ("tvsum", "bk-val", "tvsum_anno.json", '{"a": {"title": "t", "anno": [1, 2]}}', r"tvsum_anno\.json, a: 'anno'"),
        ("youtube", "dog-val", "youtube_anno.json", '{"a2nj7XCo2Rk": {"match": [2]}}', r"a2nj7XCo2Rk: labels must be"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path, name, split, file, text, told):
    (tmp_path / file).write_text(text)
    with pytest.raises(UnreadableInputError, match=told) as caught:
        read(name, tmp_path, split)
    assert str(tmp_path / file) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", DATASETS)
def test_every_row_says_what_is_missing_and_where_it_is_had(tmp_path, name):
    dataset = DATASETS[name]
    assert len(dataset.splits) == len(set(dataset.splits))
    assert all((dataset.source.annotations, dataset.source.videos, dataset.source.licence, dataset.about))
    with pytest.raises(CommandLineError, match="has no split 'nonsense'"):
        dataset.samples(tmp_path, "nonsense")
    if not dataset.files(dataset.splits[0]):
        return
    for state in check(dataset, tmp_path):
        assert not state.is_complete
        assert str(tmp_path) in state.problem


def test_check_counts_what_is_there(tmp_path):
    other = QVH | {"qid": 1, "vid": "there"}
    (tmp_path / "highlight_val_release.jsonl").write_text(f"{json.dumps(QVH)}\n{json.dumps(other)}\n")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "there.mp4").touch()
    val = {state.split: state for state in check(find_dataset("qvhighlights"), tmp_path)}["val"]
    assert (val.annotations, val.queries, val.videos, val.found) == ("highlight_val_release.jsonl", 2, 2, 1)
    assert val.first_missing == QVH["vid"]


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.mp4").touch()
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("../secret", str(tmp_path / "secret.mp4"), ""):
        with pytest.raises(UnreadableInputError, match="not the name of a video"):
            find_dataset("qvhighlights").film(folder, name, tmp_path)


def test_an_unknown_set_suggests_the_nearest():
    with pytest.raises(CommandLineError, match="did you mean 'charades'"):
        find_dataset("charade")


def test_sprites_are_the_same_every_time():
    first, again = (next(find_dataset("sprites-highlights").samples(None, "test")) for _ in range(2))
    assert np.array_equal(first.ratings, again.ratings)
    assert first.windows == again.windows
