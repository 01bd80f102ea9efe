"""A single line labelled anew, without its page being opened again."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import Page
from review.exceptions import InvalidSubmission
from review.models import Label
from review.states import Verdict
from review.text import clean_line


@transaction.atomic
def relabel_line(*, label: Label, text: str, actor: AbstractBaseUser, reason: str) -> Label:
    """Put a new label in the place of a current one; what was said before stays in the history.

    Raises InvalidSubmission where the text is empty, or the label is not the line's current one.
    """
    cleaned = clean_line(text)
    if not cleaned:
        raise InvalidSubmission({label.line_id: "Type what the line says."})
    # A submit asks which labels its sender has seen: none may come between the question and the
    # labels that it makes.
    Page.objects.select_for_update(no_key=True, of=("self",)).get(lines=label.line_id)
    changed = Label.objects.current().filter(pk=label.pk).update(superseded_at=timezone.now())
    if not changed:
        raise InvalidSubmission({label.line_id: "The line has a newer label; look again."})
    shown = label.base_prediction
    same = shown is not None and cleaned == clean_line(shown.text)
    fresh = Label.objects.create(
        line_id=label.line_id,
        task_id=label.task_id,
        reviewer_id=actor.pk,
        verdict=Verdict.CONFIRMED if same else Verdict.CORRECTED,
        text=cleaned,
        base_prediction=shown,
    )
    record_event(verb="relabel", subject=fresh, actor=actor, replaces=label.pk, reason=reason)
    return fresh
