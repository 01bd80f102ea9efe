"""A worker killed with `kill -9` where a run writes: nothing half-made is ever live."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from recognition.calibration import SHIPPED
from recognition.engines.store import load, save_head
from recognition.models import ActiveModel, DocumentType, ModelVersion, Page, Prediction
from recognition.reading import reread_page
from recognition.registry import active_model
from recognition.states import PageStatus
from review.models import Label
from tests.doubles import ScriptedEngine
from tests.factories import make_model, make_page, make_type
from tests.training.labelled import installed_base, reviewed_page
from tests.workers import ROOT, worker_environment
from training.models import Dataset, EvaluatedLine, LabelDispute, TrainingRun, Trial
from training.requests import request_run
from training.runner import Ended
from training.runs import execute_run, sweep_runs
from training.serving import put_in_service
from training.states import RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 120.0

RUN = """
import json, sys
import django
django.setup()
from training.runner import Ended
from training.runs import execute_run
run, result = json.loads(sys.argv[1])
execute_run(run, trainer=lambda _, **rest: Ended(result, False, ""))
"""

REREAD = """
import json, sys
import django
django.setup()
from recognition.reading import reread_page
from tests.doubles import ScriptedEngine
reread_page(json.loads(sys.argv[1]), engines=lambda _: ScriptedEngine(("a", 0.9), ("b", 0.9)))
"""


def kill_where_it_writes(table: str, code: str, argument: Any) -> None:
    """Run `code` in a process of its own, hold it at its first write to `table`, and kill it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(argument)],
            cwd=ROOT,
            env={**worker_environment(), "DJANGO_SETTINGS_MODULE": "ocrsite.settings"},
        )
        deadline = time.monotonic() + WAIT_SECONDS
        while not _waits(cursor, table):
            assert process.poll() is None, "it ended without writing there"
            assert time.monotonic() < deadline, f"it did not come to write to {table}"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait(30)


def _waits(cursor: Any, table: str) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
    )
    return bool(cursor.fetchone()[0])


@pytest.fixture
def letters() -> DocumentType:
    """A type with labels enough for a verdict, and a base that serves."""
    installed_base()
    found = make_type("Letters")
    reviewed_page(found, "train", "one line to learn from")
    for number in range(3):
        reviewed_page(found, "test", *(f"held out {number} {at}" for at in range(8)))
    return found


def good_result() -> dict[str, Any]:
    """What a trainer would report of a candidate that the gate accepts; its files are stored."""
    store = Path(settings.MODEL_STORE)
    base = load(store, active_model(None).sha256)
    candidate = save_head(
        store,
        base.sha256,
        base.head.read_bytes(),
        base.characters(),
        SHIPPED.to_json().encode(),
        {"name": "Candidate", "for": str(time.monotonic())},
    )
    held_out = Label.objects.current().filter(text__startswith="held")
    rows = [
        {
            "label_id": label.pk,
            "document": str(label.line.page.document_id),
            "active_text": f"xx{label.text[2:]}",
            "candidate_text": label.text,
            "active_confidence": 0.5,
            "candidate_confidence": 0.9,
        }
        for label in held_out.select_related("line__page")
    ]
    return {
        "status": "succeeded",
        "candidate_sha256": candidate.sha256,
        "trained_dictionary_sha256": candidate.dictionary_sha256,
        "parity": {"lines": len(rows), "mismatched": 0, "max_difference": 0.0},
        "test": rows,
    }


@pytest.mark.parametrize(
    "table",
    [
        "training_dataset",
        "training_datasetitem",
        "recognition_modelversion",
        "training_evaluatedline",
        "recognition_activemodel",
        "recognition_activation",
        "training_trial",
    ],
)
def test_a_run_killed_at_any_write_changes_nothing_and_can_be_started_again(letters, table):
    before = active_model(letters)
    known = ModelVersion.objects.count()
    result = good_result()
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)

    kill_where_it_writes(table, RUN, [run.pk, result])

    run.refresh_from_db()
    assert (run.status, run.candidate) == (RunStatus.RUNNING, None)
    assert active_model(letters) == before
    assert not ActiveModel.objects.filter(document_type=letters).exists()
    assert ModelVersion.objects.count() == known
    assert not EvaluatedLine.objects.exists()
    assert not LabelDispute.objects.exists()
    assert not Trial.objects.exists()
    for dataset in Dataset.objects.all():
        assert dataset.items.count() == dataset.label_count

    silent = timezone.now() - timedelta(seconds=settings.TRAIN_HEARTBEAT_SECONDS + 5)
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=silent)
    sweep_runs()
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.FAILED, "worker_died")

    def trainer(job: Path, **_: Any) -> Ended:
        return Ended(result, cancelled=False, message="")

    again = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    assert execute_run(again.pk, trainer=trainer) == "accepted"
    assert active_model(letters) != before


def test_a_page_killed_while_it_is_read_again_keeps_its_reading_and_is_read_later():
    before = make_model(active=True)
    letters = make_type("Letters")
    page = make_page(letters, status=PageStatus.ACCEPTED)
    better = make_model(document_type=letters, files=True)
    put_in_service(version=better, document_type=letters, actor=None, reason="x")

    kill_where_it_writes("recognition_prediction", REREAD, page.pk)

    page.refresh_from_db()
    assert (page.model_version, page.status) == (before, PageStatus.ACCEPTED)
    assert not Prediction.objects.filter(model_version=better).exists()
    reread_page(page.pk, engines=lambda _: ScriptedEngine(("a", 0.9), ("b", 0.9)))
    assert Page.objects.get(pk=page.pk).model_version == better
    assert Prediction.objects.filter(model_version=better).count() == 2
