"""What the supervisor starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training import runner
from training.runner import ROOT, command_for, environment


@pytest.mark.parametrize("devices", ["", "0"])
def test_one_device_is_one_process(devices):
    assert command_for(Path("/job"), devices) == [sys.executable, "-m", "training.child", "/job"]


def test_several_gpus_are_left_to_paddles_launcher():
    command = command_for(Path("/job"), "0,1")
    assert command[:5] == [sys.executable, "-m", "paddle.distributed.launch", "--devices", "0,1"]
    assert command[-2:] == [str(ROOT / "training" / "child.py"), "/job"]
    assert Path(command[-2]).exists()


def test_several_processes_share_a_processors_cores():
    command = command_for(Path("/job"), "0", processes=2)
    assert command[2:5] == ["paddle.distributed.launch", "--nproc_per_node", "2"]
    assert environment("0")["PADDLE_DISTRI_BACKEND"] == "gloo"
    assert "PADDLE_DISTRI_BACKEND" not in environment("0,1")


def test_a_child_started_by_its_path_finds_pythons_own_modules(tmp_path):
    """As the launcher starts it. Several processes without a GPU end with a reason."""
    (tmp_path / "job.json").write_text('{"store": "x", "base_sha256": "0", "items": []}')
    held, supervisor = os.pipe()  # it ends where this is closed
    child = subprocess.run(
        [sys.executable, *command_for(tmp_path, "0,1")[-2:]],
        env={**environment("0,1"), "PADDLE_TRAINERS_NUM": "2"},
        stdin=held,
        capture_output=True,
    )
    os.close(supervisor)
    os.close(held)
    assert child.returncode == 1, child.stderr
    assert "Paddle sees none here" in json.loads((tmp_path / "result.json").read_text())["message"]


@pytest.mark.parametrize(
    ("vendor", "flags", "told"),
    [
        ("AuthenticAMD", "fpu sse4_2 avx2 bmi2", {"MKL_DEBUG_CPU_TYPE": "5"}),
        ("AuthenticAMD", "fpu sse4_2 avx", {}),
        ("GenuineIntel", "fpu sse4_2 avx2 avx512f", {}),
    ],
)
def test_the_matrix_library_is_told_what_an_amd_processor_can_do(tmp_path, vendor, flags, told):
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: {flags}\n\n")
    assert runner._matrix_code(processor) == told


def test_where_the_processor_is_not_known_the_library_chooses(tmp_path):
    assert runner._matrix_code(tmp_path / "cpuinfo") == {}


@pytest.mark.parametrize("name", ["MKL_DEBUG_CPU_TYPE", "GLIBC_TUNABLES"])
def test_an_operators_word_counts(monkeypatch, name):
    monkeypatch.setenv(name, "theirs")
    assert environment()[name] == "theirs"
