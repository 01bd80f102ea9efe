"""The first page: it sends each person to their work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from recognition.querysets import is_admin


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Admins to the batches, reviewers to the queue."""
    return redirect("batch_list" if is_admin(request.user) else "review_queue")
