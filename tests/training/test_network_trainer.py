"""The real process that trains the whole network: killed, started again, and what it leaves."""

import json
import time

import pytest

from recognition.engines.store import export_paddleocr, load
from tests.training.conftest import train
from tests.training.rendered import make_job
from tests.training.test_trainer import stages, versions
from training.checkpoint import kept_step
from training.job import JobError, read_job
from training.runner import run_trainer
from training.settings import NetworkSettings

MODULE = "training.network_trainer"
QUICK = NetworkSettings(
    batch_lines=2,
    general_share=0.5,
    fewest_general=64,
    min_steps=12,
    max_steps=12,
    head_steps=2,
    frozen_blocks=13,
    frozen_lines=6,
    checkpoint_seconds=0,
)
COUNTS = {"train": 6, "validation": 1, "test": 3}
WAIT_SECONDS = 240.0


@pytest.fixture(scope="module")
def resumed(base, tmp_path_factory):
    """A training killed with `kill -9` after its second checkpoint, gone on with in two processes.

    Its folder and result, and the versions there were when it was killed.
    """
    folder = tmp_path_factory.mktemp("network") / "job"
    make_job(
        folder,
        base.store,
        base.sha256,
        counts=COUNTS,
        settings=QUICK,
        extra=(("no\u16a0", "train"), ("m" * 9, "train")),
    )
    raw = json.loads((folder / "job.json").read_text())
    raw["items"][-1]["text"] = "m" * 80
    (folder / "job.json").write_text(json.dumps(raw))
    before = versions(base.store)
    process = train(folder, MODULE)
    deadline = time.monotonic() + WAIT_SECONDS
    while (kept_step(folder) or 0) < 2:
        assert process.poll() is None, (folder / "error.txt").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait(30)
    assert not (folder / "result.json").exists()
    killed = versions(base.store) - before
    again = run_trainer(
        folder,
        max_seconds=WAIT_SECONDS,
        on_progress=lambda _: None,
        wants_stop=lambda: False,
        processes=2,
    )
    assert again.succeeded, again.message
    return folder, again.result, killed


def test_a_killed_training_leaves_nothing_live_and_goes_on_where_it_was(resumed):
    folder, result, killed = resumed
    assert killed == set()
    assert result["status"] == "succeeded"
    assert 2 <= result["resumed_at"] <= result["steps"] == 12
    # The head's first steps are not done again: they are in the checkpoint.
    seen = [row["stage"] for row in stages(folder)]
    last_start = len(seen) - seen[::-1].index("features")
    assert "warm_up" in seen[:last_start]
    assert "warm_up" not in seen[last_start:]


def test_the_result_is_a_base_with_the_whole_dictionary_and_what_is_new(resumed, base):
    _, result, _ = resumed
    made = load(base.store, result["candidate_sha256"])
    assert (made.kind, made.parent, made.base) == ("base", base.sha256, made.sha256)
    assert made.characters() == (*base.characters(), "\u16a0")
    assert result["new_characters"] == ["\u16a0"]
    assert result["classes"] < len(base.characters()) / 4
    assert made.dictionary_sha256 == result["trained_dictionary_sha256"]
    assert made.detector_sha256 == base.detector_sha256
    assert made.backbone_sha256 != base.backbone_sha256


def test_trained_network_and_stored_files_agree_on_every_test_line(resumed):
    _, result, _ = resumed
    parity = result["parity"]
    assert (parity["lines"], parity["mismatched"]) == (COUNTS["test"], 0)
    assert parity["max_difference"] < 1e-3


def test_every_line_of_a_network_run_is_accounted_for(resumed):
    _, result, _ = resumed
    assert sum(result["ledger"].values()) == sum(COUNTS.values()) + 2
    assert result["ledger"]["too_long"] == 1
    assert [row["reason"] for row in result["set_aside"]] == ["too_long"]


def test_both_models_were_compared_on_the_frozen_general_set(resumed):
    _, result, _ = resumed
    assert result["general"]["lines"] == QUICK.frozen_lines
    assert result["general"]["characters"] > QUICK.frozen_lines


def test_a_new_base_can_be_exported_for_paddleocr(resumed, base, tmp_path):
    _, result, _ = resumed
    target = export_paddleocr(base.store, result["candidate_sha256"], tmp_path / "exported")
    assert {path.name for path in target.iterdir()} == {"inference.onnx", "inference.yml"}


def test_a_job_of_unknown_depth_or_with_settings_of_another_cannot_run(resumed):
    folder, _, _ = resumed
    good = json.loads((folder / "job.json").read_text())
    with pytest.raises(JobError, match="not a head"):
        _ = read_job(folder).head_settings
    for change in ({"depth": "deep"}, {"depth": "head"}):
        (folder / "job.json").write_text(json.dumps({**good, **change}))
        with pytest.raises(JobError):
            read_job(folder)
    (folder / "job.json").write_text(json.dumps(good))
