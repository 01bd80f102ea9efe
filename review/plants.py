"""Planted errors: whether reviewers look, measured. What is planted never becomes a label."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from recognition.models import DocumentType, Prediction
from review.confusions import COMMON, confuse, count_confusions
from review.entries import LineEntry
from review.models import Draft, Label, PlantedError, Proposal, RefusedDraft, ReviewTask
from review.planted_pieces import holds_planted_word, in_a_long_word, put_back
from review.states import WITHOUT_TEXT, PlantOutcome, TaskKind, Verdict
from review.text import clean_line

SURE = 0.95
"""Only lines that are surely right as read get a planted error: what is planted must be wrong."""
SHORTEST = 4  # characters; shorter lines give a confusion away
LEARNT_FROM = 2_000  # corrected lines, the newest
ENOUGH = 50  # confusions seen, below which the common ones are used
KEPT = 600  # seconds that a type's table of confusions is kept


def plant_errors(task: ReviewTask, user: AbstractBaseUser) -> None:
    """Draw, at the first call, the lines that the user is shown with an error put in.

    Audits get none, for accuracy is measured by them, nor do checks of others' work. Whether a
    line is drawn hangs on a secret, the task, the line and the reviewer alone: asking again
    draws nothing anew.
    """
    rate = task.page.document.document_type.plant_rate
    if rate > 0 and task.kind == TaskKind.THRESHOLD:
        _plant(task, user, rate)


def planted_texts(task: ReviewTask, user: AbstractBaseUser) -> dict[int, str]:
    """What the user is to be shown instead of what was read, by line."""
    planted = PlantedError.objects.filter(task=task, reviewer=user.pk, outcome=PlantOutcome.OPEN)
    return dict(planted.values_list("line_id", "planted_text"))


def plants_of(task: ReviewTask, user: AbstractBaseUser) -> list[PlantedError]:
    """Every error planted in a page for the user, judged or not."""
    return list(PlantedError.objects.filter(task=task, reviewer=user.pk))


def without_plants(
    plants: Iterable[PlantedError], entries: Mapping[int, LineEntry]
) -> dict[int, LineEntry]:
    """The entries with what really stands there where a planted piece was left in the text.

    All else that was typed on such a line is kept.
    """
    kept = dict(entries)
    for plant in plants:
        entry = kept.get(plant.line_id)
        if entry and (text := _put_back(plant, entry.text, entry.verdict)) is not None:
            kept[plant.line_id] = replace(entry, text=text)
    return kept


def unplanted_texts(rows: Iterable[Draft | RefusedDraft]) -> dict[Draft | RefusedDraft, str]:
    """The text of each draft as others may see it: without what was planted for its writer."""
    rows = list(rows)
    plants = {
        (plant.task_id, plant.reviewer_id, plant.line_id): plant
        for plant in PlantedError.objects.filter(line__in={row.line_id for row in rows})
    }
    found = {}
    for row in rows:
        plant = plants.get((row.task_id, row.reviewer_id, row.line_id))
        text = _put_back(plant, row.text, row.verdict) if plant else None
        found[row] = row.text if text is None else text
    return found


def is_planted(text: str, *, task_id: int, line_id: int, user: AbstractBaseUser) -> bool:
    """Whether the database would take this text of the user's for an error planted for them."""
    plants = PlantedError.objects.filter(task=task_id, line=line_id, reviewer=user.pk)
    return any(
        text == each.planted_text
        or holds_planted_word(text, read=clean_line(each.model_text), planted=each.planted_text)
        for each in plants
    )


def judge_plants(plants: Iterable[PlantedError], entries: Mapping[int, LineEntry]) -> None:
    """Record of each planted error whether the submit left it. `entries` are as they were sent."""
    now = timezone.now()
    for plant in plants:
        entry = entries.get(plant.line_id)
        if entry and plant.outcome == PlantOutcome.OPEN:
            missed = _put_back(plant, entry.text, entry.verdict) is not None
            plant.outcome = PlantOutcome.MISSED if missed else PlantOutcome.CAUGHT
            plant.judged_at = now
            plant.save(update_fields=["outcome", "judged_at"])


def confusions_of(document_type: DocumentType) -> Mapping[tuple[str, str], int]:
    """What is read for what in a type, from its corrections; the common ones until it has some."""
    key = f"review.confusions.{document_type.pk}"
    table: Mapping[tuple[str, str], int] | None = cache.get(key)
    if table is None:
        pairs = (
            Label.objects.current()
            .filter(line__page__document__document_type=document_type, verdict=Verdict.CORRECTED)
            .exclude(base_prediction=None)
            .order_by("-pk")
            .values_list("text", "base_prediction__text")[:LEARNT_FROM]
        )
        seen = count_confusions(pairs)
        table = dict(seen) if seen.total() >= ENOUGH else COMMON
        cache.set(key, table, KEPT)
    return table


def _plant(task: ReviewTask, user: AbstractBaseUser, rate: float) -> None:
    table = confusions_of(task.document_type)
    confirmed = Proposal.objects.confirmed().filter(line__page=task.page_id)
    drawn = []
    for line_id, text in (
        Prediction.objects.filter(
            Q(confidence__gte=SURE, confidence__gt=task.document_type.threshold),
            line__page=task.page_id,
            line__retired_at=None,
            model_version=task.model_version_id,
        )
        .exclude(line__in=confirmed.values("line"))  # what was read there is known to be wrong
        .order_by("line_id")
        .values_list("line_id", "text")
    ):
        chance = Random(_seed(task.pk, user.pk, line_id))
        if chance.random() >= rate or len(text) < SHORTEST:
            continue
        planted = clean_line(confuse(text, table, chance) or "")
        if planted and in_a_long_word(clean_line(text), planted):
            drawn.append(
                PlantedError(
                    task=task,
                    reviewer_id=user.pk,
                    line_id=line_id,
                    model_text=clean_line(text),
                    planted_text=planted,
                )
            )
    PlantedError.objects.bulk_create(drawn, ignore_conflicts=True)


def _put_back(plant: PlantedError, text: str, verdict: str) -> str | None:
    """The text with the true piece put back; None where the planted one is not left in it."""
    if verdict in WITHOUT_TEXT:
        return None
    return put_back(text, read=plant.model_text, planted=plant.planted_text)


def _seed(task: int, user: int, line: int) -> bytes:
    told = f"planted error {task} {user} {line}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), told, hashlib.sha256)
