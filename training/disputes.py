"""Disputed labels: raised by a training, settled by a person, and how often they were right."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.querysets import admins
from review.relabel import relabel_line
from training.exceptions import DisputeSettled, OwnLabel
from training.hunt import Contradiction
from training.intervals import wilson
from training.models import LabelDispute, TrainingRun
from training.states import DisputeStatus


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the disputes that people have settled: how many labels were wrong, with a 95 % interval.

    `share` and its ends are None before the first.
    """

    settled: int
    wrong: int
    share: float | None
    low: float | None
    high: float | None


def raise_disputes(run: TrainingRun, found: Sequence[Contradiction]) -> int:
    """Put contradicted labels before people, each once for ever; returns how many are new."""
    if run.base is None:
        return 0
    before = LabelDispute.objects.count()
    LabelDispute.objects.bulk_create(
        [
            LabelDispute(
                label_id=int(one.label_id),
                run=run,
                model_version=run.base,
                text=one.text,
                confidence=one.confidence,
            )
            for one in found
        ],
        ignore_conflicts=True,
    )
    return LabelDispute.objects.count() - before


@transaction.atomic
def uphold_label(*, dispute: LabelDispute, actor: AbstractBaseUser) -> None:
    """The label is right: it is learnt from again and never disputed any more.

    Raises DisputeSettled, and OwnLabel where the actor made the label and is not the only admin.
    """
    if dispute.label.reviewer_id == actor.pk and has_second_reader(actor):
        raise OwnLabel(
            "This label is your own: another admin has to say that it is right. "
            "That it is wrong you can say yourself."
        )
    _settle(dispute, DisputeStatus.UPHELD, actor)


@transaction.atomic
def correct_label(*, dispute: LabelDispute, text: str, actor: AbstractBaseUser) -> None:
    """The label is wrong: the line gets a new one that says `text`.

    Raises DisputeSettled, and InvalidSubmission where the text is empty.
    """
    _settle(dispute, DisputeStatus.CORRECTED, actor)
    relabel_line(label=dispute.label, text=text, actor=actor, reason="a disputed label")


def has_second_reader(user: AbstractBaseUser) -> bool:
    """Whether there is another admin to look at a label of the user's."""
    return admins().exclude(pk=user.pk).exists()


def precision() -> Precision:
    """How often a disputed label was wrong, over all that people have settled."""
    settled = LabelDispute.objects.decided().count()
    wrong = LabelDispute.objects.filter(status=DisputeStatus.CORRECTED).count()
    if not settled:
        return Precision(0, 0, None, None, None)
    low, high = wilson(wrong, settled)
    return Precision(settled, wrong, wrong / settled, low, high)


def _settle(dispute: LabelDispute, status: DisputeStatus, actor: AbstractBaseUser) -> None:
    changed = (
        LabelDispute.objects.open()
        .filter(pk=dispute.pk)
        .update(status=status, settled_at=timezone.now(), settled_by_id=actor.pk)
    )
    if not changed:
        raise DisputeSettled("Somebody has settled this already, or the line was labelled anew.")
    record_event(verb="settle dispute", subject=dispute, actor=actor, outcome=status)
