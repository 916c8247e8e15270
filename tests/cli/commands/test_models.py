"""`r2 models`: what it lists, and how it gets, checks and removes models at a hub on this machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from r2cli.backbones.spec import BACKBONES, VIT_B_32
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.hub import HubFile
from tests.hub.hub_server import serve_hub

CONTENT = {"charades": b"the R2 weights" * 1000, VIT_B_32.name: b"the CLIP weights" * 5000}
RELEASED = [name for name, row in CHECKPOINTS.items() if isinstance(row.source, HubFile)]


def place(file) -> str:
    return f"{file.repo}/{file.path}"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that holds `charades` and its CLIP, and empty caches."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("R2_DATA_DIR", str(tmp_path / "data"))
    row = CHECKPOINTS["charades"]
    source = replace(row.source, sha256=hashlib.sha256(CONTENT["charades"]).hexdigest()[:8])
    monkeypatch.setitem(CHECKPOINTS, "charades", replace(row, source=source))
    with serve_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        running.files = {place(source): CONTENT["charades"], place(VIT_B_32.source): CONTENT[VIT_B_32.name]}
        yield running


@pytest.fixture
def listed(r2):
    def ask() -> dict[str, dict]:
        code, out, _ = r2("models", "--json")
        assert code == 0
        return {model["name"]: model for model in json.loads(out)["models"]}

    return ask


def explained_with_steps(result: tuple[int, str, str], code: int, *words: str) -> None:
    """The same; below it may stand how to bring the files by hand, a step in each line."""
    lines = result[2].splitlines()
    said = [line for line in lines if line.startswith("r2: ")]
    explained((*result[:2], "\n".join(said)), code, *words)
    steps = lines[len(said) :]
    assert [line.split()[0] for line in steps[1:]] == [f"{number}." for number in range(1, len(steps))]


def explained(result: tuple[int, str, str], code: int, *words: str) -> None:
    """An exit code and an error of one line, the last one; before it only notes."""
    assert result[0] == code
    *notes, line = result[2].splitlines()
    assert all(note.startswith("r2: ") for note in [*notes, line])
    for word in words:
        assert word in line


class TestList:
    def test_names_every_model_once(self, r2, hub):
        code, out, err = r2("models")

        assert (code, err) == (0, "")
        rows = [line.split() for line in out.splitlines() if line]
        assert [row[0] for row in rows[1:]][: len(CHECKPOINTS) + len(BACKBONES)] == [*CHECKPOINTS, *BACKBONES]
        assert rows[1][:5] == ["qvhighlights", "*", "moments", "~11", "MB"]

    def test_tells_programs_everything_that_decides_a_result(self, listed, hub):
        model = listed()["qvhighlights"]

        assert model.pop("summary")
        assert model == {
            "name": "qvhighlights",
            "task": "moments",
            "default": True,
            "licence": "BSD-3-Clause",
            "size": 11_400_000,
            "downloaded": False,
            "path": None,
            "source": {
                "url": f"{hub.url}/yeliudev/R2-Tuning",
                "file": "checkpoints/r2_tuning_qvhighlights-ed516355.pth",
                "sha256": "ed516355",
            },
            "backbone": "clip-vit-b-32",
            "clips_per_second": 0.5,
            "window": 150.0,
            "unit": 2.0,
            "suppression": "normal",
            "min_score": 0.0,
        }

    def test_asks_no_network(self, r2, hub):
        r2("models")

        assert hub.requests == []


class TestPull:
    def test_gets_a_checkpoint_and_its_clip_and_says_so_first(self, r2, hub, listed, tmp_path):
        code, out, err = r2("models", "pull", "charades")

        assert code == 0
        assert out.splitlines() == ["charades  ready", "clip-vit-b-32  ready"]
        assert err.splitlines() == [
            f"r2: 2 files, about 617 MB, to {tmp_path / 'hf'}",
            f"r2: downloading r2_tuning_charades-1de02112.pth (14 kB) from {hub.url}/yeliudev/R2-Tuning",
            f"r2: downloading open_clip_model.safetensors (80 kB) from {hub.url}/timm/vit_base_patch32_clip_224.openai",
        ]
        assert [name for name, model in listed().items() if model["downloaded"] and model["source"]] == [
            "charades",
            "clip-vit-b-32",
        ]
        assert listed()["charades"]["size"] == len(CONTENT["charades"])

    def test_gets_nothing_twice(self, r2, hub):
        r2("models", "pull", "charades")
        hub.requests.clear()

        code, out, err = r2("models", "pull", "charades")

        assert (code, err, hub.requests) == (0, "", [])
        assert out.splitlines() == ["charades  was here already", "clip-vit-b-32  was here already"]

    def test_all_is_every_checkpoint_with_what_it_needs(self, r2, hub):
        code, out, err = r2("models", "pull", "--all")

        assert code == 4  # this hub holds only one of them, and no qvhighlights
        assert f"r2: {len(RELEASED) + 2} files, about " in err
        assert any("has no file checkpoints/r2_tuning_qvhighlights-ed516355.pth" in line for line in err.splitlines())

    def test_default_is_what_find_takes(self, r2, hub):
        explained_with_steps(r2("models", "pull", "--default"), 4, "r2_tuning_qvhighlights-ed516355.pth")

    @pytest.mark.parametrize(
        ("arguments", "code", "word"),
        [
            ([], 2, "--default or --all"),
            (["youtube_dog"], 4, "did you mean 'youtube-dog'?"),
            (["clip-vit-b32"], 4, "did you mean 'clip-vit-b-32'?"),
            (["TVSum"], 4, "did you mean 'tvsum-bk'?"),
            (["zzzz"], 4, "See: r2 models"),
        ],
    )
    def test_a_name_that_is_none(self, r2, hub, arguments, code, word):
        explained(r2("models", "pull", *arguments), code, word)

    def test_more_than_the_disk_holds_is_refused_before_it_begins(self, r2, hub, monkeypatch):
        monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 100_000_000}))

        explained(r2("models", "pull", "charades"), 4, "no room", "about 617 MB to download, 100 MB free", "HF_HOME")
        assert hub.requests == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"status": 401}, "refuses r2_tuning_charades-1de02112.pth"),
        ({"status": 404}, "has no file checkpoints/r2_tuning_charades-1de02112.pth"),
        ({"status": 429}, "asks to wait before the next download"),
        ({"status": 500}, "cannot deliver r2_tuning_charades-1de02112.pth at the moment"),
        ({"tampered": True}, "is not the file that was published"),
    ],
)
def test_a_hub_in_trouble_is_explained_and_the_next_run_recovers(r2, hub, trouble, words):
    for name, value in trouble.items():
        setattr(hub, name, value)

    explained_with_steps(r2("models", "pull", "charades"), 4, words)

    for name in trouble:
        setattr(hub, name, type(trouble[name])())
    assert r2("models", "pull", "charades")[0] == 0
    assert r2("models", "verify")[0] == 0


def test_find_says_how_to_get_a_model_that_is_missing(r2, hub, films):
    hub.status = 503

    result = r2("find", films / "short.mp4", "a dog", "--model", "charades")

    code, out, err = result
    first, *steps = err.splitlines()
    assert (code, out) == (4, "")
    assert "with a connection: r2 models pull charades (617 MB)" in first
    assert [step.split()[:2] for step in steps[1:]] == [
        ["1.", "download"],
        ["2.", "save"],
        ["3.", "download"],
        ["4.", "save"],
    ]
    assert "/resolve/main/" in steps[1]


class TestVerify:
    def test_prints_whole_digests(self, r2, hub):
        r2("models", "pull", "charades")

        code, out, err = r2("models", "verify", "charades", VIT_B_32.name)

        assert (code, err) == (0, "")
        assert [line.split() for line in out.splitlines()] == [
            [name, "ok", hashlib.sha256(content).hexdigest()] for name, content in CONTENT.items()
        ]

    def test_what_rotted_is_removed_and_the_rest_still_checked(self, r2, hub, listed):
        r2("models", "pull", "charades")
        path = listed()["charades"]["path"]
        with open(path, "r+b") as file:
            file.write(b"!")

        code, out, err = r2("models", "verify")

        assert code == 4
        assert f"{VIT_B_32.name}  ok" in out
        assert f"{path} is not the file that was published" in err
        assert not listed()["charades"]["downloaded"]
        assert r2("models", "pull", "charades")[0] == 0

    def test_nothing_to_verify(self, r2, hub):
        code, out, err = r2("models", "verify")

        assert (code, out) == (0, "")
        assert "r2 models pull --default" in err

    def test_what_is_not_here(self, r2, hub):
        code, out, err = r2("models", "verify", "charades")

        assert (code, out) == (4, "")
        assert "charades" in err.splitlines()[0]
        assert "not on this machine" in err.splitlines()[0]
        assert "2. save it as " in err


class TestPath:
    def test_is_the_file(self, r2, hub):
        r2("models", "pull", "charades")

        code, out, err = r2("models", "path", "charades")

        assert (code, err) == (0, "")
        with open(out.rstrip("\n"), "rb") as file:
            assert file.read() == CONTENT["charades"]

    def test_without_a_name_it_is_the_folder_for_own_files(self, r2, hub, tmp_path):
        assert r2("models", "path") == (0, f"{tmp_path / 'data' / 'models'}\n", "")

    def test_of_what_is_not_here(self, r2, hub):
        explained(r2("models", "path", "tacos"), 4, "r2 models pull tacos")


class TestRemove:
    def test_frees_the_room_and_forgets_the_digest(self, r2, hub, listed, tmp_path):
        r2("models", "pull", "charades")

        code, out, err = r2("models", "remove", VIT_B_32.name)

        assert (code, out) == (0, "clip-vit-b-32  removed, 80 kB free\n")
        assert err == "r2: charades will download clip-vit-b-32 again\n"
        assert not listed()[VIT_B_32.name]["downloaded"]
        assert len(list((tmp_path / "data" / "digests").iterdir())) == 1
        assert CONTENT[VIT_B_32.name] not in [p.read_bytes() for p in (tmp_path / "hf").rglob("*") if p.is_file()]

    def test_what_is_not_here(self, r2, hub):
        assert r2("models", "remove", "tacos") == (0, "tacos  was not here\n", "")

    def test_the_users_own_file_stays(self, r2, hub, tmp_path, listed):
        copy = tmp_path / "data" / "models" / "r2_tuning_charades-1de02112.pth"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(CONTENT["charades"])

        assert listed()["charades"]["path"] == str(copy)
        explained(r2("models", "remove", "charades"), 2, "put there by hand")
        assert copy.read_bytes() == CONTENT["charades"]

    def test_without_a_name(self, r2, hub):
        explained(r2("models", "remove"), 2, "r2 models remove charades")


def test_a_model_for_highlights_is_no_model_for_find(r2, films, hub):
    explained(r2("find", films / "short.mp4", "a dog", "--model", "youtube-dog"), 4, "rates highlights", "qvhighlights")
    assert hub.requests == []
