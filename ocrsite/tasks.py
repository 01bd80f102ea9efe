"""The periodic sweep: no work is ever stuck in between."""

from celery import shared_task

from recognition import files, intake, parts, reading
from review import route
from review.proposals import find
from training import leftovers, runs


@shared_task
def sweep() -> dict[str, int]:
    """Queue again what lost its message or its worker; route what was read but not routed.

    Remove what killed processes left on the disk.
    """
    return {
        "documents": intake.sweep_documents(),
        "partial uploads": parts.sweep_partial_uploads(),
        "pages": reading.sweep_pages(),
        "unrouted": route.sweep_unrouted(),
        "unsearched": find.sweep_unsearched(),
        "runs": runs.sweep_runs(),
        "working files": files.sweep_work_directories(),
        "run folders": leftovers.sweep_run_folders(),
    }
