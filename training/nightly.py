"""What the nightly job asks for: a new base where much is new, then the document types' heads."""

from contextlib import suppress

from django.conf import settings

from recognition.models import Canary, DocumentType
from training.exceptions import RunWaiting
from training.models import TrainingRun
from training.requests import new_labels, request_run
from training.states import Depth


def request_nightly_runs() -> list[TrainingRun]:
    """The whole network's run where it is due, and after it one for each type that has labels.

    Runs are taken in the order they were asked for, so a head learns on the base that the night
    has brought. A head's run with too few new labels is skipped, and says so.
    """
    runs = []
    if network_is_due():
        with suppress(RunWaiting):  # one is enough
            runs.append(
                request_run(
                    document_type=None,
                    depth=Depth.NETWORK,
                    trigger=TrainingRun.Trigger.NIGHTLY,
                )
            )
    types = DocumentType.objects.filter(batches__documents__pages__lines__labels__isnull=False)
    for document_type in types.distinct():
        try:
            run = request_run(document_type=document_type, trigger=TrainingRun.Trigger.NIGHTLY)
        except RunWaiting:
            continue
        runs.append(run)
    return runs


def network_is_due() -> bool:
    """Whether enough labels are new to the whole network for a night of training.

    While a base is the canary it is waited for: the next would take its place before anything is
    known of it, every night.
    """
    wanted: int = settings.NETWORK_MIN_NEW_LABELS
    if Canary.objects.running().filter(document_type=None).exists():
        return False
    return wanted > 0 and new_labels(None, Depth.NETWORK) >= wanted
