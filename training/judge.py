"""From a trainer's result to a verdict, and from an accepting verdict into service."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from recognition.engines.store import load
from recognition.metrics import edits
from recognition.registry import VersionFacts, active_model, register_version
from recognition.states import move
from training.gate import Parity, decide, lines_from_result
from training.models import Dataset, EvaluatedLine, TrainingRun
from training.serving import put_in_service
from training.states import RUN_MOVES, RunStatus, Split, Stage


def conclude(run: TrainingRun, dataset: Dataset, result: dict[str, Any]) -> str:
    """Register the candidate, store what both models read, judge, and activate if proven better.

    All in one transaction: a run killed here has no candidate and leaves the active model as it
    was. Returns the outcome's name.
    """
    files = load(Path(settings.MODEL_STORE), str(result["candidate_sha256"]))
    items = {
        str(item.label_id): item for item in dataset.items.filter(split=Split.TEST).order_by("pk")
    }
    rows = [row for row in result["test"] if str(row["label_id"]) in items]
    verdict = decide(
        lines_from_result(rows, {key: item.text for key, item in items.items()}),
        parity=Parity(**result["parity"]),
        trained_dictionary_sha256=str(result["trained_dictionary_sha256"]),
        exported_dictionary_sha256=files.dictionary_sha256,
    )
    with transaction.atomic():
        candidate = register_version(
            VersionFacts(
                sha256=files.sha256,
                name=files.name,
                kind=files.kind,
                dictionary_sha256=files.dictionary_sha256,
                preprocessing_version=files.preprocessing_version,
                calibration_version=files.calibration_version,
            ),
            document_type=run.document_type,
            parent=run.base,
        )
        EvaluatedLine.objects.bulk_create(
            EvaluatedLine(
                run=run,
                item=item,
                active_text=row["active_text"],
                candidate_text=row["candidate_text"],
                active_edits=edits(item.text, row["active_text"]),
                candidate_edits=edits(item.text, row["candidate_text"]),
                characters=len(item.text),
            )
            for row in rows
            for item in [items[str(row["label_id"])]]
        )
        findings = verdict.as_dict()
        if verdict.accept and active_model(run.document_type) != run.base:
            findings["accept"] = False
            findings["reasons"] = [
                {
                    "code": "active_model_changed",
                    "sentence": "Another model went into service while this one was trained, so "
                    "the comparison is with the wrong one. Start the run again.",
                }
            ]
        report = {key: value for key, value in result.items() if key not in ("test", "curve")}
        if not move(
            TrainingRun.objects.filter(pk=run.pk),
            RunStatus.SUCCEEDED,
            RUN_MOVES,
            candidate=candidate,
            result=report,
            verdict=findings,
            stage=Stage.DONE,
            progress=1.0,
            finished_at=timezone.now(),
        ):
            return "not running any more"
        if findings["accept"]:
            put_in_service(
                version=candidate,
                document_type=run.document_type,
                actor=None,
                reason=f"Run {run.pk}: error rate {_percent(verdict.before)} before, "
                f"{_percent(verdict.after)} now, on {verdict.lines} held-out lines.",
            )
            return "accepted"
    return "refused"


def _percent(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate * 100:.1f} %"
