"""Accuracy targets applied: the evidence from the database, and the threshold chosen on record."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from recognition.models import DocumentType, Page
from recognition.states import PageStatus
from review.models import Label, RoutingDecision, ThresholdChoice
from review.routing import Policy
from review.states import Outcome, Verdict
from review.targets import AcceptedPage, Finding, ReviewedPage, find_threshold

EVIDENCE_AGE = timedelta(days=180)
"""Older pages say little about what comes in now."""
EVIDENCE_PAGES = 20_000
"""The newest ones suffice for any bound a person would ask for."""
_WRONG = Q(verdict__in=[Verdict.CORRECTED, Verdict.NOT_TEXT])


def policy_of(document_type: DocumentType) -> Policy:
    """How pages of a type are routed now.

    With an accuracy target: by the threshold last found for it; until one is proven, everything is
    reviewed, and the type's own threshold only says which lines to look at first.
    """
    threshold, rate = document_type.threshold, document_type.audit_rate
    if document_type.accuracy_target is None:
        return Policy(threshold, rate)
    choice = latest_choice(document_type)
    if choice is None or choice.threshold is None:
        return Policy(threshold, rate, proven=False)
    return Policy(choice.threshold, rate)


def latest_choice(document_type: DocumentType) -> ThresholdChoice | None:
    """The last choice made for the target that is set now, if any was."""
    target = document_type.accuracy_target
    if target is None:
        return None
    return ThresholdChoice.objects.filter(document_type=document_type, target=target).first()


@transaction.atomic
def choose_threshold(document_type: DocumentType) -> ThresholdChoice | None:
    """Find the type's threshold anew and store it where it is another; returns the one in force.

    None for a type without a target.
    """
    target = document_type.accuracy_target
    if target is None:
        return None
    reviewed, accepted = evidence(document_type)
    finding = find_threshold(reviewed, accepted, target)
    last = latest_choice(document_type)
    if last is not None and last.threshold == finding.threshold:
        return last
    step = next((step for step in finding.curve if step.threshold == finding.threshold), None)
    return ThresholdChoice.objects.create(
        document_type=document_type,
        target=target,
        threshold=finding.threshold,
        bound=step.bound if step else None,
        judged_lines=sum(page.lines for page in reviewed),
    )


def choose_thresholds() -> int:
    """Find the thresholds of all types that have a target; returns how many have one proven."""
    types = DocumentType.objects.filter(accuracy_target__isnull=False)
    choices = [choose_threshold(document_type) for document_type in types]
    return sum(choice is not None and choice.threshold is not None for choice in choices)


def finding_for(document_type: DocumentType, target: float) -> Finding:
    """What the evidence of now says about any target; nothing is stored."""
    return find_threshold(*evidence(document_type), target)


def evidence(document_type: DocumentType) -> tuple[list[ReviewedPage], list[AcceptedPage]]:
    """What people found on a type's pages, and the pages that nobody looked at.

    A page counts as its last decision saw it. Lines without a verdict on their text (illegible,
    or added by a person) say nothing. Pages without any probability have to be reviewed anyhow.
    """
    newest = (
        RoutingDecision.objects.filter(
            page__document__document_type=document_type,
            at__gte=timezone.now() - EVIDENCE_AGE,
            probability__isnull=False,
        )
        .order_by("-pk")
        .values_list("page_id", "model_version_id", "character_set", "probability", "outcome")[
            :EVIDENCE_PAGES
        ]
    )
    lowest: dict[int, float] = {}
    reading: dict[int, tuple[int, str]] = {}
    audits: set[int] = set()
    for page_id, version_id, character_set, probability, outcome in newest:
        if page_id not in lowest and probability is not None:
            lowest[page_id], reading[page_id] = probability, (version_id, character_set)
            if outcome == Outcome.AUDIT:
                audits.add(page_id)
    counted = (
        Label.objects.current()
        .filter(line__page__in=lowest, base_prediction__isnull=False)
        .exclude(verdict=Verdict.ILLEGIBLE)
        .values(
            "line__page_id",
            "base_prediction__model_version_id",
            "base_prediction__character_set",
        )
        .annotate(lines=Count("pk"), wrong=Count("pk", filter=_WRONG))
    )
    reviewed = [
        ReviewedPage(
            lowest=lowest[row["line__page_id"]],
            lines=row["lines"],
            wrong=row["wrong"],
            audit=row["line__page_id"] in audits,
        )
        for row in counted
        if reading[row["line__page_id"]]
        == (row["base_prediction__model_version_id"], row["base_prediction__character_set"])
    ]
    unseen = (
        Page.objects.filter(pk__in=lowest, status=PageStatus.ACCEPTED)
        .annotate(current=Count("lines", filter=Q(lines__retired_at__isnull=True)))
        .values_list("pk", "current")
    )
    accepted = [AcceptedPage(lowest[pk], lines) for pk, lines in unseen]
    return reviewed, accepted
