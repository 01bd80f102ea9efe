"""What a reviewer types, kept on the server as they go, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.models import Line
from review.models import Draft, RefusedDraft, ReviewTask
from review.text import same_label


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """One line as the screen has it. `revision` is the last the screen knows; 0 for none."""

    line_id: int
    text: str
    verdict: str
    revision: int


@dataclass(frozen=True, slots=True)
class DraftConflict:
    """Another tab has written this line since; both versions, so that nothing is lost."""

    line_id: int
    text: str
    verdict: str
    revision: int
    refused_text: str
    refused_verdict: str


@dataclass(frozen=True, slots=True)
class DraftsSaved:
    """The new revision of each line written, and the lines that were not."""

    revisions: dict[int, int]
    conflicts: tuple[DraftConflict, ...]


@transaction.atomic
def save_drafts(
    *, task: ReviewTask, user: AbstractBaseUser, entries: Sequence[DraftEntry]
) -> DraftsSaved:
    """Keep what the user has typed; no lease is needed, for a draft outlives it.

    A line that another tab of the same person has written since the screen last knew is left as
    it is and comes back as a conflict; what was sent for it is kept beside it. Lines of other
    pages are passed over.
    """
    ReviewTask.objects.select_for_update().get(pk=task.pk)
    known = set(
        Line.objects.filter(
            page_id=task.page_id, pk__in=[entry.line_id for entry in entries]
        ).values_list("pk", flat=True)
    )
    stored = {draft.line_id: draft for draft in Draft.objects.of(task, user)}
    revisions: dict[int, int] = {}
    written: dict[int, Draft] = {}
    conflicts: list[DraftConflict] = []
    now = timezone.now()
    for entry in entries:
        if entry.line_id not in known:
            continue
        draft = stored.get(entry.line_id)
        if draft is None:
            draft = Draft(
                task=task,
                reviewer_id=user.pk,
                line_id=entry.line_id,
                text=entry.text,
                verdict=entry.verdict,
            )
            stored[entry.line_id] = written[entry.line_id] = draft
        elif (draft.text, draft.verdict) != (entry.text, entry.verdict):
            same = same_label(draft.text, draft.verdict, entry.text, entry.verdict)
            if draft.revision != entry.revision and not same:
                conflicts.append(_conflict(draft, entry))
                continue
            draft.text, draft.verdict = entry.text, entry.verdict
            draft.revision += 1
            draft.saved_at = now
            written[entry.line_id] = draft
        revisions[entry.line_id] = draft.revision
    new = [draft for draft in written.values() if draft.pk is None]
    changed = [draft for draft in written.values() if draft.pk is not None]
    Draft.objects.bulk_create(new)
    Draft.objects.bulk_update(changed, ["text", "verdict", "revision", "saved_at"])
    keep_refused(task=task, user=user, conflicts=conflicts)
    return DraftsSaved(revisions, tuple(conflicts))


def keep_refused(
    *, task: ReviewTask, user: AbstractBaseUser, conflicts: Sequence[DraftConflict]
) -> None:
    """Keep the refused versions beside the drafts that stood in their way, each text once."""
    RefusedDraft.objects.bulk_create(
        (
            RefusedDraft(
                task=task,
                reviewer_id=user.pk,
                line_id=conflict.line_id,
                text=conflict.refused_text,
                verdict=conflict.refused_verdict,
            )
            for conflict in conflicts
        ),
        ignore_conflicts=True,
    )


def newer_drafts(
    *, task: ReviewTask, user: AbstractBaseUser, entries: Sequence[DraftEntry]
) -> tuple[DraftConflict, ...]:
    """Drafts that another window of the same person wrote since, and that say something else.

    Asked by a submit: a window that does not know them would label over them in silence.
    """
    stored = {draft.line_id: draft for draft in Draft.objects.of(task, user)}
    found = []
    for entry in entries:
        draft = stored.get(entry.line_id)
        if draft is None or draft.revision <= entry.revision:
            continue
        if same_label(draft.text, draft.verdict, entry.text, entry.verdict):
            continue
        found.append(_conflict(draft, entry))
    return tuple(found)


def _conflict(draft: Draft, entry: DraftEntry) -> DraftConflict:
    return DraftConflict(
        entry.line_id, draft.text, draft.verdict, draft.revision, entry.text, entry.verdict
    )
