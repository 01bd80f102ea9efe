"""Second review: the two readings over the crop, who agrees with whom, and what waits."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recognition.access import admin_required
from recognition.querysets import may_adjudicate
from review.agreement import Reading, error_rate, kappa, share_alike
from review.decide_page import decide_page
from review.drafts import save_drafts
from review.entries import LineEntry
from review.exceptions import InvalidSubmission, LeaseLost, NotWaived
from review.forms import ChoicesSent, labels_seen, parse_choices
from review.leases import GONE, keep_open, release_task
from review.models import Label, ReviewTask
from review.people import person
from review.second import both_readings, decide_lines, waive_check
from review.selectors import task_for
from review.stale import conflict_page
from review.states import TaskStatus

LISTED = 50
"""Pages on one screen; the longest-waiting first."""
COMPARED = 5_000
"""Second reviews, the newest, that agreement is counted from."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people's agreement on one document type's lines."""

    type_name: str
    first: str
    second: str
    pages: int
    lines: int
    alike: float | None
    cer: float | None
    kappa: float | None


def adjudicator_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let admins and adjudicators in; others who are signed in get a 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_adjudicate(request.user):
            raise PermissionDenied("Only adjudicators and admins may open this page.")
        return view(request, *args, **kwargs)

    return guarded


@never_cache
@require_safe
@adjudicator_required
def disagreement_list(request: HttpRequest) -> HttpResponse:
    """Pages on which two people differ, for a third to decide."""
    user = person(request)
    rows = task_for(user).to_decide_by(user)
    mine = rows.held_by(user)
    waiting = rows.claimable().exclude(reviewer=user.pk).in_queue_order()
    context = {"mine": mine, "waiting": waiting[:LISTED], "count": waiting.count()}
    return render(request, "review/disagreements.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@adjudicator_required
def adjudicate(request: HttpRequest, task_id: int) -> HttpResponse:
    """The two readings over each crop; a POST decides them all."""
    user = person(request)
    task = get_object_or_404(task_for(user).to_decide_by(user), pk=task_id)
    if request.method == "POST":
        seen = Label.objects.filter(line__page=task.page_id).in_bulk(labels_seen(request.POST))
        sent = parse_choices(request.POST, both_readings(task), seen)
        return (_give_back if "give-back" in request.POST else _decide)(request, task, user, sent)
    held = task.status == TaskStatus.HELD and task.reviewer_id == user.pk
    if not held or not keep_open(task):
        messages.warning(request, "Somebody else decides this page now, or it is decided.")
        return redirect("disagreement_list")
    return render(request, "review/adjudicate.html", {"screen": decide_page(task, user)})


def _decide(request: HttpRequest, task: ReviewTask, user: User, sent: ChoicesSent) -> HttpResponse:
    """Settle the lines; what is refused or too late is kept as drafts and comes back as it was."""
    drafts = sent.drafts()
    said = {line: each.said for line, each in sent.choices.items() if each.said is not None}
    try:
        decide_lines(
            task_id=task.pk,
            token=sent.token,
            user=user,
            choices=said,
            shown=sent.shown,
            drafts=drafts,
        )
    except InvalidSubmission as error:
        save_drafts(task=task, user=user, entries=drafts)
        told = {line: each.fault for line, each in sent.choices.items() if each.both}
        screen = decide_page(task, user, sent.choices, {**error.lines, **told})
        return render(request, "review/adjudicate.html", {"screen": screen}, status=422)
    except LeaseLost:
        kept = save_drafts(task=task, user=user, entries=drafts)
        entries = {each.line_id: LineEntry(each.text, each.verdict) for each in drafts}
        shown = conflict_page(task, user, entries, kept.conflicts)
        rows = task_for(user).to_decide_by(user)
        context = {
            "conflict": shown,
            "free": rows.claimable().filter(pk=task.pk).exists(),
            "mine": rows.held_by(user).filter(pk=task.pk).exists(),
            "deciding": True,
        }
        return render(request, "review/conflict.html", context, status=409)
    messages.success(request, f"Decided: {task.page}.")
    return redirect("disagreement_list")


def _give_back(
    request: HttpRequest, task: ReviewTask, user: User, sent: ChoicesSent
) -> HttpResponse:
    """Free the page for others; what was chosen on it is kept."""
    save_drafts(task=task, user=user, entries=sent.drafts())
    try:
        if task.reviewer_id != user.pk:
            raise LeaseLost(GONE)
        release_task(task_id=task.pk, token=sent.token)
    except LeaseLost:
        messages.warning(request, "This page was not yours any more. What you chose is kept.")
    else:
        messages.success(request, "The page is given back. What you chose on it is kept.")
    return redirect("disagreement_list")


@require_safe
@admin_required
def agreement(request: HttpRequest) -> HttpResponse:
    """How far people agree, by pair and document type; and what waits for a second person."""
    waiting = (
        task_for(person(request))
        .waiting_for_another()
        .select_related("first_reviewer", "second_reviewer")
        .in_queue_order()
    )
    context = {"pairs": pairs(), "waiting": waiting[:LISTED], "count": waiting.count()}
    return render(request, "review/agreement.html", context)


@require_POST
@admin_required
def check_waive(request: HttpRequest, task_id: int) -> HttpResponse:
    """Let a page stand as it counts now."""
    task = get_object_or_404(ReviewTask.objects.visible_to(request.user), pk=task_id)
    try:
        waive_check(task_id=task.pk, actor=person(request))
    except NotWaived as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{task.page} stands as the first reviewer left it.")
    return redirect("agreement")


def pairs() -> list[Pair]:
    """Each pair of people who read the same pages, by document type, in three queries."""
    tasks = list(
        ReviewTask.objects.second_reviews_done()
        .select_related("document_type", "first_reviewer", "done_by")
        .order_by("-pk")[:COMPARED]
    )
    said: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    asked = [pk for task in tasks for pk in (task.pk, task.first_id)]
    for task_id, line_id, text, verdict in (
        Label.objects.filter(task__in=asked)
        .order_by("pk")
        .values_list("task_id", "line_id", "text", "verdict")
    ):
        said[task_id].setdefault(line_id, (text, verdict))  # what they said first, restored or not
    readings: dict[tuple[str, str, str], list[Reading]] = defaultdict(list)
    pages: dict[tuple[str, str, str], int] = defaultdict(int)
    for task in tasks:
        key = (str(task.document_type), str(task.first_reviewer), str(task.done_by))
        pages[key] += 1
        first = said[task.first_id or 0]
        readings[key] += [
            Reading(first[line], second) for line, second in said[task.pk].items() if line in first
        ]
    return [
        Pair(*key, pages[key], len(of), share_alike(of), error_rate(of), kappa(of))
        for key, of in sorted(readings.items())
    ]
