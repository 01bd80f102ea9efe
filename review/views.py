"""The reviewer's pages: the queue, the review screen and all it sends."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from review.drafts import DraftConflict, keep_refused, save_drafts
from review.drawing import drawn_lines, drawn_outlines
from review.exceptions import (
    InvalidSubmission,
    LeaseLost,
    MalformedDrafts,
    NewerDrafts,
    ReviewError,
)
from review.forms import (
    HeartbeatForm,
    LeaveForm,
    ReasonForm,
    Submission,
    TokenForm,
    parse_drafts,
    parse_submission,
)
from review.leases import (
    GONE,
    claim_next,
    claim_refusal,
    claim_task,
    flag_task,
    keep_open,
    leave_task,
    park_task,
    release_task,
    renew_lease,
    skip_task,
)
from review.models import ReviewTask
from review.people import person
from review.plants import plant_errors
from review.queue_state import COUNTED, queue_for
from review.screen import surroundings
from review.selectors import ReviewPage, review_page, task_for
from review.services import submit_page
from review.stale import conflict_page, keep_stale_submit, typed_entries
from review.states import TaskKind, TaskStatus

NO_TOKEN = UUID(int=0)
"""Matches no lease: a form without a token is answered as a lost lease, and its text kept."""


@never_cache
@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """What there is to do, and if nothing, why."""
    return render(
        request, "review/queue.html", {"queue": queue_for(person(request)), "counted": COUNTED}
    )


@require_POST
def review_next(request: HttpRequest) -> HttpResponse:
    """Hold the next page and go to it."""
    return redirect(_next_address(request))


@gzip_page  # a dense page shrinks to a fourteenth; its CSRF token is masked anew each time
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review_task(request: HttpRequest, task_id: int) -> HttpResponse:
    """The review screen of a page that the user holds; a POST takes this very page first."""
    user = person(request)
    task = get_object_or_404(task_for(user), pk=task_id)
    if request.method == "POST":
        if claim_task(task.pk, user) is None and not claim_refusal(task, user):
            messages.warning(request, "Somebody else has this page now, or it is done.")
        return redirect("review_task", task_id=task.pk)
    if task.status == TaskStatus.HELD and task.reviewer_id == user.pk and keep_open(task):
        if task.kind == TaskKind.DECIDE:
            return redirect("adjudicate", task_id=task.pk)
        return draw_screen(request, task)
    waits = ReviewTask.objects.claimable().filter(pk=task.pk).exists()
    context = {"task": task, "waits": waits, "refusal": claim_refusal(task, user)}
    return render(request, "review/not_yours.html", context)


@require_POST
def review_drafts(request: HttpRequest, task_id: int) -> JsonResponse:
    """Keep what the screen sends.

    Lines that another window wrote since come back as conflicts, and those that cannot be kept as
    they stand as refused, with the reason.
    """
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    try:
        sent = parse_drafts(request.body)
    except MalformedDrafts as error:
        return _refusal(error, 400)
    if sent.user_id != user.pk:
        return _other_user()
    saved = save_drafts(task=task, user=user, entries=sent.entries)
    return JsonResponse(
        {
            "revisions": saved.revisions,
            "conflicts": _told(saved.conflicts),
            "refused": sent.refused,
            "saved_at": timezone.now().isoformat(),
            "gone": _gone(task, user),
        }
    )


@require_POST
def review_heartbeat(request: HttpRequest, task_id: int) -> JsonResponse:
    """Put the lease's end off while the reviewer is there."""
    task = get_object_or_404(ReviewTask.objects.visible_to(person(request)), pk=task_id)
    form = HeartbeatForm(request.POST)
    valid = form.is_valid()
    if form.cleaned_data.get("user") not in (None, request.user.pk):
        return _other_user()
    try:
        if not valid or task.reviewer_id != request.user.pk:
            raise LeaseLost(GONE)
        task = renew_lease(task_id=task.pk, token=form.cleaned_data["token"])
    except LeaseLost as error:
        return _refusal(error, 409)
    return JsonResponse({"expires_at": _exactly(task.lease_expires_at)})


@require_POST
def review_leave(request: HttpRequest, task_id: int) -> JsonResponse:
    """The window is closed: its page is free in a minute, unless somebody has it open still."""
    task = get_object_or_404(ReviewTask.objects.visible_to(person(request)), pk=task_id)
    form = LeaveForm(request.POST)
    left = (
        form.is_valid()
        and task.reviewer_id == request.user.pk
        and leave_task(
            task_id=task.pk,
            token=form.cleaned_data["token"],
            known_end=form.cleaned_data["end"],
        )
    )
    return JsonResponse({"left": left})


@require_http_methods(["GET", "HEAD", "POST"])
def review_submit(request: HttpRequest, task_id: int) -> HttpResponse:
    """Turn the page into labels and go to the next; a refusal comes back with all that was typed.

    It comes under this address, which opened anew (after signing in, say) leads to the page. A
    script that asks for JSON is told the next page's address and lease (200), the lines at fault
    (422), or that the lease is lost (409) and then sends the plain form to see both versions.
    """
    user = person(request)
    visible = ReviewTask.objects.visible_to(user).select_related("page__document")
    task = get_object_or_404(visible, pk=task_id)
    if request.method != "POST":
        return redirect("review_task", task_id=task.pk)
    sent = parse_submission(request.POST, _line_ids(task))
    if _wants_json(request) and sent.user_id not in (None, user.pk):
        return _other_user()
    try:
        submit_page(
            task_id=task.pk,
            token=sent.token or NO_TOKEN,
            user=user,
            entries=sent.entries,
            seconds=sent.seconds,
            revisions=sent.revisions,
            said=sent.said,
        )
    except LeaseLost as error:
        return _refusal(error, 409) if _wants_json(request) else _conflict(request, task, sent)
    except InvalidSubmission as error:
        if _wants_json(request):
            return _refusal(error, 422, lines=error.lines, said=error.said)
        return _sent_back(request, task, sent, error, errors=error.lines, said=error.said)
    except NewerDrafts as error:
        keep_refused(task=task, user=user, conflicts=error.conflicts)
        if _wants_json(request):
            return _refusal(error, 422, conflicts=_told(error.conflicts))
        return _sent_back(request, task, sent, error, others=error.conflicts, said=sent.said)
    following = claim_next(user)
    if following is None or not _wants_json(request):
        messages.success(request, f"Submitted: {task.page}.")
    if not _wants_json(request):
        return redirect(_address(following))
    if following is None:
        return JsonResponse({"next": _address(None)})
    # No message: it would come with the page after the next, which stands ready already.
    undo, alike = (reverse(name, args=[task.pk]) for name in ("review_undo", "proposals_of_task"))
    return JsonResponse(
        {
            "next": _address(following),
            "token": str(following.lease_token),
            "expires_at": _exactly(following.lease_expires_at),
            "undo": undo,
            "alike": alike,
            "submitted": str(task.page),
        }
    )


@require_POST
def review_skip(request: HttpRequest, task_id: int) -> HttpResponse:
    """Pass the page on to others and go to the next."""
    return _set_aside(request, task_id, skip_task, "Passed on to others.")


@require_POST
def review_flag(request: HttpRequest, task_id: int) -> HttpResponse:
    """Set the page aside for an admin and go to the next."""
    return _set_aside(request, task_id, flag_task, "Flagged for an admin.")


@require_POST
def review_park(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put the page aside for oneself and go to the next."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    _keep_typing(request, task, user)
    form = TokenForm(request.POST)
    try:
        if not form.is_valid():
            raise LeaseLost("This page was not yours any more. What you typed is kept.")
        park_task(task_id=task.pk, token=form.cleaned_data["token"], user=user)
    except ReviewError as error:
        messages.warning(request, error.message)
        return redirect("review_task", task_id=task.pk)
    messages.success(request, "Parked: you find the page under Review, for a day.")
    return redirect(_next_address(request))


@require_POST
def review_release(request: HttpRequest, task_id: int) -> HttpResponse:
    """Give the page back unfinished; drafts stay."""
    task = get_object_or_404(ReviewTask.objects.visible_to(person(request)), pk=task_id)
    _keep_typing(request, task, person(request))
    form = TokenForm(request.POST)
    try:
        if not form.is_valid() or task.reviewer_id != request.user.pk:
            raise LeaseLost("This page was not yours any more. What you typed is kept.")
        release_task(task_id=task.pk, token=form.cleaned_data["token"])
    except LeaseLost as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "The page is given back. What you typed on it is kept.")
    return redirect("review_queue")


@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where signing in again in a second window ends: it tells the first window to go on."""
    return render(request, "review/signed_in.html")


def draw_screen(request: HttpRequest, task: ReviewTask) -> HttpResponse:
    """The review screen of a task that the user holds, as it stands now."""
    plant_errors(task, person(request))
    shown = review_page(task, person(request))
    return _drawn(request, shown)


def _drawn(request: HttpRequest, shown: ReviewPage, status: int = 200) -> HttpResponse:
    context = {
        "screen": shown,
        "around": surroundings(shown, person(request)),
        "lines": drawn_lines(shown.lines),
        "outlines": drawn_outlines(shown.lines),
    }
    return render(request, "review/task.html", context, status=status)


def _sent_back(
    request: HttpRequest,
    task: ReviewTask,
    sent: Submission,
    error: ReviewError,
    *,
    said: int | None,
    errors: Mapping[int, str] | None = None,
    others: Iterable[DraftConflict] = (),
) -> HttpResponse:
    """The screen again, as it was sent and with what is wrong; the typing is kept as drafts first.

    A form that comes without a script has no store in the browser behind it.
    """
    user = person(request)
    typed = typed_entries(task, user, sent.entries)
    save_drafts(
        task=task, user=user, entries=[each for each in sent.drafts() if each.line_id in typed]
    )
    shown = review_page(
        task,
        user,
        typed=sent.entries,
        errors=errors,
        others=others,
        faults=error.message,
        seconds=sent.seconds,
        said=said,
    )
    return _drawn(request, shown, status=422)


def _conflict(request: HttpRequest, task: ReviewTask, sent: Submission) -> HttpResponse:
    """Keep what was typed as drafts and show both versions."""
    user = person(request)
    typed = typed_entries(task, user, sent.entries)
    kept = keep_stale_submit(
        task=task, user=user, entries=[entry for entry in sent.drafts() if entry.line_id in typed]
    )
    shown = conflict_page(task, user, sent.entries, kept.saved.conflicts)
    waits = ReviewTask.objects.claimable().filter(pk=task.pk).exists()
    free = waits and not claim_refusal(shown.task, user)
    mine = shown.task.status == TaskStatus.HELD and shown.task.reviewer_id == user.pk
    context = {"conflict": shown, "free": free, "mine": mine}
    return render(request, "review/conflict.html", context, status=409)


def _set_aside(request: HttpRequest, task_id: int, service: Any, told: str) -> HttpResponse:
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    _keep_typing(request, task, user)
    form = ReasonForm({**request.POST.dict(), "reason": _first(request.POST.getlist("reason"))})
    if not form.is_valid() and "reason" in form.errors:
        messages.error(request, "Say in a few words why (500 characters at most).")
        return redirect("review_task", task_id=task.pk)
    try:
        if "token" in form.errors or task.reviewer_id != user.pk:
            raise LeaseLost("This page was not yours any more. What you typed is kept.")
        service(task_id=task.pk, user=user, **form.cleaned_data)
    except ReviewError as error:
        messages.warning(request, error.message)
        return redirect("review_task", task_id=task.pk)
    messages.success(request, told)
    return redirect(_next_address(request))


def _keep_typing(request: HttpRequest, task: ReviewTask, user: AbstractBaseUser) -> None:
    """Without a script, what was typed comes with the form that leaves the page: as drafts."""
    sent = parse_submission(request.POST, _line_ids(task))
    typed = typed_entries(task, user, sent.entries)
    if typed:
        entries = [entry for entry in sent.drafts() if entry.line_id in typed]
        save_drafts(task=task, user=user, entries=entries)


def _line_ids(task: ReviewTask) -> list[int]:
    """Every line that ever stood on the page: another window may have retired one meanwhile."""
    return list(task.page.lines.order_by().values_list("pk", flat=True))


def _gone(task: ReviewTask, user: AbstractBaseUser) -> str:
    """What to tell a window that still types on a page which is not the person's any more."""
    if task.status == TaskStatus.DONE and task.done_by_id == user.pk:
        return "You submitted this page in another window."
    if task.status == TaskStatus.DONE:
        return "Somebody else has submitted this page."
    held_by_other = task.status == TaskStatus.HELD and task.reviewer_id != user.pk
    return "Somebody else has this page now." if held_by_other else ""


def _first(texts: Iterable[str]) -> str:
    """The field that was filled in, of those that share a name on the one form without a script."""
    return next((text for text in texts if text.strip()), "")


def _next_address(request: HttpRequest) -> str:
    """The next page, held for the user."""
    return _address(claim_next(person(request)))


def _address(task: ReviewTask | None) -> str:
    """Where a page is reviewed; the queue, which says why, where there is none."""
    return reverse("review_task", args=[task.pk]) if task else reverse("review_queue")


def _exactly(end: datetime | None) -> str:
    """A lease's end with its microseconds: a window that leaves has to name it as it stands."""
    return end.isoformat() if end else ""


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _refusal(error: ReviewError, status: int, **more: Any) -> JsonResponse:
    return JsonResponse({"code": error.code, "message": error.message, **more}, status=status)


def _other_user() -> JsonResponse:
    """Somebody else has signed in in this browser since: the typing is not theirs."""
    told = "You are signed in under another name than when you typed this."
    return JsonResponse({"code": "other_user", "message": told}, status=403)


def _told(conflicts: Iterable[DraftConflict]) -> list[dict[str, Any]]:
    """The other window's versions, as the screen's script reads them."""
    return [
        {
            "line_id": conflict.line_id,
            "text": conflict.text,
            "verdict": conflict.verdict,
            "revision": conflict.revision,
        }
        for conflict in conflicts
    ]
