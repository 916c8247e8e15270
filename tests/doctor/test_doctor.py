"""`r2 doctor`: what it sees, what it advises, and that its exit code is the one of `r2 find`."""

from __future__ import annotations

import json
import os

import pytest

from r2cli.backbones import devices
from r2cli.doctor import models as health_models
from r2cli.doctor.checks import CHECKS
from r2cli.hub import room
from r2cli.settings import config_file


@pytest.fixture(autouse=True)
def no_hub(monkeypatch, tmp_path):
    """A hub that does not answer, and no downloads."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def here(monkeypatch, random_model):
    """The model in use is on this machine."""
    monkeypatch.setenv("R2_MODEL", str(random_model))


@pytest.fixture
def untried(monkeypatch):
    """Leave out the search of a film, which takes seconds."""
    from r2cli.doctor import checks

    monkeypatch.setattr(checks, "CHECKS", tuple(look for look in CHECKS if look.__name__ != "check_search"))


def report(r2) -> tuple[int, dict[str, dict]]:
    code, out, err = r2("doctor", "--json")
    assert err == ""
    document = json.loads(out)
    assert document["works"] == (code == 0)
    return code, {check["name"]: check for check in document["checks"]}


def test_where_everything_is_there_a_film_is_searched(r2, here):
    code, checks = report(r2)

    assert code == 0
    assert list(checks) == ["versions", "settings", "ffmpeg", "devices", "models", "hub", "folders", "search"]
    assert {check["state"] for name, check in checks.items() if name != "hub"} == {"ok"}
    facts = checks["search"]["facts"]
    assert facts["tried"]
    assert facts["clips"] == 4
    assert facts["precision"] in ("fp32", "bf16", "fp16")
    assert facts["why"]
    assert "h264" in checks["ffmpeg"]["facts"]["decoders"]
    assert os.access(checks["ffmpeg"]["facts"]["path"], os.X_OK)
    assert checks["devices"]["facts"]["devices"]["cpu"]["works"]
    assert checks["versions"]["facts"]["libraries"]["torch"] != "missing"


def test_for_people_it_ends_with_what_to_know(r2, here, untried):
    code, out, err = r2("doctor")

    assert (code, err) == (0, "")
    assert "\nr2 find works here.\n" in out
    assert out.splitlines()[-1].startswith("  hub: ")
    assert out.splitlines()[0].startswith("ok ")


def test_a_model_that_cannot_be_had_is_a_fault_with_the_way_out(r2, untried):
    code, checks = report(r2)

    assert code == 4
    assert checks["models"]["state"] == "fault"
    assert "r2 models pull qvhighlights" in checks["models"]["fix"]
    assert checks["hub"]["state"] == "note"
    assert "r2 find would fail here (exit code 4)" in r2("doctor")[1]


def test_a_model_that_could_be_downloaded_is_no_fault(r2, untried, monkeypatch):
    monkeypatch.setattr(health_models, "ask_hub", lambda file: "")

    code, checks = report(r2)

    assert (code, checks["models"]["state"]) == (0, "note")


def test_no_room_for_the_download_is_a_fault(r2, untried, monkeypatch):
    monkeypatch.setattr(health_models, "ask_hub", lambda file: "")
    monkeypatch.setattr(room, "free_space", lambda folder: 1_000_000)

    code, checks = report(r2)

    assert code == 4
    assert "make room" in checks["models"]["fix"]


def test_an_unknown_model_is_what_find_says(r2, untried, monkeypatch):
    monkeypatch.setenv("R2_MODEL", "qvh")

    code, checks = report(r2)

    assert code == 4
    assert "did you mean 'qvhighlights'" in checks["models"]["fix"]


def test_no_ffmpeg_is_a_fault_of_its_own(r2, here, untried, monkeypatch):
    monkeypatch.setenv("R2_FFMPEG", "/nowhere/ffmpeg")

    code, checks = report(r2)

    assert code == 5
    assert "/nowhere/ffmpeg" in checks["ffmpeg"]["lines"][0]


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_program_that_is_not_ffmpeg_is_seen(r2, here, untried, monkeypatch, tmp_path):
    (tmp_path / "other").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "other").chmod(0o755)
    monkeypatch.setenv("R2_FFMPEG", str(tmp_path / "other"))

    code, checks = report(r2)

    assert code == 5
    assert "is not ffmpeg" in checks["ffmpeg"]["lines"][0]


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
@pytest.mark.parametrize("how", ["found", "set"])
def test_an_ffmpeg_that_is_too_old_is_said(r2, here, untried, monkeypatch, tmp_path, how):
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\necho 'ffmpeg version 5.1.9-0+deb12u1 Copyright'\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    if how == "found":
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        monkeypatch.setenv("R2_FFMPEG", str(tmp_path / "ffmpeg"))

    check = report(r2)[1]["ffmpeg"]

    if how == "found":
        assert check["facts"]["origin"] == "imageio-ffmpeg"
        assert f"passed over: {tmp_path / 'ffmpeg'} is FFmpeg 5.1.9-0+deb12u1, older than 8" in check["lines"]
        assert check["state"] == "ok"
    else:
        assert check["state"] == "note"
        assert "older than 8" in check["fix"]


def test_broken_settings_do_not_keep_the_doctor_away(r2, here, untried, monkeypatch, tmp_path):
    monkeypatch.setenv("R2_CONFIG_DIR", str(tmp_path))
    config_file().write_text('device = "gpu"')

    code, checks = report(r2)

    assert code == 2
    assert list(checks) == ["versions", "settings"]
    assert checks["settings"]["state"] == "fault"
    assert "'gpu'" in checks["settings"]["lines"][0]


def test_a_card_that_does_not_work_is_advised_on_and_no_fault(r2, here, untried, monkeypatch):
    import torch

    def multiply(device):
        if device.type == "cuda":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return True

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA Pretend 1")
    monkeypatch.setattr(devices, "_multiplies", multiply)

    code, checks = report(r2)

    assert (code, checks["devices"]["state"]) == (0, "note")
    assert "cuda: NVIDIA Pretend 1 does not work (no kernel image" in checks["devices"]["lines"][0]
    assert "update its driver" in checks["devices"]["fix"]
    monkeypatch.setenv("R2_DEVICE", "cuda")
    assert report(r2)[0] == 2


def test_a_damaged_model_is_seen_by_trying_it(r2, monkeypatch, random_model, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(random_model.read_bytes()[:5000])
    damaged.with_suffix(".json").write_bytes(random_model.with_suffix(".json").read_bytes())
    monkeypatch.setenv("R2_MODEL", str(damaged))

    code, checks = report(r2)

    assert code == 4
    assert checks["models"]["state"] == "ok"
    assert "damaged" in checks["search"]["lines"][0]


def test_sizes_do_not_count_links(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert health_models.folder_size(tmp_path) == 5
    assert health_models.folder_size(tmp_path / "gone") == 0
    assert health_models.free_space(tmp_path / "gone" / "for" / "ever") > 0
