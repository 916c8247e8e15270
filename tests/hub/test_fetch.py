"""Downloading, against a server that behaves like the hub; every call is a fresh process, as a user's is."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import sys

import pytest

from r2cli.hub import HubFile
from r2cli.hub.reasons import by_hand, explain, way_out
from tests.hub.conftest import begin_fetch
from tests.marks import guarded

CONTENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILE = {"repo": "someone/models", "path": "checkpoints/model.pth", "size": 512_000, "sha256": DIGEST[:8]}


@pytest.fixture(autouse=True)
def published(hub):
    hub.files["someone/models/checkpoints/model.pth"] = CONTENT


def one_line(outcome) -> bool:
    return "\n" not in outcome.error and outcome.stderr == ""


def test_a_file_arrives_whole_and_is_announced_with_its_source(fetch_apart, hub):
    outcome = fetch_apart(**FILE)

    assert outcome.path.read_bytes() == CONTENT
    assert outcome.notes == [f"downloading model.pth (512 kB) from {hub.url}/someone/models"]


def test_the_second_time_needs_no_network(fetch_apart, hub):
    first = fetch_apart(**FILE)
    hub.requests.clear()

    second = fetch_apart(**FILE)
    offline = fetch_apart(**FILE, environment={"HF_HUB_OFFLINE": "1"})

    assert hub.requests == []
    assert second.notes == offline.notes == []
    assert first.path == second.path == offline.path


def test_a_broken_transfer_is_resumed(fetch_apart, hub):
    large = CONTENT * 80  # the hub's client keeps what came in steps of 10 MB
    hub.files["someone/models/large.pth"] = large
    hub.cuts = 1

    outcome = fetch_apart(**FILE | {"path": "large.pth", "sha256": hashlib.sha256(large).hexdigest()})

    assert outcome.path.read_bytes() == large
    assert outcome.stderr == ""
    assert [request.split()[-1] for request in hub.requests if "bytes=" in request] == ["bytes=10485760-"]


@pytest.mark.guard
@pytest.mark.slow
def test_a_line_that_always_breaks_leaves_nothing_that_passes_for_the_file(fetch_apart, hub):
    hub.cuts = 1000

    outcome = fetch_apart(**FILE)

    assert outcome.exit_code == 4
    assert "could not be downloaded" in outcome.error
    assert one_line(outcome)
    hub.cuts = 0
    assert fetch_apart(**FILE).path.read_bytes() == CONTENT


def test_what_is_not_there_is_named(fetch_apart):
    outcome = fetch_apart(**FILE | {"path": "checkpoints/other.pth"})

    assert outcome.exit_code == 4
    assert "has no file checkpoints/other.pth in someone/models (HTTP 404)" in outcome.error
    assert one_line(outcome)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses"), guarded(403, "refuses"), (429, "asks to wait"), (503, "at the moment")]
)
def test_a_hub_that_refuses_is_quoted(fetch_apart, hub, status, words):
    hub.status = status

    outcome = fetch_apart(**FILE)

    assert outcome.exit_code == 4
    assert words in outcome.error
    assert f"HTTP {status}" in outcome.error
    assert len(hub.requests) <= 2  # not asked again and again
    assert one_line(outcome)


def test_a_server_that_is_no_hub_is_told_apart_from_no_network(fetch_apart, hub):
    hub.cdn = hub.url  # redirects to itself, and then lacks what the hub says about a file

    outcome = fetch_apart(**FILE)

    assert "does not answer as a Hugging Face hub does" in outcome.error
    assert one_line(outcome)


@pytest.mark.parametrize("environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_network_it_fails_and_says_what_to_do(fetch_apart, tmp_path, environment):
    outcome = fetch_apart(**FILE, environment=environment)

    assert outcome.exit_code == 4
    for part in ("model.pth is not on this machine", "r2 models pull model.pth (512 kB)", "sprites"):
        assert part in outcome.error
    assert one_line(outcome)


@pytest.mark.guard
@pytest.mark.slow
@pytest.mark.timeout(100)
def test_a_hub_that_never_answers_is_given_up(fetch_apart):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        outcome = fetch_apart(**FILE, environment={"HF_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"})

    assert outcome.exit_code == 4


@pytest.mark.parametrize("promised", [DIGEST[:8], ""], ids=["published digest", "the hub's own digest"])
def test_other_bytes_than_promised_are_not_kept(fetch_apart, hub, tmp_path, promised):
    hub.tampered = True

    outcome = fetch_apart(**FILE | {"sha256": promised})

    assert outcome.exit_code == 4
    assert "is not the file that was published" in outcome.error
    assert one_line(outcome)
    assert not [path for path in (tmp_path / "hf").rglob("*") if path.is_file() and path.stat().st_size == len(CONTENT)]
    hub.tampered = False
    assert fetch_apart(**FILE | {"sha256": promised}).path.read_bytes() == CONTENT


def test_a_file_that_rots_in_the_cache_is_noticed(fetch_apart):
    path = fetch_apart(**FILE).path
    path.resolve().write_bytes(CONTENT[:-1] + b"!")

    assert "was removed: run the same command again" in fetch_apart(**FILE).error
    assert fetch_apart(**FILE).path.read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["model.pth", "someone/models/checkpoints/model.pth", "known-as.pth"])
def test_a_copy_in_the_models_folder_needs_no_hub(fetch_apart, hub, tmp_path, name):
    copy = tmp_path / "models" / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT)
    alias = {"alias": name} if name == "known-as.pth" else {}

    outcome = fetch_apart(**FILE | alias)

    assert outcome.path == copy
    assert hub.requests == []


def test_a_wrong_copy_in_the_models_folder_is_reported_and_left(fetch_apart, tmp_path):
    copy = tmp_path / "models" / "model.pth"
    copy.parent.mkdir()
    copy.write_bytes(b"something else")

    outcome = fetch_apart(**FILE)

    assert f"{copy} is not the file that was published" in outcome.error
    assert copy.read_bytes() == b"something else"


def test_a_cache_that_cannot_be_written_is_named(fetch_apart, tmp_path):
    (tmp_path / "hf").write_text("a file where a folder should be")

    outcome = fetch_apart(**FILE)

    assert outcome.exit_code == 4
    assert f"cannot be written to {tmp_path / 'hf'}" in outcome.error
    assert one_line(outcome)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_cache_that_is_read_only_is_named(number):
    said = explain(PermissionError(number, "as the system says it"), HubFile("someone/models", "model.pth", 1))

    assert said.startswith("model.pth cannot be written to ")
    assert said.endswith(f"({os.strerror(number).lower()})")


def test_a_cache_that_is_read_only_serves_what_it_has(fetch_apart, tmp_path):
    path = fetch_apart(**FILE).path
    (tmp_path / "data" / "digests").rename(tmp_path / "was")
    (tmp_path / "data" / "digests").write_text("a file where a folder should be")

    assert fetch_apart(**FILE).path == path


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are POSIX's")
def test_a_disk_that_fills_up_is_named_and_nothing_is_left(hub_environment, tmp_path):
    full = begin_fetch(hub_environment, limit=len(CONTENT) // 2, **FILE)()

    assert full.exit_code == 4
    assert f"no room on the disk for model.pth (512 kB) in {tmp_path / 'hf'}" in full.error
    assert one_line(full)
    assert not [path for path in (tmp_path / "hf").rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert begin_fetch(hub_environment, **FILE)().path.read_bytes() == CONTENT


@pytest.mark.slow
def test_a_hub_that_falls_silent_is_given_up_and_tried_again(fetch_apart, hub):
    hub.stalls = True

    outcome = fetch_apart(**FILE, environment={"HF_HUB_DOWNLOAD_TIMEOUT": "1"})

    assert outcome.exit_code == 4
    assert "could not be downloaded" in outcome.error
    assert one_line(outcome)
    hub.stalls = False
    assert fetch_apart(**FILE).path.read_bytes() == CONTENT


@pytest.mark.guard
@pytest.mark.slow
def test_two_processes_that_want_the_same_file_download_it_once(hub_environment, hub):
    hub.seconds_per_transfer = 3

    both = [begin_fetch(hub_environment, **FILE) for _ in range(2)]

    assert [finish().path.read_bytes() for finish in both] == [CONTENT, CONTENT]
    assert len([request for request in hub.requests if request.startswith("GET /cdn/")]) == 1


def test_the_whole_digest_is_recorded_and_held_to(fetch_apart, hub, tmp_path):
    file = FILE | {"sha256": "", "name": "someones"}
    first = fetch_apart(**file).path
    first.resolve().unlink()
    first.unlink()
    hub.files["someone/models/checkpoints/model.pth"] = CONTENT[::-1]

    replaced = fetch_apart(**file)

    (record,) = (tmp_path / "data" / "digests").iterdir()
    assert json.loads(record.read_text())["sha256"] == DIGEST
    assert replaced.exit_code == 4
    assert "model.pth is not the file that was here before: someone/models has another one now" in replaced.error
    assert "r2 models remove someones" in replaced.error
    assert one_line(replaced)
    record.unlink()
    assert fetch_apart(**file).path.read_bytes() == CONTENT[::-1]


def test_content_that_the_cache_shares_with_others_is_known_by_the_first_link(fetch_apart, tmp_path):
    """Newer clients keep content once per machine, under a name that is no sha256."""
    blob = fetch_apart(**FILE | {"sha256": ""}).path.resolve()
    shared = tmp_path / ("f" * 64)
    blob.rename(shared)
    blob.symlink_to(shared)
    (tmp_path / "data" / "digests").rename(tmp_path / "was")

    assert fetch_apart(**FILE | {"sha256": ""}).error == ""


def test_what_is_missing_besides_is_named_too(monkeypatch, tmp_path):
    monkeypatch.setenv("R2_MODELS_DIR", str(tmp_path))
    file = HubFile("someone/models", "a folder/model.pth", 11_000_000, name="model")
    there, missing = (HubFile("some/clip", f"{name}.safetensors", 605_000_000) for name in ("there", "missing"))
    (tmp_path / "there.safetensors").touch()

    assert "r2 models pull model (616 MB);" in way_out(file, (file, there, missing))
    assert "r2 models pull model (11 MB);" in way_out(file, (file, there))
    assert by_hand(file, (file, there, missing)) == (
        "without one, fetch it elsewhere:",
        "1. download https://huggingface.co/someone/models/resolve/main/a%20folder/model.pth (model.pth, 11 MB)",
        f"2. save it as {tmp_path / 'model.pth'}",
        "3. download https://huggingface.co/some/clip/resolve/main/missing.safetensors (missing.safetensors, 605 MB)",
        f"4. save it as {tmp_path / 'missing.safetensors'}",
    )


def test_what_killed_downloads_left_is_removed_once_nobody_writes_it(fetch_apart, tmp_path):
    blobs = tmp_path / "hf" / "hub" / "models--someone--models" / "blobs"
    blobs.mkdir(parents=True)
    old, running = (blobs / f"{DIGEST}.{tail}.incomplete" for tail in ("0123abcd", "4567abcd"))
    for path in (old, running):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))

    outcome = fetch_apart(**FILE)

    assert outcome.path.read_bytes() == CONTENT
    assert not old.exists()
    assert running.exists()
