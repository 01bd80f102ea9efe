"""From a trainer's result to a verdict, and from an accepting verdict into service."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from recognition.engines.store import load
from recognition.metrics import edits
from recognition.registry import VersionFacts, active_model, register_version
from recognition.states import move
from training.characters import script_of
from training.disputes import raise_disputes
from training.gate import Cost, Parity, Reason, decide, lines_from_result, may_be_tried
from training.hunt import of_result
from training.models import Dataset, DatasetItem, EvaluatedLine, TrainingRun
from training.paired import General
from training.rollout import goes_as_canary, roll_out
from training.settings import settings_of
from training.states import ACTIVE_CHANGED, RUN_MOVES, RunStatus, Split, Stage, TrialAim
from training.trials import start_trial

GONE = "not running any more"
CHANGED = Reason(
    ACTIVE_CHANGED,
    "Another model went into service while this one was trained, so the comparison is with the "
    "wrong one. Start the run again.",
)


def conclude(run: TrainingRun, dataset: Dataset, result: dict[str, Any]) -> str:
    """Register the candidate, store what both models read, judge, and activate if proven better.

    All in one transaction: a run that is killed here, or was put back or ended meanwhile, has no
    candidate and leaves the active model as it was. Returns the outcome's name.
    """
    files = load(Path(settings.MODEL_STORE), str(result["candidate_sha256"]))
    items = {
        str(item.label_id): item
        for item in dataset.items.filter(split=Split.TEST)
        .select_related("label__line__page__document__document_type")
        .order_by("pk")
    }
    truths = {key: item.text for key, item in items.items()}
    rows = [row for row in result["test"] if str(row["label_id"]) in items]
    verdict = decide(
        lines_from_result(rows, truths, _slices(list(items.values()))),
        parity=Parity(**result["parity"]),
        trained_dictionary_sha256=str(result["trained_dictionary_sha256"]),
        exported_dictionary_sha256=files.dictionary_sha256,
        cost=Cost(**result["cost"]) if "cost" in result else None,
        general=General(**result["general"]) if "general" in result else None,
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
        active = active_model(run.document_type)
        expected = run.active or run.base
        if active != expected:
            findings |= {"accept": False, "reasons": [asdict(CHANGED), *findings["reasons"]]}
        on_trial = active == expected != candidate and may_be_tried(verdict)
        findings["on_trial"] = on_trial
        findings["as_canary"] = findings["accept"] and goes_as_canary(run)
        report = {key: value for key, value in result.items() if key not in ("test", "curve")}
        doubt = settings_of(run.depth, run.settings).dispute_confidence
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
            transaction.set_rollback(True)  # else who goes on would find half a verdict
            return GONE
        raise_disputes(run, of_result(result, truths, doubt))
        if findings["accept"]:
            roll_out(
                run=run,
                candidate=candidate,
                as_canary=findings["as_canary"],
                reason=f"Run {run.pk}: error rate {_percent(verdict.before)} before, "
                f"{_percent(verdict.after)} now, on {verdict.lines} held-out lines.",
            )
            return "accepted"
        if on_trial:
            start_trial(
                document_type=run.document_type,
                aim=TrialAim.PROVE,
                serving=active,
                beside=candidate,
            )
            return "on trial"
    return "refused"


def _slices(items: Sequence[DatasetItem]) -> dict[str, tuple[str, ...]]:
    """Document type and script of each test line, by label; a name that all lines share is none."""
    names = {
        str(item.label_id): (
            f"type: {item.label.line.page.document.document_type}",
            f"script: {script_of(item.text)}",
        )
        for item in items
    }
    counts = Counter(name for pair in names.values() for name in pair)
    return {
        key: tuple(name for name in pair if counts[name] < len(items))
        for key, pair in names.items()
    }


def _percent(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate * 100:.1f} %"
