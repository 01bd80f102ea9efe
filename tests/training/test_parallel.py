"""Processes that train together on a processor's cores, as Paddle's launcher starts them."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.training.rendered import make_job
from training.job import Progress
from training.parallel import own_folder
from training.runner import command_for, environment, most_processes, run_trainer
from training.settings import NetworkSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture(scope="module")
def told(folder):
    """What each of two processes found."""
    *launch, _, _ = command_for(folder, "", 2)
    script = Path(__file__).with_name("ranks.py")
    done = subprocess.run(
        [*launch, str(script), str(folder)], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def test_each_line_is_learnt_from_by_one_process(told):
    assert [one["count"] for one in told] == [2, 2]
    assert [one["mine"] for one in told] == [[1.0, 3.0], [2.0]]


def test_all_start_from_the_same_weights(told):
    assert told[0]["start"] == told[1]["start"]


def test_together_they_make_the_step_that_one_would_make(told):
    for one in told:
        ours, alone = one["gradient"]
        assert ours == pytest.approx(alone, rel=1e-5)
        assert one["loss"][0] == pytest.approx(one["loss"][1], rel=1e-5)
    assert told[0]["gradient"] == told[1]["gradient"]


def test_a_loss_that_is_no_number_is_none_for_all(told):
    assert [one["spoilt"] for one in told] == [True, True]


def test_they_agree_on_the_first_ones_clock_and_add_up_what_they_counted(told):
    assert [one["agreed"] for one in told] == [0.1, 0.1]
    assert [one["added"] for one in told] == [[3.0, 20.0]] * 2


def test_the_first_ones_arrays_are_everybodys(told):
    assert [one["first"] for one in told] == [[[5.0, 5.0]]] * 2


def test_each_hears_what_the_others_read_and_the_first_has_the_features(told, folder):
    said = [[[0, "é0", None, 1.0, [2, 3]]], [[1, "é1", 0.5, 1.0, [2, 3]]]]
    first, second = (one["shares"] for one in told)
    assert [share[0] for share in first] == [share[0] for share in second] == said
    assert [share[2] for share in first] == [share[2] for share in second] == [[0, 1], [1, 0]]
    zeros, ones = [[0.0] * 3] * 2, [[1.0] * 3] * 2
    assert [share[1] for share in first] == [[zeros], [ones]]
    assert [share[1] for share in second] == [[], []]
    assert list((folder / "shares").iterdir()) == []


def test_a_process_beside_the_first_writes_into_a_folder_of_its_own(tmp_path, monkeypatch):
    assert own_folder(tmp_path) == tmp_path
    monkeypatch.setenv("PADDLE_TRAINER_ID", "1")
    Progress(own_folder(tmp_path)).tell("features", 0, 1)
    assert [path.name for path in tmp_path.rglob("*.jsonl")] == ["progress.jsonl"]
    assert not (tmp_path / "progress.jsonl").exists()


def test_when_one_process_dies_all_end_and_the_run_says_so(base, tmp_path):
    folder = tmp_path / "job"
    slow = NetworkSettings(min_steps=5_000, passes=1_000, head_steps=0)
    make_job(folder, base.store, base.sha256, counts={"train": 24, "test": 4}, settings=slow)
    killed: list[int] = []

    def kill_one(_: object) -> None:
        for process in psutil.Process().children(recursive=True) if not killed else ():
            started = folder / "ranks" / "1" / "progress.jsonl"
            if started.exists() and process.environ().get("PADDLE_TRAINER_ID") == "1":
                os.kill(process.pid, signal.SIGKILL)
                killed.append(process.pid)

    ended = run_trainer(
        folder, max_seconds=300, on_progress=kill_one, wants_stop=lambda: False, processes=2
    )
    assert killed
    assert not ended.succeeded
    assert not ended.cancelled
    assert "set TRAIN_PROCESSES lower" in ended.message
    assert none_left(folder)


def test_all_are_stopped_at_once(base, tmp_path):
    folder = tmp_path / "job"
    slow = NetworkSettings(min_steps=5_000, passes=1_000, head_steps=0)
    make_job(folder, base.store, base.sha256, counts={"train": 24, "test": 4}, settings=slow)
    ended = run_trainer(
        folder,
        max_seconds=300,
        on_progress=lambda _: None,
        wants_stop=(folder / "ranks" / "1" / "progress.jsonl").exists,
        processes=2,
    )
    assert ended.cancelled
    assert ended.message == "It was stopped by hand."
    assert none_left(folder)


def none_left(folder: Path) -> bool:
    """Whether every process of the job has ended, or does so within seconds."""
    for _ in range(100):
        found = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
        if not any(str(folder) in words for words in found):
            return True
        time.sleep(0.2)
    return False


def test_what_a_process_beside_the_first_failed_of_is_what_the_run_says(base, tmp_path):
    folder = tmp_path / "job"
    make_job(
        folder,
        base.store,
        base.sha256,
        counts={"train": 2, "test": 1},
        settings=NetworkSettings(min_steps=2, max_steps=2),
    )
    raw = json.loads((folder / "job.json").read_text())
    raw["base_sha256"] = "0" * 64
    (folder / "job.json").write_text(json.dumps(raw))
    ended = run_trainer(
        folder, max_seconds=300, on_progress=lambda _: None, wants_stop=lambda: False, processes=2
    )
    assert ended.result["code"] == "model_missing"
    assert "000000000000" in ended.message


@pytest.mark.parametrize(
    ("cores", "gigabytes", "expected"), [(2, 24, 2), (2, 4, 1), (1, 64, 1), (64, 256, 8)]
)
def test_there_are_as_many_as_the_cores_and_the_memory_take(
    monkeypatch, cores, gigabytes, expected
):
    memory = type("Memory", (), {"total": gigabytes * 2**30})
    monkeypatch.setattr("training.runner.psutil.virtual_memory", memory)
    monkeypatch.setattr("training.runner.os.sched_getaffinity", lambda _: set(range(cores)))
    assert most_processes() == expected
