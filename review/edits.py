"""What people change about a page's lines beside their text. Append-only, like labels.

Each change holds the order of the page's lines before and after it, so that every earlier state,
and with it every earlier shape, can be told, taken back, and learnt from.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q

from recognition.models import APPEND_ONLY, Line


class EditKind(models.TextChoices):
    ADD = "add", "Line added"
    DELETE = "delete", "Lines deleted"
    RESHAPE = "reshape", "Line reshaped"
    SPLIT = "split", "Line split"
    MERGE = "merge", "Lines merged"
    MOVE = "move", "Line moved in the order"
    REREAD = "reread", "Page read again"
    REVERT = "revert", "Taken back"


class LineEdit(models.Model):
    """One change of a page's lines, from one order of them to another."""

    task = models.ForeignKey("review.ReviewTask", on_delete=models.PROTECT, related_name="edits")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=EditKind.choices)
    before = models.JSONField(help_text="Keys of the lines that stood on the page, in order.")
    after = models.JSONField(help_text="Keys of the lines that stand on it since, in order.")
    reverts = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reverted_by",
        help_text="The change that this one takes back.",
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.CheckConstraint(
                name="line_edit_kind_known", condition=Q(kind__in=EditKind.values)
            ),
            models.CheckConstraint(
                name="line_edit_names_what_it_reverts",
                condition=Q(kind=EditKind.REVERT, reverts__isnull=False)
                | (~Q(kind=EditKind.REVERT) & Q(reverts__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.task})"

    @property
    def added(self) -> list[int]:
        """Lines that stand since and did not before."""
        before = set(self.before)
        return [line for line in self.after if line not in before]

    @property
    def removed(self) -> list[int]:
        """Lines that stood before and do not since."""
        after = set(self.after)
        return [line for line in self.before if line not in after]


class LineMark(models.Model):
    """Something a person says of a line beside its text; the newest of a kind counts."""

    class Kind(models.TextChoices):
        HANDWRITING = "handwriting", "Handwriting"

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="marks")
    task = models.ForeignKey("review.ReviewTask", on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=11, choices=Kind.choices)
    on = models.BooleanField(help_text="No: the mark is taken off.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.CheckConstraint(name="line_mark_kind_known", condition=Q(kind="handwriting"))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.on}"


class ReviewerKeys(models.Model):
    """The keys that a person has chosen instead of the site's; the others stay."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_keys"
    )
    keys = models.JSONField(default=dict, help_text="By action, a combination such as Alt+K.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "reviewer keys"

    def __str__(self) -> str:
        return f"{self.user}: {len(self.keys)} own keys"


def handwritten(line_ids: Iterable[int]) -> set[int]:
    """Those lines whose newest mark says that a hand wrote them."""
    rows = LineMark.objects.filter(line__in=list(line_ids), kind=LineMark.Kind.HANDWRITING)
    newest = dict(rows.order_by("pk").values_list("line_id", "on"))
    return {line for line, on in newest.items() if on}
