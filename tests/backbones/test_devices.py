"""`--device`: what is really tried, what it accepts, and what it says when it cannot."""

from __future__ import annotations

import warnings

import pytest
import torch

from r2cli.backbones import devices
from r2cli.backbones.devices import Trial, choose_device, first_line, is_out_of_memory, try_device
from r2cli.errors import CommandLineError

NO_KERNEL = """CUDA error: no kernel image is available for execution on the device
CUDA kernel errors might be asynchronously reported at some other API call.
For debugging consider passing CUDA_LAUNCH_BLOCKING=1"""


@pytest.fixture
def machine(monkeypatch):
    """machine(cuda=…, mps=…): devices that torch lists; a text is the fault that comes of using one."""

    def pretend(*, cuda: bool | str, mps: bool | str) -> None:
        faults = {"cuda": cuda, "mps": mps}
        really = devices._multiplies

        def multiply(device: torch.device) -> bool:
            if isinstance(fault := faults.get(device.type), str):
                raise RuntimeError(fault)
            return True if device.type in faults else really(device)

        monkeypatch.setattr(devices, "_multiplies", multiply)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(cuda))
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA Pretend 1")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(mps))

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_there_is(machine, cuda, mps, expected):
    machine(cuda=cuda, mps=mps)
    notes: list[str] = []

    assert choose_device("auto", on_note=notes.append).type == expected
    assert notes == []


def test_auto_passes_over_a_card_that_fails_with_one_line(machine):
    machine(cuda=NO_KERNEL, mps=False)
    notes: list[str] = []

    assert choose_device("auto", on_note=notes.append).type == "cpu"
    assert notes == [
        "the NVIDIA Pretend 1 cannot be used (no kernel image is available for execution on the device): "
        "computing on the processor"
    ]


def test_a_card_that_is_named_and_fails_is_a_wrong_command_line(machine):
    machine(cuda=NO_KERNEL, mps=False)

    with pytest.raises(CommandLineError, match=r"CUDA.*\(no kernel image is available[^\n]*\) - use device='auto'"):
        choose_device("cuda")


def test_a_driver_that_is_too_old_is_told_of(monkeypatch):
    def complain() -> bool:
        warnings.warn(
            "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update "
            "your GPU driver by downloading and installing a new version from the URL: http://www.nvidia.com/",
            stacklevel=1,
        )
        return False

    monkeypatch.setattr(torch.cuda, "is_available", complain)
    notes: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert choose_device("auto", on_note=notes.append).type in ("mps", "cpu")
    (note,) = notes
    assert "(The NVIDIA driver on your system is too old (found version 11040))" in note


def test_a_device_that_computes_nonsense_is_not_believed(machine, monkeypatch):
    machine(cuda=True, mps=False)
    monkeypatch.setattr(devices, "_multiplies", lambda device: device.type != "cuda")

    assert try_device("cuda").fault == "it computes wrong results"
    assert choose_device("auto").type == "cpu"


def test_the_processor_is_really_tried():
    trial = try_device("cpu")

    assert trial.works
    assert trial.name


def test_a_product_that_is_wrong_is_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: self * 1.1)

    assert not devices._multiplies(torch.device("cpu"))


def test_a_device_that_is_not_listed_is_no_fault(machine):
    machine(cuda=False, mps=False)

    assert try_device("cuda") == Trial("cuda", "")
    assert not try_device("cuda").works


def test_cpu_is_always_there(machine):
    machine(cuda=True, mps=True)

    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_a_wrong_command_line(machine, name):
    machine(cuda=False, mps=False)

    with pytest.raises(CommandLineError, match=name.upper()) as caught:
        choose_device(name)
    assert caught.value.exit_code == 2
    assert "device='auto'" in caught.value.hint


def test_an_unknown_word_lists_the_known_ones():
    with pytest.raises(CommandLineError, match=r"'gpu'.*auto, cuda, mps, cpu"):
        choose_device("gpu")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 3.80 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError(NO_KERNEL), False),
        (ValueError("out of memory"), False),
    ],
)
def test_want_of_memory_is_told_from_other_faults(error, expected):
    assert is_out_of_memory(error) is expected


def test_messages_are_cut_to_what_happened():
    assert first_line(RuntimeError(NO_KERNEL)) == "no kernel image is available for execution on the device"
    assert first_line(RuntimeError("")) == "RuntimeError"
