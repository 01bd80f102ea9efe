"""What can go wrong in training, each with a stable code and a sentence that says what to do."""


class TrainingError(Exception):
    """The root of this app's errors."""

    code = "training_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RunWaiting(TrainingError):
    """A run of this scope waits already; one is enough."""

    code = "run_waiting"


class ForAllTypes(TrainingError):
    """The whole network learns from all document types; it cannot be trained for one."""

    code = "for_all_types"


class NothingToLearn(TrainingError):
    """There is no reason to train now; the message says why."""

    code = "nothing_to_learn"


class NotCancellable(TrainingError):
    """The run has ended."""

    code = "not_cancellable"


class NotActivatable(TrainingError):
    """The model version does not fit the scope, or cannot read."""

    code = "not_activatable"


class CropChanged(TrainingError):
    """A page image no longer gives the crop that was labelled."""

    code = "crop_changed"


class TrialOver(TrainingError):
    """The trial has ended."""

    code = "trial_over"


class NothingToReread(TrainingError):
    """No page is left that another model should read in the version's place."""

    code = "nothing_to_reread"


class DisputeSettled(TrainingError):
    """The dispute is settled, or its label does not stand any more."""

    code = "dispute_settled"


class OwnLabel(TrainingError):
    """Somebody else has to look at a disputed label than the one who made it."""

    code = "own_label"


class AlertAcknowledged(TrainingError):
    """The alert is acknowledged already."""

    code = "alert_acknowledged"


class NoteMissing(TrainingError):
    """An alert is acknowledged with a word on what it is about."""

    code = "note_missing"


class NotExportable(TrainingError):
    """Detection labels cannot be written; the message says why."""

    code = "not_exportable"
