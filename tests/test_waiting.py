import os

import pytest

from r2cli.waiting import share_cores


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "")  # noted, to be put back at the end
        monkeypatch.delenv(name)


def test_threads_that_wait_soon_sleep():
    share_cores()
    assert 0 < int(os.environ["GOMP_SPINCOUNT"]) < 100_000


def test_what_the_user_said_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "infinity")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "infinity"


def test_a_policy_is_not_overruled(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    share_cores()
    assert "GOMP_SPINCOUNT" not in os.environ
