"""How a reviewer works: pages, seconds, corrections, what they catch, and pages done too fast."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Length

from recognition.querysets import is_admin
from review.models import Label, PlantedError, ReviewTask
from review.states import PlantOutcome, TaskKind, TaskStatus, Verdict
from review.text import same_label

READING_SPEED = 60.0
"""Characters a second that nobody reads faster: skimming, 700 words a minute, is some 58."""
LEAST_SECONDS = 0.3
"""Of a glance at one line, picture and text: less is no look at all."""
SURENESS = 1.96  # standard deviations of a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with its 95 % interval after Wilson (1927)."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float:
        return wilson(self.hits, self.of)[0]

    @property
    def high(self) -> float:
        return wilson(self.hits, self.of)[1]


@dataclass(frozen=True, slots=True)
class Performance:
    """One reviewer's work in a period. `seconds` is the median a page, `per_line` the mean."""

    user: User
    pages: int
    lines: int
    seconds: float | None
    per_line: float | None
    corrected: Share
    caught: Share
    upheld: Share
    hasty: int


@dataclass(frozen=True, slots=True)
class HastyPage:
    """A page that was confirmed as it was read, faster than anybody can read it."""

    task: ReviewTask
    lines: int
    characters: int
    least: float


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share; everything is possible where nothing was seen."""
    if of <= 0:
        return 0.0, 1.0
    share, square = hits / of, SURENESS**2
    middle = share + square / (2 * of)
    half = SURENESS * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def least_seconds(lines: int, characters: int) -> float:
    """The time in which nobody has read so much: by the glance a line, or by the characters."""
    return max(lines * LEAST_SECONDS, characters / READING_SPEED)


def performance(users: Iterable[User], *, since: datetime) -> list[Performance]:
    """How each of `users` worked since then, in a fixed number of queries."""
    people = list(users)
    ids = [user.pk for user in people]
    seconds: dict[int, list[float]] = defaultdict(list)
    pages: dict[int, int] = defaultdict(int)
    for user_id, taken in _done(since, ids).values_list("done_by", "seconds"):
        pages[user_id or 0] += 1
        if taken:
            seconds[user_id or 0].append(taken)
    said = {
        row["reviewer"]: row
        for row in Label.objects.filter(task__in=_done(since, ids), reviewer__in=ids)
        .order_by()
        .values("reviewer")
        .annotate(
            lines=Count("pk"),
            corrected=Count("pk", filter=~Q(verdict=Verdict.CONFIRMED)),
        )
    }
    planted = {
        row["reviewer"]: (row["caught"], row["judged"])
        for row in PlantedError.objects.filter(reviewer__in=ids, judged_at__gte=since)
        .order_by()
        .values("reviewer")
        .annotate(caught=Count("pk", filter=Q(outcome=PlantOutcome.CAUGHT)), judged=Count("pk"))
    }
    upheld = _upheld(since, ids)
    hasty: dict[int, int] = defaultdict(int)
    for page in hasty_pages(since=since, reviewers=ids):
        hasty[page.task.done_by_id or 0] += 1
    found = []
    for user in people:
        row = said.get(user.pk, {"lines": 0, "corrected": 0})
        spent = seconds[user.pk]
        found.append(
            Performance(
                user=user,
                pages=pages[user.pk],
                lines=row["lines"],
                seconds=median(spent) if spent else None,
                per_line=sum(spent) / row["lines"] if spent and row["lines"] else None,
                corrected=Share(row["corrected"], row["lines"]),
                caught=Share(*planted.get(user.pk, (0, 0))),
                upheld=upheld.get(user.pk, Share(0, 0)),
                hasty=hasty[user.pk],
            )
        )
    return found


def hasty_pages(*, since: datetime, reviewers: list[int] | None = None) -> list[HastyPage]:
    """Pages without a single correction, done faster than anybody can read, the newest first.

    Lines that routing was sure of need no look: only weak ones count, those under the threshold
    that the page was routed with, and all of an audit's or a second review's.
    """
    rows = _done(since, reviewers).filter(seconds__isnull=False)
    rows = rows.annotate(threshold=Coalesce("decision__threshold", "document_type__threshold"))
    measured = rows.select_related("page__document", "document_type", "done_by").annotate(
        said=Count("labels"),
        changed=Count("labels", filter=~Q(labels__verdict=Verdict.CONFIRMED)),
        weak=Count("labels", filter=_LOOKED_AT),
        characters=Sum(Length("labels__text"), filter=_LOOKED_AT),
    )
    found = []
    for task in measured.filter(said__gt=0, changed=0).order_by("-done_at"):
        lines, characters = task.weak, task.characters or 0
        least = least_seconds(lines, characters)
        if task.seconds is not None and task.seconds < least:
            found.append(HastyPage(task, lines, characters, least))
    return found


def people_seen_by(user: AbstractBaseUser) -> QuerySet[User]:
    """Whose numbers the user may see: for admins all who ever submitted, else their own."""
    if is_admin(user):
        submitted = ReviewTask.objects.filter(status=TaskStatus.DONE).values("done_by")
        return User.objects.filter(pk__in=submitted).order_by("username")
    return User.objects.filter(pk=user.pk)


_LOOKED_AT = Q(kind__in=[TaskKind.AUDIT, TaskKind.SECOND]) | Q(
    labels__base_prediction__confidence__lt=F("threshold")
)
"""Lines a reviewer has to look at. By the threshold the page was routed with: a type's own moves
with its evidence, and stands in where no decision is known."""


def _done(since: datetime, reviewers: list[int] | None) -> QuerySet[ReviewTask]:
    rows = ReviewTask.objects.done_since(since).order_by()
    return rows if reviewers is None else rows.filter(done_by__in=reviewers)


def _upheld(since: datetime, reviewers: list[int]) -> dict[int, Share]:
    """Of each first reviewer's lines that a second read: how many still count as they said.

    Only of pages that are settled: until somebody has decided, the first reading counts, and a
    disputed page would pass for an upheld one.
    """
    checked = ReviewTask.objects.second_reviews_settled().filter(
        done_at__gte=since, first_reviewer__in=reviewers
    )
    counting = {
        label.line_id: label
        for label in Label.objects.current().filter(line__page__in=checked.values("page"))
    }
    hits: dict[int, int] = defaultdict(int)
    number: dict[int, int] = defaultdict(int)
    for label in Label.objects.filter(
        task__in=checked.values("first"), reviewer__in=reviewers
    ).order_by("pk"):
        now = counting.get(label.line_id)
        if now is None:
            continue
        number[label.reviewer_id] += 1
        hits[label.reviewer_id] += same_label(label.text, label.verdict, now.text, now.verdict)
    return {user: Share(hits[user], of) for user, of in number.items()}
