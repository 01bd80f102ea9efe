"""What the supervisor starts."""

import sys
from pathlib import Path

import pytest

from training.runner import ROOT, command_for


@pytest.mark.parametrize("devices", ["", "0"])
def test_one_device_is_one_process(devices):
    assert command_for(Path("/job"), devices) == [sys.executable, "-m", "training.child", "/job"]


def test_several_gpus_are_left_to_paddles_launcher():
    command = command_for(Path("/job"), "0,1")
    assert command[:5] == [sys.executable, "-m", "paddle.distributed.launch", "--devices", "0,1"]
    assert command[-2:] == [str(ROOT / "training" / "child.py"), "/job"]
    assert Path(command[-2]).exists()
