"""Routing applied: the decision stored, the task opened, changed or withdrawn."""

import random
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from recognition.models import ModelVersion, Page, Prediction
from recognition.states import PAGE_MOVES, PageStatus, TextSource, move
from review.models import ReviewTask, RoutingDecision
from review.placing import new_place, place
from review.routing import LineFact, decide, decide_taken
from review.states import TASK_MOVES, Outcome, TaskKind, TaskStatus
from review.thresholds import policy_of

_chance = random.SystemRandom()
SWEEP_AFTER = timedelta(seconds=60)
"""A page read longer ago and not routed: its signal was lost."""
SWEEP_LIMIT = 500

LEFT = "left as it is"

KIND_OF = {Outcome.REVIEW: TaskKind.THRESHOLD, Outcome.AUDIT: TaskKind.AUDIT}


@transaction.atomic
def route_page(page_id: int, draw: Callable[[], float] = _chance.random) -> str:
    """Accept a page as its model read it, or give it to people; returns the outcome's name.

    Idempotent: one decision for each reading of a page, and a page under a reviewer's hands, an
    audit already drawn, or a page a person has reviewed, is left as it is.
    """
    page = (
        Page.objects.select_for_update(of=("self",))
        .select_related("document__document_type")
        .filter(pk=page_id)
        .first()
    )
    if page is None or page.model_version_id is None:
        return "not read"
    if page.status == PageStatus.READ:
        return _open_or_accept(page, _decision(page, draw))
    if page.status == PageStatus.ACCEPTED:
        decision = _decision(page, draw)
        return "accept" if decision.outcome == Outcome.ACCEPT else _open_or_accept(page, decision)
    if page.status == PageStatus.REVIEW:
        return _reroute(page, draw)
    return LEFT


def sweep_unrouted() -> int:
    """Route pages whose signal was lost; returns how many."""
    late = list(Page.objects.unrouted(SWEEP_AFTER).values_list("pk", flat=True)[:SWEEP_LIMIT])
    for page_id in late:
        route_page(page_id)
    return len(late)


def _decision(page: Page, draw: Callable[[], float]) -> RoutingDecision:
    """The one decision on the page as its present model read it."""
    version = ModelVersion.objects.get(pages=page.pk)
    document_type = page.document.document_type
    stored = RoutingDecision.objects.filter(
        page=page,
        model_version=version,
        character_set=page.character_set,
        document_type=document_type,
    ).first()
    if stored is not None:
        return stored
    facts = [
        LineFact(line_id, confidence)
        for line_id, confidence in Prediction.objects.of_reading(page)
        .filter(line__page=page, line__retired_at__isnull=True)
        .order_by("line__position")
        .values_list("line_id", "confidence")
    ]
    drawn = draw()
    policy = policy_of(document_type)
    taken = page.text_source == TextSource.TEXT_LAYER
    routing = decide_taken(policy, drawn) if taken else decide(facts, policy, drawn)
    return RoutingDecision.objects.create(
        page=page,
        model_version=version,
        character_set=page.character_set,
        document_type=document_type,
        outcome=routing.outcome,
        rule=routing.rule,
        threshold=policy.threshold,
        line_id=routing.line_id,
        probability=routing.probability,
        weak_lines=routing.weak_lines,
        audit_rate=policy.audit_rate,
        draw=drawn,
    )


def _open_or_accept(page: Page, decision: RoutingDecision) -> str:
    rows = Page.objects.filter(pk=page.pk)
    outcome = Outcome(decision.outcome)
    if outcome == Outcome.ACCEPT:
        move(rows, PageStatus.ACCEPTED, PAGE_MOVES)
        return outcome.value
    move(rows, PageStatus.REVIEW, PAGE_MOVES)
    document_type, kind = page.document.document_type, KIND_OF[outcome]
    ReviewTask.objects.create(
        page=page,
        document_type=document_type,
        kind=kind,
        decision=decision,
        model_version=decision.model_version,
        character_set=decision.character_set,
        priority=document_type.priority,
        **new_place(page, document_type, kind),
    )
    return outcome.value


def _reroute(page: Page, draw: Callable[[], float]) -> str:
    """A better model has read a page that waits: withdraw its task, or show the new reading.

    One on which somebody has worked meanwhile stays with the reading that was worked on.
    """
    task = (
        ReviewTask.objects.select_for_update().filter(page=page, status=TaskStatus.WAITING).first()
    )
    if task is None or task.kind != TaskKind.THRESHOLD:
        return LEFT
    if not ReviewTask.objects.untouched().filter(pk=task.pk).exists():
        return LEFT
    decision = _decision(page, draw)
    outcome = Outcome(decision.outcome)
    rows = ReviewTask.objects.filter(pk=task.pk)
    if outcome == Outcome.ACCEPT:
        move(rows, TaskStatus.WITHDRAWN, TASK_MOVES)
        move(Page.objects.filter(pk=page.pk), PageStatus.ACCEPTED, PAGE_MOVES)
        return outcome.value
    kind = KIND_OF[outcome]
    rows.update(
        kind=kind,
        decision=decision,
        model_version_id=decision.model_version_id,
        character_set=decision.character_set,
        **place(page, page.document.document_type, kind, arm=task.arm, draw=task.draw),
    )
    return outcome.value
