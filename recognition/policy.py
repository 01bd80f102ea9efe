"""The document type: the unit of policy and of reporting."""

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from recognition import querysets
from recognition.set_fields import character_set_field, character_set_known
from recognition.shares import SHARE, is_share


class DocumentType(models.Model):
    """A kind of document: the unit of policy and of reporting."""

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=500, blank=True)
    threshold = models.FloatField(
        default=0.8,
        validators=SHARE,
        help_text="A page goes to a reviewer when any line's probability of being right "
        "is below this (0 to 1).",
    )
    accuracy_target = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.9999)],
        help_text="Share of accepted lines that is to be right (0.5 to 0.9999). Empty: the "
        "threshold above decides. Else the site finds the threshold from reviewed pages.",
    )
    audit_rate = models.FloatField(
        default=0.02,
        validators=SHARE,
        help_text="Share of accepted pages drawn at random for review all the same (0 to 1). "
        "Accuracy figures come from these.",
    )
    second_review_rate = models.FloatField(
        default=0.0,
        validators=SHARE,
        help_text="Share of reviewed pages that a second person reviews as well (0 to 1).",
    )
    second_review_below = models.FloatField(
        null=True,
        blank=True,
        validators=SHARE,
        help_text="Every page with a line of a lower probability goes to a second person. Empty: "
        "none does for that.",
    )
    second_review_blind = models.BooleanField(
        default=True, help_text="Whether the second person is not shown what the first said."
    )
    plant_rate = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.1)],
        help_text="Share of surely right lines that are shown to reviewers with an error put in, "
        "to see whether they look (0 to 0.1).",
    )
    priority = models.SmallIntegerField(
        default=0, help_text="Pages of types with a higher number are reviewed first."
    )
    random_share = models.FloatField(
        default=0.1,
        validators=[MinValueValidator(0.01), MaxValueValidator(1.0)],
        help_text="Share of pages that take their place in the queue by chance (0.01 to 1), so "
        "that it can be measured what the order by value is worth.",
    )
    longest_wait_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="Pages that have waited for so many days are reviewed first, the oldest first.",
    )
    character_set = character_set_field("Pages are read as if no other characters existed.")
    groups = models.ManyToManyField(
        Group,
        blank=True,
        related_name="document_types",
        help_text="Who may see documents of this type. Empty: everyone who may sign in.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = querysets.DocumentTypeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="type_threshold_is_share", condition=is_share("threshold")),
            models.CheckConstraint(name="type_audit_is_share", condition=is_share("audit_rate")),
            character_set_known("type_character_set_known"),
            models.CheckConstraint(
                name="type_plants_few_errors",
                condition=Q(plant_rate__gte=0.0, plant_rate__lte=0.1),
            ),
            models.CheckConstraint(
                name="type_second_review_is_share",
                condition=is_share("second_review_rate")
                & (Q(second_review_below__isnull=True) | is_share("second_review_below")),
            ),
            models.CheckConstraint(
                name="type_some_pages_are_drawn",
                condition=Q(random_share__gte=0.01, random_share__lte=1.0),
            ),
            models.CheckConstraint(
                name="type_wait_has_an_end",
                condition=Q(longest_wait_days__gte=1, longest_wait_days__lte=365),
            ),
            models.CheckConstraint(
                name="type_target_below_one",
                condition=Q(accuracy_target__isnull=True)
                | Q(accuracy_target__gte=0.5, accuracy_target__lt=1.0),
            ),
        ]

    def __str__(self) -> str:
        return self.name
