"""Second review: the two readings over the crop, who agrees with whom, and what waits."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recognition.access import admin_required
from recognition.querysets import may_adjudicate
from review.agreement import Reading, error_rate, kappa, share_alike
from review.choices import Choice, keep_choices, kept_choices, read_choices
from review.exceptions import InvalidSubmission, LeaseLost, NotWaived
from review.forms import TokenForm
from review.models import Label, ReviewTask
from review.people import person
from review.second import (
    Difference,
    decide_lines,
    differences,
    differences_found,
    waive_check,
)
from review.selectors import task_for
from review.states import TaskStatus

CONTRADICTION = (
    "You picked one reading and typed another. Pick “Otherwise”, or clear what you typed."
)
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
    rows = task_for(user).to_decide_by(user)
    task = get_object_or_404(rows, pk=task_id)
    open_lines = differences(task)
    if request.method == "POST":
        choices = read_choices(request.POST, open_lines)
        faults = {
            each.line.pk: CONTRADICTION
            for each in open_lines
            if choices[each.line.pk].contradicts_itself(each)
        }
        try:
            if not faults:
                _decide(request, task, open_lines, choices)
                messages.success(request, f"Decided: {task.page}.")
                return redirect("disagreement_list")
        except InvalidSubmission as error:
            faults = error.lines
        except LeaseLost as error:
            found = differences_found(task)  # what somebody else decided is not open any more
            keep_choices(task, user, found, read_choices(request.POST, found))
            told = f"{error.message} What you chose for {task.page} is kept."
            messages.warning(request, told)
            return redirect("disagreement_list")
        keep_choices(task, user, open_lines, choices)
    elif task.status != TaskStatus.HELD or task.reviewer_id != user.pk:
        messages.warning(request, "Somebody else decides this page now, or it is decided.")
        return redirect("disagreement_list")
    else:
        faults, choices = {}, kept_choices(task, user, open_lines)
    lines = [(each, faults.get(each.line.pk, ""), choices.get(each.line.pk)) for each in open_lines]
    return render(
        request,
        "review/adjudicate.html",
        {"task": task, "lines": lines},
        status=422 if faults else 200,
    )


def _decide(
    request: HttpRequest,
    task: ReviewTask,
    open_lines: list[Difference],
    choices: Mapping[int, Choice],
) -> None:
    form = TokenForm(request.POST)
    decide_lines(
        task_id=task.pk,
        token=form.cleaned_data["token"] if form.is_valid() else UUID(int=0),
        user=person(request),
        choices={each.line.pk: choices[each.line.pk].meant(each) for each in open_lines},
    )


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
