"""States of runs, disputes, trials and alerts, splits, and why a label was left out of one."""

from collections.abc import Mapping

from django.db import models


class RunStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"  # there is a candidate, and a verdict of the gate
    SKIPPED = "skipped", "Skipped"  # for a stated reason
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_CHANGED = "active_model_changed"
"""Code of the verdict on a run during which another model went into service."""


class Depth(models.TextChoices):
    HEAD = "head", "Head"
    NETWORK = "network", "Whole network"  # backbone and head: gives a new base


class Stage(models.TextChoices):
    WAITING = "waiting", "Waiting"
    FREEZING = "freezing", "Writing the crops"
    FEATURES = "features", "Computing features"
    WARM_UP = "warm_up", "Training the head first"
    TRAINING = "training", "Training"
    EXPORTING = "exporting", "Exporting"
    EVALUATING = "evaluating", "Evaluating"
    DONE = "done", "Done"


class Split(models.TextChoices):
    TRAIN = "train", "Training"
    VALIDATION = "validation", "Validation"
    TEST = "test", "Test"


class LeftOut(models.TextChoices):
    ILLEGIBLE = "illegible", "Illegible"
    NOT_TEXT = "not_text", "Not text"
    DUPLICATE = "duplicate", "The same crop is in the set already"
    TOO_LONG = "too_long", "More characters than the crop has room for"
    UNKNOWN_CHARACTER = "unknown_character", "A character the model cannot write"
    DISPUTED = "disputed", "Disputed: a model contradicts it, nobody has looked again"
    WITHDRAWN = "withdrawn", "Withdrawn: its line stands on the page no more"


class DisputeStatus(models.TextChoices):
    OPEN = "open", "Open"
    UPHELD = "upheld", "The label was right"
    CORRECTED = "corrected", "The label was wrong"


class TrialAim(models.TextChoices):
    PROVE = "prove", "A candidate proves itself"
    GUARD = "guard", "What was replaced keeps watch"
    CANARY = "canary", "A canary reads a share of the documents"


class TrialStatus(models.TextChoices):
    RUNNING = "running", "Running"
    BESIDE = "beside", "The model beside is better"  # it serves from then on
    SERVING = "serving", "The model in service is better"
    EVEN = "even", "No difference shown"
    ENDED = "ended", "Ended"  # by a person, or because another model went into service


class ModelStanding(models.TextChoices):
    """Where a model version stands; never stored, for it follows from what is."""

    ACTIVE = "active", "In service"
    CANARY = "canary", "Canary"  # reads a share of the documents
    ON_TRIAL = "on_trial", "On trial"  # reads beside the one in service
    WITHDRAWN = "withdrawn", "Withdrawn"  # it was in service once, or the canary
    CANDIDATE = "candidate", "Candidate"  # it never was


class RereadingStatus(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class AlertStatus(models.TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"


OPEN = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})

RUN_MOVES: Mapping[str, frozenset[str]] = {
    RunStatus.RUNNING: frozenset({RunStatus.QUEUED}),
    RunStatus.SUCCEEDED: frozenset({RunStatus.RUNNING}),
    RunStatus.SKIPPED: frozenset({RunStatus.QUEUED, RunStatus.RUNNING}),
    RunStatus.FAILED: frozenset({RunStatus.QUEUED, RunStatus.RUNNING}),
    RunStatus.CANCELLED: frozenset({RunStatus.QUEUED, RunStatus.RUNNING}),
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING}),
}
"""From target state to the states it may be reached from. A run started again is a new run; only
one of the whole network whose process died goes back to waiting, and goes on where it was."""

ALERT_MOVES: Mapping[str, frozenset[str]] = {
    AlertStatus.OPEN: frozenset(),
    AlertStatus.ACKNOWLEDGED: frozenset({AlertStatus.OPEN}),
}
"""From target state to the states it may be reached from. What was acknowledged stays so."""
