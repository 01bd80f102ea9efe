"""What a killed worker leaves of a run that has ended: the sweep removes it."""

from pathlib import Path

from django.conf import settings

from training.checkpoint import NAME
from training.models import TrainingRun
from training.prepare import CROPS, drop_working_files

LARGE = (*CROPS, NAME, f"{NAME}.part")
"""What a run that has ended leaves only where its worker was killed."""


def sweep_run_folders() -> int:
    """Remove crops and checkpoints of runs that have ended; returns of how many.

    A run that waits or runs keeps them: it may go on from there. Job, log and result stay.
    """
    folders = {
        int(folder.name): folder
        for folder in Path(settings.RUN_DIR).glob("*")
        if folder.name.isdecimal() and any((folder / name).exists() for name in LARGE)
    }
    ended = list(TrainingRun.objects.ended().filter(pk__in=folders).values_list("pk", flat=True))
    for key in ended:
        drop_working_files(folders[key])
    return len(ended)
