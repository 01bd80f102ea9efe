"""How a candidate that the gate accepted comes into service, whichever run it is from."""

from recognition.canaries import types_read_by
from recognition.models import ModelVersion
from recognition.registry import active_model
from training.canary import start_canary
from training.models import TrainingRun
from training.serving import put_in_service
from training.states import Depth


def goes_as_canary(run: TrainingRun) -> bool:
    """Whether an accepted candidate of this run first reads a share of the documents.

    A new base does: all its numbers are new, and every type without a head of its own would get
    it at once. Where each type has its own head, no document would come to a canary; the base then
    goes into service, for heads to be trained on.
    """
    return run.depth == Depth.NETWORK and types_read_by(active_model(None)).exists()


def roll_out(*, run: TrainingRun, candidate: ModelVersion, as_canary: bool, reason: str) -> None:
    """Start the canary of a run's candidate, or put it in service for the run's scope.

    Within the caller's transaction.
    """
    if as_canary:
        start_canary(version=candidate, document_type=run.document_type, actor=None, reason=reason)
    else:
        put_in_service(
            version=candidate, document_type=run.document_type, actor=None, reason=reason
        )
