"""The page before and the page after the one worked on: taken back, held ready."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST

from review.exceptions import NotUndoable
from review.leases import claim_ahead
from review.models import ReviewTask
from review.people import person
from review.selectors import task_for
from review.states import TaskKind
from review.undo import undo_submit
from review.views import draw_screen


@gzip_page
@never_cache
@require_POST
def review_ahead(request: HttpRequest) -> JsonResponse:
    """Hold the page after this one ready: its address and its screen; nulls where there is none.

    Nor is there a screen for one to decide on, which is no page to review and is gone to anew.
    """
    user = person(request)
    held = claim_ahead(user)
    if held is None or held.kind == TaskKind.DECIDE:
        return JsonResponse({"page": None, "html": None})
    screen = draw_screen(request, task_for(user).get(pk=held.pk))
    return JsonResponse(
        {"page": reverse("review_task", args=[held.pk]), "html": screen.content.decode()}
    )


@require_POST
def review_undo(request: HttpRequest, task_id: int) -> HttpResponse:
    """Take one's own submit back and go to the page again."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    try:
        undo_submit(task_id=task.pk, user=user)
    except NotUndoable as error:
        messages.warning(request, error.message)
        return redirect("review_queue")
    messages.success(request, "Taken back: the page is as you left it, and not submitted.")
    return redirect("review_task", task_id=task.pk)
