"""How a candidate that the gate accepted comes into service, whichever run it is from."""

from recognition.models import ModelVersion
from training.models import TrainingRun
from training.requests import request_heads_on_new_base
from training.serving import put_in_service
from training.states import Depth


def roll_out(*, run: TrainingRun, candidate: ModelVersion, reason: str) -> None:
    """Put the candidate of a run in service for the run's scope, within the caller's transaction.

    A new base serves the types without a head of their own at once; the others keep theirs, and
    are trained anew on the new base.
    """
    put_in_service(version=candidate, document_type=run.document_type, actor=None, reason=reason)
    if run.depth == Depth.NETWORK:
        request_heads_on_new_base()
