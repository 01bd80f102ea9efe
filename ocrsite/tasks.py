"""The periodic sweep: no work is ever stuck in between."""

from celery import shared_task

from recognition import intake, parts, reading
from review import route
from review.proposals import find
from training import runs


@shared_task
def sweep() -> dict[str, int]:
    """Queue again what lost its message or its worker; route what was read but not routed."""
    return {
        "documents": intake.sweep_documents(),
        "partial uploads": parts.sweep_partial_uploads(),
        "pages": reading.sweep_pages(),
        "unrouted": route.sweep_unrouted(),
        "unsearched": find.sweep_unsearched(),
        "runs": runs.sweep_runs(),
    }
