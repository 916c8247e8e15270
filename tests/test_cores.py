"""What a process takes for itself: cores that it is pinned to, memory that there is, within its container's share."""

from __future__ import annotations

import os

import pytest

from r2cli import process
from r2cli.process import container_share, usable_cores, usable_memory
from r2cli.video import probe, sample_frames
from r2cli.video.sampling.selective import Crew
from tests.films import make_film


@pytest.fixture
def container(tmp_path, monkeypatch):
    """container(membership, {file: content}): a machine of 8 cores with such control groups."""

    def build(membership: str, files: dict[str, str]) -> None:
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        (tmp_path / "membership").write_text(membership)
        monkeypatch.setattr(process, "CGROUPS", tmp_path)
        monkeypatch.setattr(process, "OWN_CGROUPS", tmp_path / "membership")
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)

    return build


@pytest.mark.parametrize(
    ("membership", "files", "share"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/box/job\n", {"box/job/cpu.max": "max 100000\n", "box/cpu.max": "300000 100000"}, 3.0),
        ("0::/of/the/host\n", {"cpu.max": "200000 100000"}, 2.0),
        ("3:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 2.5),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("4:memory:/\n", {"cpu.max": "100000 100000"}, None),
        ("rubbish\n\n", {"cpu.max": "rubbish"}, None),
    ],
)
def test_the_share_of_a_container(container, membership, files, share):
    container(membership, files)

    assert container_share() == share
    assert usable_cores() == (8 if share is None else -(-share // 1))


def test_pinned_to_fewer_cores_than_the_share(container, monkeypatch):
    container("0::/\n", {"cpu.max": "400000 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)

    assert usable_cores() == 1


def test_a_machine_without_control_groups(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "OWN_CGROUPS", tmp_path / "gone")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert usable_cores() == os.cpu_count()


def test_decoders_follow_the_share_of_a_container(container, tmp_path, monkeypatch):
    container("0::/\n", {"cpu.max": "200000 100000"})
    planned: list[int] = []
    plan = Crew.for_jobs
    monkeypatch.setattr(Crew, "for_jobs", lambda *asked, **more: planned.append(asked[-1]) or plan(*asked, **more))
    video = probe(make_film(tmp_path / "film.mp4", frames=100))
    for _ in sample_frames(video, 1, 32):
        pass
    assert planned == [2]


@pytest.mark.parametrize(
    ("membership", "files", "gigabytes"),
    [
        ("0::/\n", {"memory.max": "max\n"}, 16),
        ("0::/\n", {"memory.max": "4000000000\n"}, 4),
        ("0::/box/job\n", {"box/job/memory.max": "max\n", "box/memory.max": "3000000000"}, 3),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "2000000000"}, 2),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, 16),
        ("", {}, 16),
    ],
)
def test_memory_is_the_least_of_what_there_is_and_what_is_granted(container, monkeypatch, membership, files, gigabytes):
    container(membership, files)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 4_000_000, "SC_PAGE_SIZE": 4000}.get, raising=False)
    assert usable_memory() == gigabytes * 10**9
