"""What admins fill in: a batch, and the policy of a document type."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from recognition.models import Batch, DocumentType


class BatchForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Name and document type of a new batch; the files come after."""

    document_type = forms.ModelChoiceField(
        DocumentType.objects.all(),
        empty_label="Choose a document type",
        help_text="Decides the model that reads it, who may see it, and which pages people "
        "review. It cannot be changed later.",
    )

    class Meta:
        model = Batch
        fields = ("name", "document_type")
        help_texts = {
            "name": "How you will find it again. Today's date, unless you know better.",
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, usual_type: DocumentType | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.initial.setdefault("name", f"Batch of {timezone.localtime():%-d %B %Y, %H:%M}")
        if usual_type is not None:
            self.initial.setdefault("document_type", usual_type.pk)


class PercentField(forms.FloatField):
    """A share between 0 and 1, shown and typed as per cent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 100, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """0.025 as 2.5; what a person typed stays as it is."""
        return f"{value * 100:.6g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:
        """A comma is a decimal point and a per cent sign is no fault."""
        if isinstance(value, str):
            value = value.strip().removesuffix("%").strip().replace(",", ".")
        percent = super().clean(value)
        return None if percent is None else percent / 100

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "step": "any", "inputmode": "decimal"}


def accuracy_field(**kwargs: Any) -> PercentField:
    """A target for the share of right lines; may be left empty."""
    return PercentField(
        required=False,
        min_value=50,
        max_value=99.99,
        error_messages={
            "min_value": "Give a number from 50 to 99.99, or nothing.",
            "max_value": "Give a number from 50 to 99.99, or nothing: nobody can prove 100.",
            "invalid": "Give a number, such as 99, or nothing.",
        },
        **kwargs,
    )


class TypeForm(forms.ModelForm):  # type: ignore[type-arg]
    """The policy of a document type."""

    threshold = PercentField(
        label="Review threshold, in per cent",
        help_text="A page goes to a reviewer when the probability that any one of its lines is "
        "exactly right is below this. Higher: more pages for people, fewer mistakes let through. "
        "Pages that are read already stay where they are.",
        error_messages={
            "min_value": "Give a number from 0 (nothing is reviewed) to 100 (nearly all is).",
            "max_value": "Give a number from 0 (nothing is reviewed) to 100 (nearly all is).",
            "invalid": "Give a number, such as 80.",
        },
    )
    accuracy_target = accuracy_field(
        label="Accuracy target, in per cent",
        help_text="Share of the accepted lines that has to be right. Given one, the site finds the "
        "threshold from what reviewers correct, and has every page reviewed until there is enough "
        "evidence. Empty: the threshold above decides.",
    )
    audit_rate = PercentField(
        label="Audit rate, in per cent",
        help_text="Share of the accepted pages that is drawn at random and reviewed all the same; "
        "reviewers cannot tell. Accuracy is measured on these pages alone: at 0 it is not "
        "measured at all.",
        error_messages={
            "min_value": "Give a number from 0 (no audits) to 100 (every page).",
            "max_value": "Give a number from 0 (no audits) to 100 (every page).",
            "invalid": "Give a number, such as 2.",
        },
    )

    second_review_rate = PercentField(
        required=False,
        label="Second review, in per cent",
        help_text="Share of the reviewed pages that goes to a second person as well, who may not "
        "be the first. Where the two differ, a third decides. Empty or 0: none.",
    )
    second_review_below = PercentField(
        required=False,
        label="Second review of every page below, in per cent",
        help_text="Every page with a line that is less probable than this is reviewed twice. "
        "Empty: none for that reason.",
    )

    plant_rate = PercentField(
        required=False,
        max_value=10,
        label="Planted errors, in per cent",
        help_text="Share of the surely right lines that a reviewer is shown with a plausible "
        "error put in, to measure whether people look; 1 is usual. What is planted never becomes "
        "a label. Empty or 0: none.",
    )

    random_share = PercentField(
        required=False,
        min_value=1,
        label="Pages drawn at random, in per cent",
        help_text="The queue puts first the pages on which a minute of work corrects most. This "
        "share takes its place by chance instead, so that the learning page can tell what that "
        "order is worth. 10 is usual; it holds for pages read from now on.",
        error_messages={
            "min_value": "Give a number from 1 to 100: without pages drawn at random nobody could "
            "tell what the order is worth.",
            "max_value": "Give a number from 1 to 100.",
            "invalid": "Give a number, such as 10.",
        },
    )
    longest_wait_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=365,
        label="Longest wait, in days",
        help_text="A page that has waited for so long is reviewed before all others of its "
        "priority, the oldest first, however little there is to correct. 7 is usual.",
        error_messages={
            "min_value": "Give a whole number of days, from 1 to 365.",
            "max_value": "Give a whole number of days, from 1 to 365.",
            "invalid": "Give a whole number of days, such as 7.",
        },
    )

    def clean_random_share(self) -> float:
        """Nothing typed is what was there, or what is usual."""
        return float(self.cleaned_data["random_share"] or self.instance.random_share)

    def clean_longest_wait_days(self) -> int:
        """The same."""
        return int(self.cleaned_data["longest_wait_days"] or self.instance.longest_wait_days)

    def clean_plant_rate(self) -> float:
        """Nothing typed is none."""
        return self.cleaned_data["plant_rate"] or 0.0

    def clean_second_review_rate(self) -> float:
        """Nothing typed is none."""
        return self.cleaned_data["second_review_rate"] or 0.0

    class Meta:
        model = DocumentType
        fields = (
            "name",
            "description",
            "threshold",
            "accuracy_target",
            "audit_rate",
            "second_review_rate",
            "second_review_below",
            "second_review_blind",
            "plant_rate",
            "priority",
            "random_share",
            "longest_wait_days",
            "character_set",
            "groups",
        )
        widgets = {"groups": forms.CheckboxSelectMultiple}
        labels = {
            "groups": "Only these groups may see it",
            "character_set": "Character set",
            "second_review_blind": "The second person is not shown what the first said",
        }
        help_texts = {
            "second_review_blind": "Ticked: they see what the model read, as the first did.",
            "name": "As people here call it: invoice, receipt, letter.",
            "priority": "Pages of types with a higher number are reviewed first. 0 is usual.",
            "character_set": "What these documents can contain. Pages are read as if there were no "
            "other characters, so that none is mistaken for one. It holds for pages read from now "
            "on; what is read already stays.",
            "groups": "None ticked: everyone who may sign in. Admins always see it.",
        }
        error_messages = {"name": {"unique": "There is a document type with this name already."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        address = f"{reverse('type_characters')}?type={self.instance.pk or ''}"
        self.fields["character_set"].widget.attrs |= {"hx-get": address, "hx-target": "#characters"}
