import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import export_paddleocr, install_base, load
from recognition.metrics import cer
from tests.training.conftest import COUNTS, EXTRA, train
from tests.training.rendered import FAST, make_job
from training.gate import Parity, decide, lines_from_result
from training.job import Item, JobError, read_job, write_job
from training.settings import TrainSettings
from training.trainer import settings_here


def stages(folder: Path) -> list[dict[str, Any]]:
    path = folder / "progress.jsonl"
    return [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []


def wait_for_stage(folder: Path, stage: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while not any(row["stage"] == stage for row in stages(folder)):
        assert process.poll() is None, (folder / "error.txt").read_text()
        assert time.monotonic() < deadline, f"{stage} was not reached"
        time.sleep(0.05)


def versions(store: Path) -> set[str]:
    return {path.name for path in store.iterdir() if len(path.name) == 64}


def test_held_out_lines_are_read_better_after_training(trained):
    _, result, truths, _ = trained
    rows = result["test"]
    before = cer((truths[str(row["label_id"])], row["active_text"]) for row in rows)
    after = cer((truths[str(row["label_id"])], row["candidate_text"]) for row in rows)
    assert before > 0.3, "the drawn script must be hard for the base"
    assert after < before / 2


@pytest.mark.parametrize(("known", "passes"), [(0, 20), (33, 20), (34, 10), (100, 10)])
def test_a_head_that_knows_a_third_of_the_lines_takes_half_the_passes(tmp_path, known, passes):
    splits = ["train"] * 100 + ["test"] * 30
    items = [Item("a.png", "a", split, "d", "0" * 64, at) for at, split in enumerate(splits)]
    write_job(tmp_path, store=tmp_path, base_sha256="0" * 64, items=items, known=known)
    assert settings_here(read_job(tmp_path)).passes == passes


def test_the_gate_accepts_what_the_trainer_made(trained):
    _, result, truths, base = trained
    candidate = load(base.store, result["candidate_sha256"])
    verdict = decide(
        lines_from_result(result["test"], truths),
        parity=Parity(**result["parity"]),
        trained_dictionary_sha256=result["trained_dictionary_sha256"],
        exported_dictionary_sha256=candidate.dictionary_sha256,
    )
    assert verdict.accept, verdict.reasons
    assert result["parity"]["mismatched"] == 0
    assert result["parity"]["lines"] == COUNTS["test"]
    assert result["parity"]["max_difference"] < 1e-4


def test_every_line_is_accounted_for(trained):
    result = trained.result
    ledger = result["ledger"]
    assert sum(ledger.values()) == sum(COUNTS.values()) + len(EXTRA)
    assert ledger["too_long"] == 1
    assert ledger["trained"] == COUNTS["train"] + 1
    assert (ledger["validation"], ledger["test"]) == (COUNTS["validation"], COUNTS["test"])


def test_a_new_character_is_in_the_dictionary_of_the_new_version(trained):
    _, result, _, base = trained
    candidate = load(base.store, result["candidate_sha256"])
    assert result["new_characters"] == ["\u16a0"]
    assert "\u16a0" in candidate.characters()
    assert "\u16a0" not in base.characters()
    assert candidate.dictionary_sha256 == result["trained_dictionary_sha256"]
    assert (candidate.parent, candidate.kind) == (base.sha256, "head")


def test_progress_tells_every_stage_in_order(trained):
    folder, result, *_ = trained
    rows = stages(folder)
    seen = list(dict.fromkeys(row["stage"] for row in rows))
    assert seen == ["features", "training", "exporting", "evaluating", "done"]
    curve = [row for row in rows if row["stage"] == "training"]
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert len(curve) == len(result["curve"])
    assert all(row["learning_rate"] > 0 for row in curve)
    assert result["seconds"] > 0
    assert result["peak_memory_mb"] > 100


def test_paddleocr_loads_the_export_and_reads_the_same(trained, tmp_path):
    folder, result, _, base = trained
    target = export_paddleocr(base.store, result["candidate_sha256"], tmp_path / "exported")
    from paddleocr import TextRecognition

    model = TextRecognition(
        model_name="PP-OCRv6_small_rec", model_dir=str(target), engine="onnxruntime"
    )
    engine = PaddleEngine(load(base.store, result["candidate_sha256"]), precision="float32")
    for path in sorted((folder / "crops").iterdir())[:6]:
        crop = np.asarray(PillowImage.open(path).convert("RGB"), dtype=np.uint8)
        # As wide as both prepare a line without padding of their own.
        crop = np.pad(
            crop,
            ((0, 0), (0, max(352, -crop.shape[1] // 32 * -32) - crop.shape[1]), (0, 0)),
            mode="edge",
        )
        (found,) = model.predict(np.ascontiguousarray(crop[:, :, ::-1]))
        assert found["rec_text"] == engine.recognise_crops([crop])[0].text


def test_sigterm_cancels_and_leaves_the_store_as_it_was(base, tmp_path):
    before = versions(base.store)
    folder = tmp_path / "job"
    slow = TrainSettings(passes=1000, max_steps=5000, patience=1000)
    make_job(folder, base.store, base.sha256, counts={"train": 24, "test": 4}, settings=slow)
    process = train(folder)
    wait_for_stage(folder, "training", process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    result = json.loads((folder / "result.json").read_text())
    assert (result["status"], result["code"]) == ("cancelled", "cancelled")
    assert (folder / "error.txt").read_text().splitlines()[-1] == result["message"]
    assert versions(base.store) == before


@pytest.mark.parametrize("stage", ["features", "exporting"])
def test_kill_9_leaves_nothing_half_made_in_the_store(tmp_path, stage):
    own_store = tmp_path / "store"
    base = install_base(own_store)
    folder = tmp_path / "job"
    quick = TrainSettings(passes=1, min_steps=4, max_steps=4)
    make_job(folder, own_store, base.sha256, counts={"train": 16, "test": 4}, settings=quick)
    process = train(folder)
    wait_for_stage(folder, stage, process)
    process.kill()
    process.wait(10)
    assert not (folder / "result.json").exists()
    for sha256 in versions(own_store):
        load(own_store, sha256)
    assert load(own_store, base.sha256) == base


def test_without_a_validation_split_the_whole_schedule_runs_and_test_stays_test(base, tmp_path):
    folder = tmp_path / "job"
    quick = TrainSettings(passes=1, min_steps=6, max_steps=6)
    make_job(folder, base.store, base.sha256, counts={"train": 16, "test": 4}, settings=quick)
    process = train(folder)
    assert process.wait(240) == 0, (folder / "error.txt").read_text()
    result = json.loads((folder / "result.json").read_text())
    assert result["steps"] == result["best_step"] == 6
    assert not result["stopped_early"]
    assert all(point["validation_cer"] is None for point in result["curve"])
    assert result["ledger"]["trained"] == 16
    # A second training may start from the first one's head.
    raw = json.loads((folder / "job.json").read_text())
    raw["base_sha256"] = raw["active_sha256"] = result["candidate_sha256"]
    (folder / "job.json").write_text(json.dumps(raw))
    assert train(folder).wait(240) == 0, (folder / "error.txt").read_text()
    second = json.loads((folder / "result.json").read_text())
    head = load(base.store, second["candidate_sha256"])
    assert (head.parent, head.base) == (result["candidate_sha256"], base.sha256)


def test_a_job_that_cannot_run_says_why(base, tmp_path):
    folder = tmp_path / "job"
    make_job(folder, base.store, base.sha256, counts={"train": 1, "test": 1})
    good = json.loads((folder / "job.json").read_text())

    def refused(**changes: Any) -> str:
        (folder / "job.json").write_text(json.dumps({**good, **changes}))
        with pytest.raises(JobError) as caught:
            read_job(folder)
        return str(caught.value)

    assert "learning_rat" in refused(settings={"learning_rat": 1})
    assert "unknown entries: bsae" in refused(bsae="")
    assert "split" in refused(items=[{**good["items"][0], "split": "tset"}])
    (folder / "job.json").write_text("{")
    with pytest.raises(JobError):
        read_job(folder)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_sha256": "0" * 64}, "model_missing"),
        ({"crop": "crops/../../outside.png"}, "bad_job"),
        ({"crop": "crops/none.png"}, "bad_job"),
        ({"crop_sha256": "0" * 64}, "bad_job"),
        ({"split": "test"}, "bad_job"),
    ],
)
def test_a_failure_is_a_result_with_a_reason(base, tmp_path, change, code):
    from training.trainer import main

    folder = tmp_path / "job"
    make_job(folder, base.store, base.sha256, counts={"train": 1}, settings=FAST)
    raw = json.loads((folder / "job.json").read_text())
    if "base_sha256" in change:
        raw.update(change)
    else:
        raw["items"][0].update(change)
    (folder / "job.json").write_text(json.dumps(raw))
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert main([str(folder)]) == 1
    finally:
        signal.signal(signal.SIGTERM, handler)
    result = json.loads((folder / "result.json").read_text())
    assert (result["status"], result["code"]) == ("failed", code)
    assert len(result["message"]) > 20
